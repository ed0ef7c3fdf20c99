"""A zip's list is measured before any library reads it."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from pathlib import Path

import pytest

from core.store import filetypes
from core.store.filetypes import recognise
from core.store.zips import LARGEST_LIST, MOST_ENTRIES, bounded
from tests.unit.files import archive, docx, workbook


def kept(folder: Path, content: bytes) -> Path:
    path = folder / "zip"
    path.write_bytes(content)
    return path


def entries(number: int, comment: bytes = b"") -> bytes:
    """An archive of so many empty entries, made by hand in no time."""
    local, listed = bytearray(), bytearray()
    for index in range(number):
        name = f"{index}".encode()
        at = len(local)
        local += struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name
        listed += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, at
        )
        listed += name
    end = struct.pack(
        "<4s4H2IH", b"PK\5\6", 0, 0, number & 65535, number & 65535, len(listed), len(local), len(comment)
    )
    return bytes(local + listed + end + comment)


@pytest.mark.parametrize(
    "content", [docx(), workbook(), archive({}), archive({"照片/1.jpg": b"1"}), entries(20)]
)
def test_usual_archives_are_within_the_bounds(tmp_path: Path, content: bytes) -> None:
    assert bounded(kept(tmp_path, content))


@pytest.mark.parametrize("comment", [b"", b"said", b"x" * 65535])
def test_archives_are_bounded_at_ten_thousand_entries_whatever_their_comment(
    tmp_path: Path, comment: bytes
) -> None:
    assert recognise(kept(tmp_path, entries(MOST_ENTRIES, comment)), "a.zip") == filetypes.ZIP
    assert recognise(kept(tmp_path, entries(MOST_ENTRIES + 1, comment)), "a.zip") is None


def test_a_lie_about_the_number_of_entries_is_found_out(tmp_path: Path) -> None:
    content = bytearray(entries(20_000))
    struct.pack_into("<2H", content, len(content) - 22 + 8, 5, 5)
    assert not bounded(kept(tmp_path, bytes(content)))


def test_a_list_of_more_than_four_megabytes_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for index in range(70):
            made.writestr(f"{index:x<60000}", b"")
    assert buffer.tell() > LARGEST_LIST
    assert not bounded(kept(tmp_path, buffer.getvalue()))


def test_a_large_archives_own_record_counts_where_it_is_used(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for index in range(66_000):
            made.writestr(zipfile.ZipInfo(str(index)), b"")
    content = bytearray(buffer.getvalue())
    assert b"PK\x06\x06" in content
    assert not bounded(kept(tmp_path, bytes(content)))
    # The usual record lies, the large one is what a library believes.
    struct.pack_into("<2HI", content, len(content) - 22 + 8, 5, 5, 100)
    assert not bounded(kept(tmp_path, bytes(content)))


@pytest.mark.parametrize(
    "content", [b"PK\3\4", b"PK\5\6", b"PK\3\4" + bytes(70_000), docx()[:-1], docx() + b"x"]
)
def test_what_has_no_end_is_no_archive_or_is_read_within_bounds(tmp_path: Path, content: bytes) -> None:
    found = recognise(kept(tmp_path, content), "a.zip")
    assert found is None or found == filetypes.DOCX


def test_a_hostile_archive_is_refused_in_no_time(tmp_path: Path) -> None:
    path = kept(tmp_path, entries(300_000))
    began = time.process_time()
    assert recognise(path, "a.zip") is None
    assert time.process_time() - began < 0.1
