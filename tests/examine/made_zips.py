"""Archives that the tests make: as honest programs write them, and byte by byte with whatever they claim."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from functools import cache

from tests.unit.files import picture


@cache
def zeros(megabytes: int) -> bytes:
    """Deflated zeros: a thousandth of what they become."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1024 * 1024)
    return b"".join([packer.compress(block) for _ in range(megabytes)] + [packer.flush()])


def raw_zip(entries: Sequence[tuple[bytes, bytes, int, int]], *, flags: int = 0, method: int = 8) -> bytes:
    """A zip of packed bytes with whatever sizes and checksums it claims: (name, packed, size, crc)."""
    body, directory = b"", b""
    for name, packed, size, crc in entries:
        shared = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 33, crc, len(packed), size, len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + shared
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += b"PK\x03\x04" + shared + name + packed
    return body + directory + end_record(len(entries), len(directory), len(body))


def end_record(count: int, size: int, offset: int) -> bytes:
    return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, offset, 0)


def packed(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def honest_entry(name: bytes, data: bytes) -> tuple[bytes, bytes, int, int]:
    return name, packed(data), len(data), zlib.crc32(data)


def special(mode: int, target: bytes) -> bytes:
    """A zip whose one entry is, for Unix, a link or a device."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        info = zipfile.ZipInfo("照片.jpg")
        info.create_system, info.external_attr = 3, mode << 16
        made.writestr(info, target)
    return buffer.getvalue()


def twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.writestr("a.txt", "one")
        made.writestr("a.txt", "two")
    return buffer.getvalue()


def overlapping(count: int = 40) -> bytes:
    """Entries that lie in each other, so that one kernel of zeros counts for each (CVE-2024-0450).

    Each quotes the next one's header as a stored block of its own stream.
    """
    kernel, crc = zeros(6), zlib.crc32(bytes(6 * 1024 * 1024))
    size, body, heads = 6 * 1024 * 1024, kernel, []
    for number in reversed(range(count)):
        name = f"{number:04}.txt".encode()
        shared = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(body), size, len(name), 0)
        head = b"PK\x03\x04" + shared + name
        heads.append((name, shared, len(head) + len(body)))
        body = b"\0" + struct.pack("<HH", len(head), len(head) ^ 0xFFFF) + head + body
        crc, size = crc ^ 1, size + len(head)
    body = body[5:]
    directory = b"".join(
        b"PK\x01\x02"
        + struct.pack("<H", 20)
        + shared
        + struct.pack("<HHHII", 0, 0, 0, 0, len(body) - back)
        + name
        for name, shared, back in heads
    )
    return body + directory + end_record(count, len(directory), len(body))


def encrypted(data: bytes) -> bytes:
    """The same zip, every entry said to be encrypted."""
    made = bytearray(data)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        begin = made.find(signature)
        while begin >= 0:
            made[begin + place] |= 1
            begin = made.find(signature, begin + 4)
    return bytes(made)


def put_together() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("照片/", b"")
        made.writestr("照片/1.jpg", picture("JPEG"))
    return buffer.getvalue()


class _Pipe(io.RawIOBase):
    """Where a zip is written without going back, as a web server does."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.parts.append(bytes(data))
        return len(data)


def streamed() -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(5):
            made.writestr(f"{number}.txt", f"第 {number} 行\n" * 50)
    return b"".join(pipe.parts)


def large_form() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, made.open("a.txt", "w", force_zip64=True) as entry:
        entry.write(b"text")
    return buffer.getvalue()


def by_lzma() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a.txt", b"text" * 100)
    return buffer.getvalue()


def one_body(body: bytes, size: int, crc: int) -> bytes:
    shared = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(body), size, 5, 0)
    local = b"PK\x03\x04" + shared + b"a.txt" + body
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + shared + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"a.txt"
    return local + entry * 50 + end_record(50, len(entry) * 50, len(local))
