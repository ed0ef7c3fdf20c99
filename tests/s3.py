"""A real S3-compatible server as a process of its own, and a proxy before it that fails on demand."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Literal

import boto3

from core import parent

BUCKET = "evidence"
KEYS = {"AWS_ACCESS_KEY_ID": "for-tests", "AWS_SECRET_ACCESS_KEY": "for-tests-only"}
Mode = Literal["well", "off", "error", "cut", "slow"]


@contextmanager
def server() -> Iterator[int]:
    """A fresh server with an empty bucket; answers with its port. Credentials are in the environment meanwhile."""
    port = _free_port()
    process = subprocess.Popen(
        parent.command([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | KEYS,
    )
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    try:
        _wait(port)
        client(port).create_bucket(Bucket=BUCKET)
        yield port
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait(port: int) -> None:
    for _try in range(300):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError("the S3 server did not start")


@cache
def client(port: int) -> Any:
    """The way to the server that leads past the proxy, as somebody with the keys has it."""
    return boto3.session.Session(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"]).client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1"
    )


def address(port: int, prefix: str = "dudao") -> str:
    return f"s3://{BUCKET}/{prefix}?endpoint=http://127.0.0.1:{port}&region=us-east-1"


def content(port: int, key: str) -> bytes | None:
    """An object's bytes, or None where there is none."""
    found = client(port)
    try:
        return found.get_object(Bucket=BUCKET, Key=key)["Body"].read()  # type: ignore[no-any-return]
    except found.exceptions.NoSuchKey:
        return None


def uploads(port: int) -> list[str]:
    """Uploads in pieces that were begun and not ended."""
    return [item["Key"] for item in client(port).list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]


class Proxy:
    """A TCP proxy that refuses, answers with an error, cuts a request in its middle, or is slow."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode: Mode = "well"
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def turn(self, mode: Mode) -> None:
        """Behave so from now on; connections that are open are closed."""
        self.mode = mode
        for one in list(self._open):
            _close(one)

    def close(self) -> None:
        self.turn("off")
        _close(self._listener)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _address = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        mode = self.mode
        self._open.add(caller)
        with contextlib.ExitStack() as ending, suppress(OSError):
            ending.callback(self._open.discard, caller)
            ending.callback(_close, caller)
            if mode == "off":
                return
            if mode == "error":
                caller.recv(65536)
                caller.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            server_side = socket.create_connection(("127.0.0.1", self.target))
            ending.callback(_close, server_side)
            back = threading.Thread(target=_pass_on, args=(server_side, caller, "well"), daemon=True)
            back.start()
            _pass_on(caller, server_side, mode)
            if mode != "cut":
                back.join(30)


def _pass_on(source: socket.socket, target: socket.socket, mode: Mode) -> None:
    passed = 0
    with suppress(OSError):
        while data := source.recv(4096 if mode == "slow" else 65536):
            if mode == "slow":
                time.sleep(0.02)
            if mode == "cut" and passed + len(data) > CUT:
                target.sendall(data[: max(0, CUT - passed)])
                break
            target.sendall(data)
            passed += len(data)
    if mode != "cut":
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


#: How many bytes of a connection get through before it is cut.
CUT = 20_000


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def failing(target: int) -> Iterator[Proxy]:
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
