"""What a file is, by its bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.store import filetypes
from core.store.filetypes import ALL, INLINE, FileType, recognise
from tests.unit.files import archive, docx, iso, picture, workbook


def kind(folder: Path, content: bytes, name: str = "file") -> FileType | None:
    path = folder / "bytes"
    path.write_bytes(content)
    return recognise(path, name)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (picture("JPEG"), filetypes.JPEG),
        (picture("PNG"), filetypes.PNG),
        (picture("WEBP"), filetypes.WEBP),
        (workbook(), filetypes.XLSX),
        (docx(), filetypes.DOCX),
        (archive({"照片/1.jpg": picture("JPEG")}), filetypes.ZIP),
        (archive({}), filetypes.ZIP),
        (iso(b"heic"), filetypes.HEIC),
        (iso(b"mif1"), filetypes.HEIC),
        (iso(b"mp42"), filetypes.MP4),
        (iso(b"isom"), filetypes.MP4),
        (iso(b"qt  "), filetypes.MOV),
        (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF", filetypes.PDF),
        ("单位,人数\n甲,3\n".encode(), filetypes.TXT),
        ("单位,人数\n甲,3\n".encode("gb18030"), filetypes.TXT),
        ("\ufeff方案\n".encode(), filetypes.TXT),
    ],
)
@pytest.mark.parametrize("name", ["file", "photo.jpg", "story.docx", "evil.exe", "a.html", ""])
def test_a_type_is_told_by_the_bytes_and_the_name_is_never_believed(
    tmp_path: Path, content: bytes, expected: FileType, name: str
) -> None:
    assert kind(tmp_path, content, name) == expected


@pytest.mark.parametrize("name", ["table.csv", "TABLE.CSV"])
def test_only_for_plain_text_does_the_name_tell_a_table(tmp_path: Path, name: str) -> None:
    assert kind(tmp_path, "单位,人数\n甲,3\n".encode(), name) == filetypes.CSV
    assert kind(tmp_path, picture("PNG"), name) == filetypes.PNG


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"  \n<html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"MZ" + bytes(range(256)),
        b"#!/bin/sh\nrm -rf /\n",
        b"\x7fELF" + bytes(64),
        b"GIF89a" + bytes(20),
        b"BM" + bytes(60),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        b"Rar!\x1a\x07\x00" + bytes(64),
        b"7z\xbc\xaf\x27\x1c" + bytes(64),
        b"\x1f\x8b\x08\x00" + bytes(64),
        b"{\\rtf1 \x01}",
        b"text with a \0 in it",
        b"RIFF\x00\x00\x00\x00AVI LIST",
        iso(b"jp2 "),
        iso(b"\0\0\0\0"),
        b"PK\x03\x04 no archive at all",
        docx()[:200],
        docx({"word/vbaProject.bin": b"macro"}),
        workbook()[:-30],
        archive({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}),
        archive({"xl/vbaProject.bin": b"macro"}),
        "题目".encode("utf-16"),
        b"abc\xff\xfe\xfd and more text after it",
    ],
)
@pytest.mark.parametrize("name", ["photo.jpg", "方案.docx", "table.csv"])
def test_what_is_not_on_the_list_is_refused_whatever_its_name(
    tmp_path: Path, content: bytes, name: str
) -> None:
    assert kind(tmp_path, content, name) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n\t\n",
        b"\xff\xd8",
        b"\x81\xfe\xff",
        b"text that ends in nonsense \xff",
        b"\xef\xbb\xbf<html><script>alert(1)</script>",
        docx({"word/VBAPROJECT.BIN": b"macro"}),
        docx(types=b"application/vnd.ms-word.document.macroEnabled.main+xml"),
    ],
    ids=[
        "empty",
        "blank",
        "two bytes",
        "three bytes",
        "bad end",
        "BOM and html",
        "capitals",
        "docm, other part",
    ],
)
def test_what_only_seems_to_be_text_or_free_of_macros_is_refused(tmp_path: Path, content: bytes) -> None:
    assert kind(tmp_path, content, "file.docx") is None


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_office_file_is_packed_so_that_a_few_bytes_fill_the_memory(tmp_path: Path, method: int) -> None:
    """`zipfile` bounds what it unpacks of the usual method only; of these, 500 bytes may become 400 MB at once."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        made.writestr("[Content_Types].xml", b"<Types/>")
        made.writestr("word/document.xml", b"<document/>")
    assert kind(tmp_path, stream.getvalue(), "file.docx") is None


def test_an_entry_that_ends_beyond_its_file_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("[Content_Types].xml", b"x" * 50)
    content = stream.getvalue().replace((50).to_bytes(4, "little") * 2, (5000).to_bytes(4, "little") * 2)
    assert content != stream.getvalue() and kind(tmp_path, content, "file.docx") is None


def test_a_character_cut_by_the_reading_limit_is_no_fault_of_the_text(tmp_path: Path) -> None:
    limit = 4 * 1024 * 1024
    for shift in range(3):
        content = (b"a" * (limit - 4 + shift)) + ("字" * 5).encode()
        assert kind(tmp_path, content) == filetypes.TXT


def test_a_real_workbook_with_a_chart_and_several_sheets_is_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "scores.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("第一阶段", "第二阶段"):
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, [1, 2, 3])
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=第一阶段!$A$1:$A$3"})
        sheet.insert_chart("C1", chart)
    assert recognise(path, "anything.jpg") == filetypes.XLSX


def test_large_and_odd_pictures_are_pictures(tmp_path: Path) -> None:
    for mode, form, expected in (
        ("L", "JPEG", filetypes.JPEG),
        ("CMYK", "JPEG", filetypes.JPEG),
        ("RGBA", "PNG", filetypes.PNG),
        ("P", "PNG", filetypes.PNG),
        ("RGBA", "WEBP", filetypes.WEBP),
    ):
        buffer = io.BytesIO()
        Image.new(mode, (3000, 2)).save(buffer, form)
        assert kind(tmp_path, buffer.getvalue()) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_told_or_refused_but_never_raise(tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([docx(), workbook(), archive({"a": b"b"}), picture("WEBP")])))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    found = kind(tmp_path, bytes(whole[:cut]))
    assert found is None or found in ALL


def test_only_pictures_that_browsers_draw_are_shown_in_place() -> None:
    assert {"image/jpeg", "image/png", "image/webp"} == INLINE
    assert len({item.media_type for item in ALL}) == len(ALL)
    assert len({item.extension for item in ALL}) == len(ALL)


def test_the_samples_are_what_they_say() -> None:
    assert Image.open(io.BytesIO(picture("WEBP"))).format == "WEBP"
    assert zipfile.ZipFile(io.BytesIO(docx())).testzip() is None
