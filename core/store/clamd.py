"""Asking a ClamAV daemon about some bytes. Four verdicts: what it does not vouch for is never clean (reliability.md 4.7).

Its word is believed only where it can know: with fresh signatures, within its limits, and for what it says of itself.
"""

from __future__ import annotations

import io
import re
import select
import socket
import struct
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import BinaryIO, Self
from urllib.parse import unquote, urlsplit

from core.domain.files import Scan, ScanResult
from core.domain.text import Text

CONNECT_SECONDS = 2.0
#: For a whole scan: so long, and longer the larger the file is, but never longer than the last of them.
SCAN_SECONDS = 20.0
BYTES_A_SECOND = 4 * 1024 * 1024
MOST_SECONDS = 120.0
OLDEST_SIGNATURES = timedelta(days=7)
#: Beyond it a ClamAV with its own settings answers OK without having looked.
LARGEST_UNTOLD = 100 * 1024 * 1024
_CHUNK = 256 * 1024
_LONGEST_ANSWER = 4096
#: What it calls found where it only could not look.
_LIMITS = "Heuristics.Limits.Exceeded"
_ENCRYPTED = "Heuristics.Encrypted"
_VERSION = re.compile(r"ClamAV (\S+?)(?:/(\d+)/(.+))?")

NOT_CONFIGURED = Text("本系统没有配置查毒程序", "No virus scanner is configured")
TOO_LARGE = Text("文件超过查毒程序的大小上限", "The file is over the scanner's size limit")
OVER_LIMITS = Text(
    "文件的层数或解压后大小超过查毒程序的上限",
    "The file is nested deeper, or unpacks to more, than the scanner's limits allow",
)
ENCRYPTED = Text("文件加了密码，查毒程序打不开", "The file is encrypted: the scanner cannot look inside")
UNTOLD_LIMITS = Text(
    "查毒程序没有设置为报告超限的文件（AlertExceedsMax），不能确认已查完",
    "The scanner is not set to tell of files beyond its limits (AlertExceedsMax): it may not have looked at all of it",
)
UNDATED = Text("查毒程序没有说明病毒库的日期", "The scanner does not say how old its signatures are")
UNREACHABLE = Text("连接不上查毒程序", "The scanner cannot be reached")
TOO_SLOW = Text("查毒程序没有按时回答", "The scanner did not answer in time")
NONSENSE = Text("查毒程序的回答看不懂", "The scanner's answer makes no sense")
#: Reasons that lie in the file: the same scanner would say the same again.
LASTING = frozenset({TOO_LARGE, OVER_LIMITS, ENCRYPTED})


def not_configured() -> ScanResult:
    return ScanResult(Scan.NOT_SCANNED, NOT_CONFIGURED)


