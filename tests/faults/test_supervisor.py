"""The real process tree: it starts, it ends, and nobody is left behind, whatever is killed."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from core import parent

pytestmark = pytest.mark.slow

#: Generous, for a machine that runs other tests at the same time; alone it takes two or three.
START_SECONDS = 30.0
#: What the product promises after a kill.
GONE_SECONDS = 10.0
PARTS = ("serve", "worker", "scheduler", "redis")
#: The parts, the two processes of the web server, and the supervisor.
PROCESSES = 7


@dataclass
class Running:
    """A started `dudao run` and what its processes are."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def child(self, part: str) -> psutil.Process | None:
        """The running process of a part, if there is one."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                words = " ".join(child.cmdline()).split()
                if any(word == part or word.endswith(f"/{part}.sock") for word in words):
                    return child
        return None

    def everyone(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, port: int) -> Running:
    environment = {**os.environ, "DUDAO_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    arguments = [sys.executable, "-m", "core.cli", "run", "--port", str(port)]
    log = data.with_name(f"{data.name}-{port}.log")
    with log.open("w") as output:
        process = subprocess.Popen(arguments, env=environment, stdout=output, stderr=subprocess.STDOUT)
    return Running(process, port, log)


@contextmanager
def running(data: Path) -> Iterator[Running]:
    """The system, up and answering; killed in the end if the test did not end it."""
    system = start(data, free_port())
    try:
        wait_for(lambda: "http://" in system.log.read_text(), START_SECONDS)
        assert system.answers()
        wait_for(lambda: len(system.everyone()) == PROCESSES, START_SECONDS)
        yield system
    except BaseException:
        print(system.log.read_text()[-5000:])
        raise
    finally:
        system.process.kill()
        system.process.wait()


def wait_for(condition: object, seconds: float) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def assert_gone(processes: list[psutil.Process]) -> None:
    _, left = psutil.wait_procs(processes, timeout=GONE_SECONDS)
    assert not [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


def test_it_starts_answers_and_ctrl_c_ends_all(tmp_path: Path) -> None:
    with running(tmp_path / "data") as system:
        everyone = system.everyone()
        system.process.send_signal(signal.SIGINT)
        assert system.process.wait(GONE_SECONDS) == 0
        assert_gone(everyone)


def test_kill_9_of_the_supervisor_leaves_nobody_and_it_starts_again(tmp_path: Path) -> None:
    with running(tmp_path / "data") as system:
        everyone = system.everyone()
        system.process.kill()
        assert_gone(everyone)
    with running(tmp_path / "data") as system:
        system.process.terminate()
        assert system.process.wait(GONE_SECONDS) == 0


SHEET = Path(__file__).resolve().parents[2] / "core" / "data" / "sheet-template.toml"


def dudao(data: Path, *arguments: str) -> str:
    environment = {**os.environ, "DUDAO_DATA": str(data)}
    command = [sys.executable, "-m", "core.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_duty_sheet_is_taken_in_while_the_system_runs(tmp_path: Path) -> None:
    """From a file to a unit type that is on: nobody restarts anything by hand, and no part counts as failed."""
    data = tmp_path / "data"
    with running(data) as system:
        before = {part: system.child(part) for part in PARTS}
        dudao(data, "plugin", "from-sheet", str(SHEET))
        dudao(data, "reload")
        wait_for(lambda: all(back(system, p, before[p].pid) for p in PARTS if p != "redis"), START_SECONDS)  # type: ignore[union-attr]
        wait_for(system.answers, START_SECONDS)
        assert "off  parcels" in dudao(data, "plugin", "list")
        assert "parcels is on" in dudao(data, "plugin", "enable", "parcels", "--reason", "试用")
        redis = system.child("redis")
        assert redis is not None and before["redis"] is not None and redis.pid == before["redis"].pid
        assert "ended (" not in system.log.read_text()
        system.process.terminate()
        assert system.process.wait(GONE_SECONDS) == 0


def test_reloading_needs_a_running_system(tmp_path: Path) -> None:
    environment = {**os.environ, "DUDAO_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-m", "core.cli", "reload"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "nothing runs on" in done.stderr


def test_a_killed_part_comes_back(tmp_path: Path) -> None:
    with running(tmp_path / "data") as system:
        for part in PARTS:
            victim = system.child(part)
            assert victim is not None
            below = victim.children(recursive=True)
            victim.kill()
            assert_gone(below)
            wait_for(lambda part=part, old=victim.pid: back(system, part, old), START_SECONDS)
        wait_for(system.answers, START_SECONDS)


def back(system: Running, part: str, old: int) -> bool:
    found = system.child(part)
    return found is not None and found.pid != old


def test_a_second_one_on_the_same_data_or_port_is_refused_in_one_line(tmp_path: Path) -> None:
    with running(tmp_path / "first") as system:
        assert "already runs" in refusal(start(tmp_path / "first", free_port()))
        assert "--port" in refusal(start(tmp_path / "second", system.port))
        assert system.answers()


def refusal(system: Running) -> str:
    """The last line of one that did not start."""
    assert system.process.wait(START_SECONDS) == 1
    output = system.log.read_text()
    assert "Traceback" not in output
    return output.strip().splitlines()[-1]


GRANDCHILD = """
import os, subprocess, sys, time
sys.path.insert(0, {root!r})
from core import parent
me = os.getpid()
sleep = [sys.executable, "-c", {sleep!r}]
if os.fork() == 0:
    parent.die_with(me)
    time.sleep(60)
if os.fork() == 0:
    os._exit(parent._stand_between(me, sleep))
subprocess.Popen(parent.command(sleep))
print("ready", flush=True)
time.sleep(60)
"""


def test_children_die_with_their_parent_with_and_without_the_kernels_help() -> None:
    root = Path(parent.__file__).parent.parent
    source = GRANDCHILD.format(root=str(root), sleep="import time; time.sleep(60)")
    process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as output:
        while "ready" not in output.readline():
            pass
        wait_for(lambda: len(psutil.Process(process.pid).children(recursive=True)) == 4, START_SECONDS)
        below = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
    assert_gone(below)
