"""Small real files of each kind, made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache

import xlsxwriter
from PIL import Image

_DOCX = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@cache
def picture(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 9), (200, 30, 30)).save(buffer, form)
    return buffer.getvalue()


@cache
def workbook() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.add_worksheet("成绩").write_row(0, 0, ["单位", 98])
    return buffer.getvalue()


def archive(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in content.items():
            made.writestr(name, data)
    return buffer.getvalue()


def docx(more: Mapping[str, bytes] | None = None, types: bytes = _DOCX) -> bytes:
    """The parts that make a Word document, and perhaps others."""
    part = b'<Override PartName="/word/document.xml" ContentType="' + types + b'"/>'
    return archive(
        {
            "[Content_Types].xml": b"<Types>" + part + b"</Types>",
            "_rels/.rels": b"<Relationships/>",
            "word/document.xml": "<w:document><w:body>方案</w:body></w:document>".encode(),
            **(more or {}),
        }
    )


def iso(brand: bytes) -> bytes:
    """The head of an ISO media file (HEIC, MP4, MOV) of a brand."""
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00mif1heic" + b"\x00\x00\x00\x08mdat"
