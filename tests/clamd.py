"""A real ClamAV daemon with a signature of our own, and servers that only pretend to be one."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import socket
import struct
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import parent

#: The test file of the makers of virus scanners, in two halves: no scanner should take this source for it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
#: What the daemon calls it: ours is no official signature.
VIRUS = "Dudao.Test.EICAR.UNOFFICIAL"
START_SECONDS = 60.0

Talk = Callable[[socket.socket], None]


@contextmanager
def clamd(*, age: timedelta = timedelta(), settings: str = "AlertExceedsMax yes") -> Iterator[str]:
    """A daemon on a socket, its one signature so old; answers with its ``unix://`` address."""
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert program, "clamd is missing: install the Debian package clamav-daemon"
    folder = Path(tempfile.mkdtemp(prefix="dudao-clamd-"))
    (folder / "signatures").mkdir()
    (folder / "signatures" / "daily.cud").write_bytes(_signatures(datetime.now(UTC) - age))
    address = folder / "clamd.sock"
    (folder / "clamd.conf").write_text(
        f"LocalSocket {address}\nDatabaseDirectory {folder}/signatures\nTemporaryDirectory {folder}\n"
        f"LogFile {folder}/log\nForeground yes\nFixStaleSocket yes\nConcurrentDatabaseReload no\n{settings}\n"
    )
    process = subprocess.Popen(
        parent.command([program, "-c", str(folder / "clamd.conf")]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(address, folder / "log")
        yield f"unix://{address}"
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(address: Path, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(str(address))
            return
        time.sleep(0.1)
    raise RuntimeError("clamd did not start: " + (log.read_text() if log.exists() else "it says nothing"))


def _signatures(made: datetime) -> bytes:
    """A database as the daemon's own are packed, unsigned, so that it tells a date: one signature for the test file."""
    signature = b"Dudao.Test.EICAR:0:*:" + EICAR.hex().encode() + b"\n"
    head = f"ClamAV-VDB:{made:%d %b %Y %H-%M} +0000:1:1:90:X:X:dudao:{int(made.timestamp())}"
    listing = f"{head}\ndaily.ndb:{len(signature)}:{hashlib.sha256(signature).hexdigest()}\n".encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in (("daily.info", listing), ("daily.ndb", signature)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return head.encode().ljust(512) + gzip.compress(packed.getvalue())


@contextmanager
def pretending(talk: Talk, *, network: bool = False) -> Iterator[str]:
    """A server that talks to each caller as it likes; answers with its address."""
    with tempfile.TemporaryDirectory(prefix="dudao-clamd-") as folder:
        server = socket.socket(socket.AF_INET if network else socket.AF_UNIX)
        server.bind(("127.0.0.1", 0) if network else f"{folder}/clamd.sock")
        server.listen()
        threading.Thread(target=_serve, args=(server, talk), daemon=True).start()
        name = server.getsockname()
        try:
            yield f"tcp://127.0.0.1:{name[1]}" if network else f"unix://{name}"
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()


def _serve(server: socket.socket, talk: Talk) -> None:
    with suppress(OSError):
        while True:
            line, _address = server.accept()
            threading.Thread(target=_talk, args=(line, talk), daemon=True).start()


def _talk(line: socket.socket, talk: Talk) -> None:
    with suppress(OSError), line:
        talk(line)


def saying(verdict: bytes, *, version: bytes = b"") -> Talk:
    """A well-behaved daemon with fresh signatures that has one verdict for everything."""
    fresh = version or f"ClamAV 1.4.3/27800/{datetime.now(UTC):%a %b %d %H:%M:%S %Y}".encode()

    def talk(line: socket.socket) -> None:
        command = _until_zero(line)
        if command == b"zINSTREAM":
            _swallow(line)
            line.sendall(verdict)
        else:
            line.sendall({b"zVERSION": fresh, b"zPING": b"PONG"}[command] + b"\0")

    return talk


def _until_zero(line: socket.socket) -> bytes:
    heard = b""
    while not heard.endswith(b"\0"):
        part = line.recv(1)
        if not part:
            break
        heard += part
    return heard[:-1]


def _swallow(line: socket.socket) -> None:
    with line.makefile("rb") as stream:
        while length := struct.unpack("!I", stream.read(4))[0]:
            stream.read(length)
