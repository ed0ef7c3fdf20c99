"""Parts of the system as real processes that a test starts, kills and starts again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.config import Settings
from core.redis_server import binary

ROOT = Path(__file__).resolve().parent.parent.parent
#: Generous: the machine may run other tests at the same time.
PATIENCE = 60.0


class RedisServer:
    """A Redis on a socket. It keeps nothing on disk: after a kill all is lost."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def client(self) -> redis.Redis:
        """A client that does not wait for a Redis that is gone."""
        never = Retry(NoBackoff(), 0)
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=never)

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        self.process = subprocess.Popen(
            [binary(), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self._answers, "Redis")

    def _answers(self) -> bool:
        with suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)


def wait_for(done: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is so; fail with its name."""
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, f"{what}: not within {patience:.0f} seconds"
        time.sleep(0.05)


@contextmanager
def part(settings: Settings, *arguments: str, before: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A part of `dudao`, in a process group of its own. `before` is code that runs first, e.g. to shorten a pause."""
    source = f"import sys\nfrom core.cli import main\n{before}\nmain(sys.argv[1:])"
    environment = os.environ | settings.environment() | {"PYTHONPATH": str(ROOT)}
    environment.pop("DUDAO_NOW", None)
    process = subprocess.Popen(
        [sys.executable, "-c", source, *arguments], env=environment, start_new_session=True, cwd=settings.data
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a part and everything in its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
