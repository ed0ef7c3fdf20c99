"""What stands behind a picture's own end. Phones put a second picture or a short film there; others hide things."""

from __future__ import annotations

import mmap
import re
from typing import Literal

from core.examine import boxes

Tail = Literal["fine", "odd", "hostile"]
#: Scans of a progressive JPEG: encoders write about ten; thousands are a bomb (reliability.md, M16).
MOST_SCANS = 100

_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_LISTED = b"PK\x05\x06"
#: The beginning of pages and programs, as a browser or a server would run them.
_ACTIVE = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|svg|\?php)[\s>/]"
    rb"|^(?:\s*)(?:MZ|\x7fELF|#!|%PDF-|Rar!|7z\xbc\xaf|\xca\xfe\xba\xbe|\xd0\xcf\x11\xe0)"
    rb"|^PK\x03\x04|__HALT_COMPILER",
    re.IGNORECASE,
)
#: A phone's own: another picture, a film, Samsung's notes, or nothing but filling.
_PHONES = re.compile(rb"[\0\s]*?(?:\xff\xd8\xff|....ftyp|.{0,64}(?:SEFH|MotionPhoto_Data))", re.DOTALL)


class Damaged(Exception):
    """The picture's own parts do not fit together."""


class Bomb(Exception):
    """The picture has more parts than any camera writes."""


def after(media_type: str, data: mmap.mmap) -> Tail:
    """How what follows the picture looks; raises Damaged or Bomb for the picture itself."""
    return judge(data[_ENDS[media_type](data) :])


def judge(tail: bytes) -> Tail:
    """Whether a tail is a phone's own, something unknown, or made to be run."""
    begun = tail.lstrip(b"\0\r\n\t ")
    if not begun:
        return "fine"
    if _ACTIVE.search(begun) or _is_archive(begun):
        return "hostile"
    return "fine" if _PHONES.match(tail) else "odd"


def _is_archive(tail: bytes) -> bool:
    """A zip's list stands at its end, and points back to entries; four bytes alone may be chance."""
    at = tail.rfind(_LISTED, -66_000 if len(tail) > 66_000 else 0)
    return at >= 0 and b"PK\x01\x02" in tail[:at]


def _jpeg_end(data: mmap.mmap) -> int:
    at, scans = 2, 0
    while found := _MARKER.search(data, at):
        kind, at = data[found.end() - 1], found.end()
        if kind == 0xD9:
            return at
        if kind in {0x01, 0xD8}:
            continue
        scans += kind == 0xDA
        if scans > MOST_SCANS:
            raise Bomb(f"more than {MOST_SCANS} scans")
        at += max(2, int.from_bytes(data[at : at + 2], "big"))
    return len(data)


def _png_end(data: mmap.mmap) -> int:
    at, frames = 8, 0
    while at + 12 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += 12 + size
        frames += kind == b"fcTL"
        if frames > MOST_FRAMES:
            raise Bomb("too many frames")
        if kind == b"IEND":
            return at
    raise Damaged("no end")


def _webp_end(data: mmap.mmap) -> int:
    end = int.from_bytes(data[4:8], "little") + 8
    if end > len(data):
        raise Damaged("shorter than it says")
    return end


def _boxes_end(data: mmap.mmap) -> int:
    end = 0
    for box in boxes.outermost(data, len(data)):  # type: ignore[arg-type]  # it reads and seeks as a file does
        if not box.kind:
            return box.start
        if box.end > len(data):
            raise Damaged("shorter than it says")
        end = box.end
    return end


MOST_FRAMES = 200
_ENDS = {"image/jpeg": _jpeg_end, "image/png": _png_end, "image/webp": _webp_end, "image/heic": _boxes_end}
