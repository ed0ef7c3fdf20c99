"""Makers of PDFs for the tests, down to their objects and locks."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Sequence
from functools import cache

from tests.examine.made_pictures import scene

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(body: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), more, body)


def pdf(*objects: bytes, trailer: bytes = b"", after: bytes = b"") -> bytes:
    """A PDF of the given objects, numbered from 1; the first is its catalogue."""
    made = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(made + b"startxref\n%d\n%%%%EOF\n" % start + after)


def one_page(
    catalogue: bytes = b"",
    page: bytes = b"",
    more: Sequence[bytes] = (),
    box: bytes = b"0 0 595 842",
    drawn: bytes = b"BT /F1 24 Tf 60 700 Td (Plan 2020) Tj ET",
    **options: bytes,
) -> bytes:
    """A PDF of one page; further objects are numbered from 6."""
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R" % box
        + b" /Resources << /Font << /F1 5 0 R >> >> %s >>" % page,
        stream(drawn),
        FONT,
        *more,
        **options,
    )


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 5) for number in range(count))
    pages = [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R >>"] * count
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        stream(b"0 0 100 100 re f"),
        FONT,
        *pages,
    )


def object_stream(
    content: bytes, encode: Callable[[bytes], bytes] = zlib.compress, filters: bytes = b""
) -> bytes:
    """An object stream with one object, of number 20."""
    head = b"20 0 "
    body = encode(head + content)
    kind = filters or b"/Filter /FlateDecode"
    return stream(body, b"/Type /ObjStm /N 1 /First %d %s" % (len(head), kind))


@cache
def scanned() -> bytes:
    """Pages that are pictures, as a scanner makes them."""
    pages = [scene(1240, 1754).rotate(number) for number in (0, 2, 4)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def locked(user: bytes) -> bytes:
    """The old cipher of 40 bits, with a password for opening; an empty one locks changes alone."""
    padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    name = b"0123456789abcdef"
    owner = _rc4(hashlib.md5((b"owner" + padding)[:32]).digest()[:5], (user + padding)[:32])
    rights = (-4 & 0xFFFFFFFF).to_bytes(4, "little")
    key = hashlib.md5((user + padding)[:32] + owner + rights + name).digest()[:5]
    shown = _rc4(key, padding)
    lock = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (
        owner.hex().encode(),
        shown.hex().encode(),
    )
    number = (4).to_bytes(3, "little") + bytes(2)
    drawn = _rc4(hashlib.md5(key + number).digest()[:10], b"BT /F1 24 Tf 60 700 Td (Plan 2020) Tj ET")
    ids = name.hex().encode()
    return one_page(more=[lock], drawn=drawn, trailer=b"/Encrypt 6 0 R /ID [<%s> <%s>]" % (ids, ids))


def _rc4(key: bytes, data: bytes) -> bytes:
    state, at = list(range(256)), 0
    for index in range(256):
        at = (at + state[index] + key[index % len(key)]) % 256
        state[index], state[at] = state[at], state[index]
    made, first, second = bytearray(), 0, 0
    for byte in data:
        first = (first + 1) % 256
        second = (second + state[first]) % 256
        state[first], state[second] = state[second], state[first]
        made.append(byte ^ state[(state[first] + state[second]) % 256])
    return bytes(made)
