"""The servers under test: started on a free port, their processor time read, ended whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import core
from core import parent, serve, supervisor
from core.bench.baseline import ROWS
from core.bench.browser import HOST
from core.config import Settings

#: The same for the product and the baseline.
WORKERS, THREADS = 2, 4
_START_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """The benchmark cannot go on; the message says why."""


@dataclass(frozen=True)
class Server:
    """A running server and the database file that it works on."""

    port: int
    pid: int
    database: Path

    def cpu_seconds(self) -> float:
        """Processor time of the server's processes and of their ended children, in steps of 10 ms."""
        return sum(_processor_time(pid) for pid in _tree(self.pid))

    def checkpoint(self) -> None:
        """Write SQLite's log back, so that it does not grow and slow reads.

        In use the scheduler does it every few seconds; it does not run here, so that nobody else does.
        """
        with closing(sqlite3.connect(self.database, timeout=15)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


@contextmanager
def product(settings: Settings) -> Iterator[Server]:
    """The product's own web server."""
    port = _free_port()
    size = ["--workers", str(WORKERS), "--threads", str(THREADS)]
    argv = ["core.cli", "serve", "--host", HOST, "--port", str(port), *size]
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    with _running(argv, port, database, settings.environment()) as server:
        yield server


@contextmanager
def baseline(folder: Path, rows: int = ROWS) -> Iterator[Server]:
    """The bare application on the same kind of server."""
    port = _free_port()
    database = folder / "baseline.sqlite3"
    size = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS), "--preload"]
    quiet = ["--log-level", "warning", "--no-control-socket", "--graceful-timeout", str(serve.GRACEFUL)]
    beat = ["--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else []  # noqa: S108
    application = f"core.bench.baseline:create_app({str(database)!r}, {rows})"
    argv = ["gunicorn", "--bind", f"{HOST}:{port}", *size, *quiet, *beat, application]
    with _running(argv, port, database, {}) as server:
        yield server


@contextmanager
def _running(
    argv: Sequence[str], port: int, database: Path, environment: Mapping[str, str]
) -> Iterator[Server]:
    process = subprocess.Popen(
        parent.command([sys.executable, "-P", "-m", *argv]),
        env={**python_environment(), **environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(process, port, argv[0])
        yield Server(port, process.pid, database)
    finally:
        _end(process)


def python_environment() -> dict[str, str]:
    """Our variables without the installation's own settings: a benchmark must never touch its data."""
    values = {name: value for name, value in os.environ.items() if not name.startswith("DUDAO_")}
    root = str(Path(core.__file__).resolve().parent.parent)
    return values | {"PYTHONPATH": os.pathsep.join(filter(None, (root, values.get("PYTHONPATH"))))}


def _wait(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while not supervisor.answers(HOST, port):
        if process.poll() is not None:
            raise BenchError(f"{name} ended at its start: see its messages above")
        if time.monotonic() > end:
            raise BenchError(f"{name} did not answer within {_START_SECONDS:.0f} seconds")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(parent.GRACE + 2)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _tree(root: int) -> set[int]:
    """A process and all below it."""
    above = {int(path.name): _parent_of(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found = {root}
    while more := {pid for pid, its_parent in above.items() if its_parent in found} - found:
        found |= more
    return found


def _parent_of(path: Path) -> int:
    fields = _stat(path)
    return int(fields[1]) if fields else 0


def _processor_time(pid: int) -> float:
    """utime, stime, and the same of children that have ended."""
    fields = _stat(Path("/proc") / str(pid))
    return sum(map(int, fields[11:15])) / _TICKS


def _stat(path: Path) -> list[str]:
    """The fields after the process's name, which may itself hold spaces and brackets."""
    try:
        return (path / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []
