"""How large a zip's list of entries is, before any library reads it: a small file may declare a million entries."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

MOST_ENTRIES = 10_000
LARGEST_LIST = 4 * 1024 * 1024
_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65535
_ENTRY = b"PK\x01\x02"
_LOCATOR = b"PK\x06\x07"
_LOCATOR_SIZE = 20
_END64 = b"PK\x06\x06"
_END64_SIZE = 56


def bounded(path: Path) -> bool:
    """Whether a zip's list is there and small enough to be read."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        start = max(0, length - _END_SIZE - _LONGEST_COMMENT - 1)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(_END)
        if tail[-_END_SIZE:].startswith(_END) and tail.endswith(b"\0\0"):
            at = len(tail) - _END_SIZE
        if at < 0 or len(tail) - at < _END_SIZE:
            return False
        entries, size = struct.unpack_from("<HI", tail, at + 10)
        end = start + at
        large = _large(file, end)
        if large is not None:
            entries, size, end = large
        return entries <= MOST_ENTRIES and size <= min(LARGEST_LIST, end) and _few(file, end - size, size)


def _large(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """Entries, size and end of the list as a ZIP64 record before the usual one says, where there is one."""
    if end < _LOCATOR_SIZE + _END64_SIZE:
        return None
    file.seek(end - _LOCATOR_SIZE - _END64_SIZE)
    record = file.read(_END64_SIZE + _LOCATOR_SIZE)
    if not record[_END64_SIZE:].startswith(_LOCATOR) or not record.startswith(_END64):
        return None
    entries, size = struct.unpack_from("<QQ", record, 32)
    return entries, size, end - _LOCATOR_SIZE - _END64_SIZE


def _few(file: BinaryIO, start: int, size: int) -> bool:
    """Whether the list itself holds no more entries than that: what it declares may be a lie."""
    file.seek(start)
    return file.read(size).count(_ENTRY) <= MOST_ENTRIES
