"""The boxes of which ISO media files (MP4, MOV, HEIC) are built: read by their sizes, within limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack
from typing import BinaryIO

MOST_BOXES = 20_000
DEEPEST = 8
#: What stands outermost in real files; anything else that runs past the file's end is no box.
_OUTERMOST = frozenset(
    {
        b"ftyp",
        b"moov",
        b"mdat",
        b"free",
        b"skip",
        b"wide",
        b"uuid",
        b"moof",
        b"mfra",
        b"sidx",
        b"styp",
        b"meta",
    }
)
_INSIDE = frozenset({b"moov", b"trak", b"mdia", b"minf", b"dinf", b"rmra", b"rmda", b"edts", b"udta"})


class Damaged(Exception):
    """The sizes do not fit into each other, or there are too many boxes."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its kind, where its content begins, where it ends."""

    kind: bytes
    start: int
    end: int


def walk(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie side by side from `start` to `end`; what is none ends them, without a kind."""
    count = 0
    while start + 8 <= end:
        count += 1
        if count > MOST_BOXES:
            raise Damaged("too many boxes")
        file.seek(start)
        head = file.read(16)
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1 and len(head) == 16:
            size, header = unpack(">Q", head[8:])[0], 16
        elif size == 0:  # to the end of the file
            size = end - start
        kind = head[4:8]
        if size < header or not _is_kind(kind):
            yield Box(b"", start, end)
            return
        yield Box(kind, start + header, start + size)
        start += size


def outermost(file: BinaryIO, size: int) -> Iterator[Box]:
    """The boxes of a file, the last without a kind where something else stands behind them."""
    start = 0
    for box in walk(file, 0, size):
        if box.end > size and box.kind not in _OUTERMOST:
            yield Box(b"", start, size)
            return
        yield box
        start = box.end
    if start < size and start + 8 > size:
        yield Box(b"", start, size)


def deep(file: BinaryIO, outer: Box, depth: int = 0) -> Iterator[Box]:
    """All boxes within a box, those within them too."""
    if depth > DEEPEST:
        raise Damaged("boxes within boxes")
    count = 0
    for box in walk(file, outer.start, outer.end):
        if box.end > outer.end:
            raise Damaged("a box is longer than the one around it")
        yield box
        if box.kind in _INSIDE:
            for inner in deep(file, box, depth + 1):
                count += 1
                if count > MOST_BOXES:
                    raise Damaged("too many boxes")
                yield inner


def _is_kind(kind: bytes) -> bool:
    return len(kind) == 4 and all(32 <= sign < 127 or sign == 0xA9 for sign in kind)
