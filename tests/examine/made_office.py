"""Documents and workbooks that the tests make: real ones, and parts put into them."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence

import xlsxwriter

from tests.unit.files import archive, docx, workbook

_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def document(body: str) -> bytes:
    return f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'.encode()


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r>{run}</w:r>" for run in runs) + "</w:p>"


def text(words: str) -> str:
    return f"<w:t>{words}</w:t>"


def field(*codes: str) -> str:
    """A field whose code is spread over several runs, as Word likes to do."""
    parts = [f"<w:instrText>{code}</w:instrText>" for code in codes]
    return paragraph('<w:fldChar w:fldCharType="begin"/>', *parts, '<w:fldChar w:fldCharType="end"/>')


def relations(kind: str, target: str, mode: str = ' TargetMode="External"') -> bytes:
    head = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    return (
        f'{head}<Relationship Id="r1" Type="{_TYPE}{kind}" Target="{target}"{mode}/></Relationships>'.encode()
    )


def related(kind: str, target: str, part: str = "document", mode: str = ' TargetMode="External"') -> bytes:
    return docx({f"word/_rels/{part}.xml.rels": relations(kind, target, mode)})


def book_of(more: Mapping[str, bytes], without: Sequence[str] = ()) -> bytes:
    """A real workbook with parts added or replaced."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as source:
        parts = {name: source.read(name) for name in source.namelist() if name not in without}
    return archive({**parts, **more})


def sheet_of(rows: str, **more: bytes) -> bytes:
    part = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
    return book_of({"xl/worksheets/sheet1.xml": part, **more})


def stray_cell() -> bytes:
    return sheet_of(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    )


def many_rows() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, "in_memory": True}) as made:
        sheet = made.add_worksheet()
        for row in range(100_000):
            sheet.write_row(row, 0, [row, "单位", row * 0.5])
    return buffer.getvalue()


def formulas() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as made:
        sheet = made.add_worksheet()
        sheet.write_column(0, 0, ["=1+1", "+86 371", "-5", "@SUM(A1)", "\t=1", "＝1", "=cmd|'/c calc'!A0"])
    return buffer.getvalue()


def markup() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_urls": False}) as made:
        sheet = made.add_worksheet("<b>表")
        sheet.write_column(0, 0, ["<script>alert(1)</script>", "长" * 32_000, "a\u202eb"])
    return buffer.getvalue()


def hidden_sheet(how: str) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as made:
        made.add_worksheet("成绩").write(0, 0, "可见")
        getattr(made.add_worksheet("名单"), how)()
    return buffer.getvalue()


def document_twice() -> bytes:
    buffer = io.BytesIO(docx())
    with zipfile.ZipFile(buffer, "a") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.writestr("word/document.xml", document(paragraph(text("another"))))
    return buffer.getvalue()
