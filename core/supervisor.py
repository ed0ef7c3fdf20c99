"""Everything on one machine: starts Redis, web, worker and scheduler, keeps them up, ends them together."""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import core
from core import parent, redis_server
from core.config import Settings

#: A child that dies more often than this in a minute will not get well by another start.
RESTARTS_A_MINUTE = 5
START_SECONDS = 60.0
_TICK = 0.1
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RELOAD_SIGNAL = signal.SIGUSR1


class SupervisorError(Exception):
    """The system cannot start, or cannot go on. The message says why and what to do."""


@dataclass
class Child:
    """One of the processes and the memory of its deaths."""

    name: str
    argv: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    due: float = 0.0
    reloading: bool = False
    deaths: deque[float] = field(default_factory=deque)

    def start(self, environment: dict[str, str]) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends all in order.
        self.process = subprocess.Popen(
            self.argv, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def note_death(self, now: float) -> None:
        """Plan the next start, each later than the one before; give up when it dies again and again."""
        status = self.process.returncode if self.process else None
        self.process = None
        if self.reloading:
            self.reloading, self.due = False, now
            return
        self.deaths.append(now)
        while self.deaths[0] < now - 60:
            self.deaths.popleft()
        if len(self.deaths) > RESTARTS_A_MINUTE:
            raise SupervisorError(
                f"{self.name} ended {len(self.deaths)} times within a minute: see its messages above"
            )
        self.due = now + 0.1 * 2.0 ** len(self.deaths)
        _say(f"{self.name} ended ({_reason(status)}), starting it again")

    def signal(self, signum: signal.Signals) -> None:
        if self.process is not None and self.alive:
            with suppress(ProcessLookupError, PermissionError):
                # The group, so that what the child started goes as well.
                os.killpg(self.process.pid, signum) if signum == signal.SIGKILL else self.process.send_signal(
                    signum
                )


def run(settings: Settings, host: str, port: int, *, banner: Callable[[], None] | None = None) -> int:
    """Run the whole system until a signal ends it. Returns the exit code."""
    try:
        with only_one(settings), _asked(_STOP_SIGNALS) as stopped, _asked((RELOAD_SIGNAL,)) as reload:
            check_port(host, port)
            _Tree(settings, host, port, lambda: bool(stopped), reload).run(banner)
    except (SupervisorError, redis_server.EmbeddedRedisError) as error:
        _say(str(error))
        return 1
    return 0


_claimed: set[Path] = set()


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Claim the data folder for this process. Inside another claim of the same process it does nothing."""
    if settings.data in _claimed:
        yield
        return
    path = settings.data / "supervisor.lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise SupervisorError(
                f"Dudao already runs on {settings.data} (process {file.read().strip() or 'unknown'}): "
                "stop it first, or choose another folder (DUDAO_DATA, for the demo --data)"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _claimed.add(settings.data)
        try:
            yield
        finally:
            _claimed.discard(settings.data)


def check_port(host: str, port: int, patience: float = 3.0) -> None:
    """Refuse a taken port early; wait a moment for the remains of a killed predecessor to let go of it."""
    end = time.monotonic() + patience
    while True:
        try:
            family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, proto) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except socket.gaierror:
            raise SupervisorError(
                f"{host} is not an address of this machine: choose another with --host"
            ) from None
        except PermissionError:
            raise SupervisorError(
                f"port {port} is for the system's own services: choose another with --port"
            ) from None
        except OSError as error:
            if time.monotonic() > end:
                message = f"{host}:{port} cannot be used ({error.strerror}): choose another port with --port"
                raise SupervisorError(message) from None
            time.sleep(_TICK)
        else:
            return


class _Tree:
    """The running children. One thread, one loop: look, restart, sleep."""

    def __init__(
        self, settings: Settings, host: str, port: int, stopped: Callable[[], bool], reload: list[int]
    ) -> None:
        self.reload = reload
        self.settings = settings
        self.host = host
        self.port = port
        self.stopped = stopped
        self.environment = _environment(settings)
        self.children: list[Child] = []

    def run(self, banner: Callable[[], None] | None) -> None:
        try:
            if self.settings.redis_url is None:
                self._start_redis()
            web = self._start("web", _part("serve", "--host", self.host, "--port", str(self.port)))
            self._start("worker", _part("worker"))
            self._start("scheduler", _part("scheduler"))
            if self._wait(web, lambda: answers(self.host, self.port)) and banner:
                banner()
            while not self.stopped():
                if self.reload:
                    self.reload.clear()
                    self._reload()
                self._look_after(self.children)
                time.sleep(_TICK)
        finally:
            self._end()

    def _start(self, name: str, argv: Sequence[str]) -> Child:
        child = Child(name, argv)
        child.start(self.environment)
        self.children.append(child)
        return child

    def _start_redis(self) -> None:
        redis_server.prepare(self.settings)
        child = self._start("Redis", redis_server.command(self.settings))
        try:
            self._wait(child, lambda: redis_server.answers(self.settings))
        except SupervisorError:
            if child.alive:
                raise
            _say(f"Redis could not read its store; moved to {redis_server.set_aside(self.settings)}")
            child.start(self.environment)
            self._wait(child, lambda: redis_server.answers(self.settings))

    def _wait(self, awaited: Child, ready: Callable[[], bool]) -> bool:
        """Wait until `awaited` is ready; its death now is an error of the set-up. False if asked to stop."""
        end = time.monotonic() + START_SECONDS
        others = [child for child in self.children if child is not awaited]
        while not self.stopped():
            if not awaited.alive:
                raise SupervisorError(f"{awaited.name} ended at its start: see its messages above")
            if ready():
                return True
            if time.monotonic() > end:
                raise SupervisorError(f"{awaited.name} did not answer within {START_SECONDS:.0f} seconds")
            self._look_after(others)
            time.sleep(_TICK)
        return False

    def _look_after(self, children: Sequence[Child]) -> None:
        now = time.monotonic()
        for child in children:
            if child.process is None and child.due <= now:
                child.start(self.environment)
            elif child.process is not None and not child.alive:
                child.note_death(now)

    def _reload(self) -> None:
        """Let every part but Redis end in order and start anew, with the plugins that are there now."""
        _say("starting anew with the plugins that are there now")
        for child in self.children:
            if child.name != "Redis" and child.alive:
                child.reloading = True
                child.signal(signal.SIGTERM)

    def _end(self) -> None:
        """TERM, and KILL after the time of grace; Redis last, because the others still talk to it."""
        for signum in _STOP_SIGNALS:
            # A second Ctrl-C must not leave anybody behind.
            signal.signal(signum, signal.SIG_IGN)
        redis = [child for child in self.children if child.name == "Redis"]
        _end_all([child for child in self.children if child not in redis])
        _end_all(redis)


def _end_all(children: Sequence[Child]) -> None:
    for child in children:
        child.signal(signal.SIGTERM)
    end = time.monotonic() + parent.GRACE
    while any(child.alive for child in children) and time.monotonic() < end:
        time.sleep(_TICK / 2)
    for child in children:
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def _part(*arguments: str) -> list[str]:
    """The command line of one part of the system, tied to this process' life."""
    # -P: a folder named like one of our packages where the user happens to stand must not be taken for it.
    return parent.command([sys.executable, "-P", "-m", "core.cli", *arguments])


def _environment(settings: Settings) -> dict[str, str]:
    values = os.environ | settings.environment()
    # The children's clock goes on from ours instead of starting anew.
    values.pop("DUDAO_NOW", None)
    root = Path(core.__file__).resolve().parent.parent
    if root not in {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}:
        # A checkout that is run without being installed.
        values["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return values


def answers(host: str, port: int) -> bool:
    """Whether a web server is alive there."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)
    connection = http.client.HTTPConnection(local, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _asked(signals: Sequence[signal.Signals]) -> Iterator[list[int]]:
    """The signals among these that arrive meanwhile."""
    arrived: list[int] = []

    def ask(signum: int, _frame: FrameType | None) -> None:
        arrived.append(signum)

    # Under nohup a hang-up is ignored on purpose.
    wanted = [
        signum for signum in signals if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN
    ]
    before = {signum: signal.signal(signum, ask) for signum in wanted}
    try:
        yield arrived
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def reload(settings: Settings) -> None:
    """Ask the system that runs on the data folder to start its parts anew. Raises SupervisorError where none runs."""
    path = settings.data / "supervisor.lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            os.kill(int(file.read()), RELOAD_SIGNAL)
        else:
            raise SupervisorError(
                f"nothing runs on {settings.data} as `dudao run` or `dudao demo`; parts that were started one by "
                "one are started anew one by one"
            )


def _reason(status: int | None) -> str:
    if status is not None and status < 0:
        return signal.Signals(-status).name
    return f"exit code {status}"


def _say(message: str) -> None:
    sys.stderr.write(f"dudao: {message}\n")
    sys.stderr.flush()
