"""Uploads over a network that breaks: files to send, a connection that is cut, a server that can be killed."""

from __future__ import annotations

import fcntl
import hashlib
import random
import select
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil
from tusclient.client import TusClient
from tusclient.uploader.uploader import Uploader

from core.config import Settings
from tests.faults.load import free_port, serving
from tests.faults.parts import end
from tests.faults.visitor import Visitor

URL = "/api/v1/uploads/"
MEGABYTE = 1024 * 1024
#: How a film begins, as far as its type can be told.
FILM = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2"


def film(path: Path, size: int, seed: int) -> str:
    """A file that counts as a film, different for each seed; answers with its hash."""
    rng, digest = random.Random(seed), hashlib.sha256()
    block = rng.randbytes(MEGABYTE)
    with path.open("wb") as file:
        for number in range(0, size, MEGABYTE):
            piece = (number.to_bytes(8, "big") + block)[:MEGABYTE] if number else FILM + block
            piece = piece[: min(MEGABYTE, size - number)]
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def client(visitor: Visitor, port: int) -> TusClient:
    """The library's client with a signed-in person's cookie and form token."""
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    return TusClient(f"http://127.0.0.1:{port}{URL}", {"Cookie": cookie, "X-CSRFToken": visitor.csrf})


def uploader(
    visitor: Visitor, port: int, file: BinaryIO, name: str, *, piece: int, tries: int = 50
) -> Uploader:
    """The library's upload of a file; it goes on by itself where it was cut."""
    return client(visitor, port).uploader(
        file_stream=file,
        chunk_size=piece,
        metadata={"filename": name},
        retries=tries,
        retry_delay=0,
        upload_checksum=False,
    )


class Killable:
    """A server that is killed with -9 and started again at the same address."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.port, self.kills = settings, free_port(), 0
        self._stack = ExitStack()
        self._process = self._stack.enter_context(serving(settings, self.port))

    def kill(self) -> None:
        end(self._process)
        self.kills += 1
        self._stack.close()
        self._process = self._stack.enter_context(serving(self.settings, self.port))

    def close(self) -> None:
        self._stack.close()

    def memory(self) -> int:
        """Resident bytes of the largest process."""
        processes = [psutil.Process(self._process.pid)]
        processes += processes[0].children(recursive=True)
        return max(process.memory_info().rss for process in processes)


@dataclass
class Network:
    """A road to a server on which connections are cut after so many bytes, counted over all of them."""

    to: int
    #: From how many bytes on something happens: a connection is cut, or what is given here.
    events: list[tuple[int, Callable[[], None] | None]] = field(default_factory=list)
    carried: int = 0
    cuts: int = 0
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def open(self) -> Iterator[Network]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield self

    def plan(self, at: list[int], deed: Callable[[], None] | None = None) -> None:
        """Cut when so many more bytes were carried; with a deed, do it instead of closing the connection."""
        self.events = sorted(
            [*self.events, *((self.carried + each, deed) for each in at)], key=lambda e: e[0]
        )

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(("127.0.0.1", self.to)) as far:
            while True:
                for source in select.select([near, far], [], [])[0]:
                    content = source.recv(64 * 1024)
                    if not content:
                        return
                    (far if source is near else near).sendall(content)
                    if source is near and self._breaks(len(content), near, far):
                        return

    def _breaks(self, length: int, near: socket.socket, far: socket.socket) -> bool:
        """Count what was carried; whether the connection ends here."""
        with self._lock:
            self.carried += length
            if not self.events or self.carried < self.events[0][0]:
                return False
            _at, deed = self.events.pop(0)
            self.cuts += 1
        if deed is not None:
            deed()
        elif self.cuts % 2:
            _reset(far)
            _reset(near)
        return True


def _reset(connection: socket.socket) -> None:
    """Close it as a router does that has forgotten the connection: what it carried has arrived, but no good-bye."""
    patience = time.monotonic() + 2
    while _unacknowledged(connection) and time.monotonic() < patience:
        time.sleep(0.005)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _unacknowledged(connection: socket.socket) -> int:
    answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", answer)[0])


@contextmanager
def highest(measure: Callable[[], int]) -> Iterator[Callable[[], int]]:
    """The highest value of a measure while the block lasts."""
    seen, stop = [measure()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            with suppress(psutil.Error):
                seen.append(measure())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: max(seen)
    finally:
        stop.set()
        thread.join()
