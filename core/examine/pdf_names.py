"""Which names of active content stand in a PDF's bytes: plain, hex-escaped, or within its object streams.

It is a search and no parser: what it finds is shown to people as a hint, and nothing of a PDF is ever run here.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator

#: How much of a file, of one object stream and of all together is looked at, and how many of them.
MOST_BYTES = 64 * 1024 * 1024
MOST_STREAM = 8 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_STREAMS = 5_000

ACTIVE = frozenset(
    {
        b"JavaScript",
        b"JS",
        b"Launch",
        b"EmbeddedFile",
        b"EmbeddedFiles",
        b"XFA",
        b"RichMedia",
        b"SubmitForm",
        b"ImportData",
        b"GoToR",
        b"GoToE",
    }
)
#: Two letters alone would be found by chance in compressed data: a script's value must follow.
_PLAIN = re.compile(
    rb"/(JavaScript|Launch|EmbeddedFiles?|XFA|RichMedia|SubmitForm|ImportData|GoTo[RE])(?=[\s/<>\[\]()%\0]|$)"
    rb"|/(JS)(?=\s*(?:\(|<|\d+\s+\d+\s+R))"
)
_ESCAPED = re.compile(rb"/([A-Za-z]*(?:#[0-9A-Fa-f]{2}[A-Za-z]*)+)")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb">>\s*stream\r?\n?")
_OBJECTS = b"/ObjStm"
_FILTER = re.compile(
    rb"/(FlateDecode|Fl|ASCIIHexDecode|AHx|ASCII85Decode|A85|LZWDecode|LZW|RunLengthDecode|RL)\b"
)


def found(data: bytes) -> set[str]:
    """The names that were found; ``?`` stands for an object stream that could not be read."""
    names = _names(data)
    left = MOST_UNPACKED
    for number, (head, body) in enumerate(_streams(data)):
        if number >= MOST_STREAMS or left <= 0:
            names.add(b"?")
            break
        unpacked = _unpack(head, body)
        if unpacked is None:
            names.add(b"?")
        else:
            left -= len(unpacked)
            names |= _names(unpacked)
    return {name.decode("ascii") for name in names}


def _names(data: bytes) -> set[bytes]:
    names = {hit[1] or hit[2] for hit in _PLAIN.finditer(data)}
    if b"#" in data:
        names |= {_plain(hit[1]) for hit in _ESCAPED.finditer(data)} & ACTIVE
    return names


def _plain(escaped: bytes) -> bytes:
    return _HEX.sub(lambda hit: bytes([int(hit[1], 16)]), escaped)


def _streams(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Object streams: dictionary and packed body."""
    for hit in _STREAM.finditer(data):
        head = data[max(0, hit.start() - 2048) : hit.start()]
        head = _plain(head[head.rfind(b"obj") + 3 :])
        if _OBJECTS in head:
            end = data.find(b"endstream", hit.end())
            yield head, data[hit.end() : end if end >= 0 else len(data)][: MOST_STREAM * 4]


def _unpack(head: bytes, body: bytes) -> bytes | None:
    """The body after its filters, up to the limit; None where a filter is unknown or the body is broken."""
    for name in _FILTER.findall(head):
        try:
            if name in {b"FlateDecode", b"Fl"}:
                body = zlib.decompressobj().decompress(body, MOST_STREAM)
            elif name in {b"ASCIIHexDecode", b"AHx"}:
                digits = re.sub(rb"\s", b"", body.split(b">")[0])
                body = binascii.unhexlify(digits + b"0" * (len(digits) % 2))
            elif name in {b"ASCII85Decode", b"A85"}:
                body = base64.a85decode(re.sub(rb"\s", b"", body.split(b"~>")[0]))
            else:
                return None
        except (zlib.error, binascii.Error, ValueError):
            return None
    return body