class _Unclear(Exception):
    """The daemon could not be asked, or did not answer; `why` says so."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


@dataclass(frozen=True, slots=True)
class Clamd:
    """A daemon by its address, ``unix:///PATH`` or ``tcp://HOST:PORT``."""

    address: str

    def doubts(self, size: int = 0, *, packed: bool = False) -> Text | None:
        """Why its OK about such a file would be no clean verdict now; None where it would be one."""
        try:
            return self._doubt(size, packed=packed)
        except _Unclear as unclear:
            return unclear.why

    def scan(self, stream: BinaryIO, size: int, *, packed: bool) -> ScanResult:
        """Its verdict on a stream's bytes; `packed` where they hold files in files. Never raises for its sake."""
        try:
            return self._verdict(stream, size, packed=packed)
        except _Unclear as unclear:
            return ScanResult(Scan.FAILED, unclear.why)

    def _verdict(self, stream: BinaryIO, size: int, *, packed: bool) -> ScanResult:
        answer = self._send(stream, min(SCAN_SECONDS + size / BYTES_A_SECOND, MOST_SECONDS))
        if answer.startswith("INSTREAM size limit exceeded"):
            return ScanResult(Scan.NOT_SCANNED, TOO_LARGE)
        found = re.fullmatch(r"(?:stream|instream[^:]*): (?:(OK)|(\S+) FOUND)", answer)
        if found is None:
            raise _Unclear(NONSENSE)
        if found[2]:
            return _found(found[2][:100])
        doubt = self._doubt(size, packed=packed)
        return ScanResult(Scan.NOT_SCANNED, doubt) if doubt else ScanResult(Scan.CLEAN)

    def _doubt(self, size: int, *, packed: bool) -> Text | None:
        """Why its OK is no clean verdict, if it is none."""
        said = _VERSION.fullmatch(self._ask(b"VERSION", 2 * CONNECT_SECONDS))
        if said is None:
            raise _Unclear(NONSENSE)
        made = _date(said[3] or "")
        if made is None:
            return UNDATED
        if datetime.now(UTC) - made > OLDEST_SIGNATURES:
            return Text(
                f"病毒库太旧（{made:%Y-%m-%d}），请更新",
                f"The signatures are too old ({made:%Y-%m-%d}): update them",
            )
        if (packed or size > LARGEST_UNTOLD) and not self._tells_of_limits():
            return UNTOLD_LIMITS
        return None

    def _tells_of_limits(self) -> bool:
        """Whether it tells of a file that it did not look at to the end: asked with one nested deeper than any limit."""
        return _LIMITS in self._send(io.BytesIO(_nested()), SCAN_SECONDS)

    def _send(self, stream: BinaryIO, seconds: float) -> str:
        with _Line(self.address, seconds) as line:
            try:
                line.send(b"zINSTREAM\0")
                while not line.is_speaking() and (chunk := stream.read(_CHUNK)):
                    line.send(struct.pack("!I", len(chunk)) + chunk)
                line.send(struct.pack("!I", 0))
            except ConnectionError:
                pass  # it has heard too much for its limit; its answer is there already
            return line.answer()

    def _ask(self, command: bytes, seconds: float) -> str:
        with _Line(self.address, seconds) as line:
            with suppress(ConnectionError):
                line.send(b"z" + command + b"\0")
            return line.answer()


class _Line:
    """A connection with one end of patience for all that is sent and heard."""

    def __init__(self, address: str, seconds: float) -> None:
        self.address, self.until = address, time.monotonic() + seconds

    def __enter__(self) -> Self:
        try:
            self.socket = _connect(self.address)
        except OSError as error:
            raise _Unclear(UNREACHABLE) from error
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self._wait()
        try:
            self.socket.sendall(data)
        except TimeoutError as error:
            raise _Unclear(TOO_SLOW) from error

    def is_speaking(self) -> bool:
        """Whether it answers before it was asked to the end."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def answer(self) -> str:
        heard = b""
        while not heard.endswith(b"\0") and len(heard) <= _LONGEST_ANSWER:
            self._wait()
            try:
                part = self.socket.recv(_LONGEST_ANSWER)
            except TimeoutError as error:
                raise _Unclear(TOO_SLOW) from error
            except OSError as error:
                raise _Unclear(UNREACHABLE) from error
            if not part:
                break
            heard += part
        if not heard.endswith(b"\0"):
            raise _Unclear(NONSENSE if heard else UNREACHABLE)
        return heard[:-1].decode("utf-8", "replace")

    def _wait(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise _Unclear(TOO_SLOW)
        self.socket.settimeout(left)


def _found(name: str) -> ScanResult:
    for start, why in ((_LIMITS, OVER_LIMITS), (_ENCRYPTED, ENCRYPTED)):
        if name.startswith(start):
            return ScanResult(Scan.NOT_SCANNED, why)
    return ScanResult(Scan.INFECTED, Text(name, name))


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "tcp":
        return socket.create_connection((parts.hostname or "", parts.port or 3310), CONNECT_SECONDS)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(CONNECT_SECONDS)
    try:
        line.connect(unquote(parts.path))
    except OSError:
        line.close()
        raise
    return line


def _date(said: str) -> datetime | None:
    """As C writes a time; it names no zone, and some hours do not matter here."""
    try:
        return datetime.strptime(said, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


@cache
def _nested() -> bytes:
    """A small archive in an archive in an archive: more than a scanner opens."""
    content, name = b"nothing", "a.txt"
    for _depth in range(101):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), content)
        content, name = packed.getvalue(), "a.zip"
    return content
