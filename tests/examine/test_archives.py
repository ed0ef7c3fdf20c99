"""What is told of an archive: names as they were meant, and never more bytes than the limits allow."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from core.domain.files import Examined, FileState
from core.examine import archives, zips
from core.examine.answers import Task
from tests.examine.made_zips import honest_entry, overlapping, packed, raw_zip, zeros
from tests.unit.files import archive, docx, picture


def examined(folder: Path, data: bytes) -> Examined:
    path = folder / "bytes"
    path.write_bytes(data)
    return archives.examine(Task(path, "材料.zip", "application/zip", folder))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_are_told_as_they_were_meant(tmp_path: Path, encoding: str) -> None:
    names = ["宣传照片/现场.jpg", "誠信.txt", "①.txt"]
    found = examined(tmp_path, raw_zip([honest_entry(name.encode(encoding), b"x") for name in names]))
    assert found.state is FileState.READY
    assert found.facts == {"entries": names, "entries_in_all": 3}


def test_at_most_200_names_are_told_and_none_at_great_length(tmp_path: Path) -> None:
    found = examined(tmp_path, archive({f"{number:03}{'长' * 300}.txt": b"" for number in range(250)}))
    assert len(found.facts["entries"]) == 200
    assert max(map(len, found.facts["entries"])) == archives.LONGEST_NAME
    assert found.facts["entries_in_all"] == 250


def test_the_sentence_names_what_is_wrong_and_how_many(tmp_path: Path) -> None:
    found = examined(tmp_path, archive({f"a\u202e{number}.exe": b"" for number in range(5)}))
    assert found.state is FileState.REFUSED
    (said,) = found.said
    assert "a0.exe、a1.exe、a2.exe等 5 个" in said.zh
    assert "a0.exe, a1.exe, a2.exe and 2 more" in said.en
    assert "\u202e" not in said.zh + said.en


def test_every_matter_has_its_own_sentence(tmp_path: Path) -> None:
    found = examined(
        tmp_path, archive({"a.zip": b"PK\x03\x04", "b.js": b"", "CON": b"", "X.txt": b"", "x.txt": b""})
    )
    assert found.state is FileState.ATTENTION
    assert [said.zh.rpartition("：")[2] for said in found.said] == ["a.zip", "b.js", "CON", "x.txt"]


def test_the_standard_library_reads_overlapping_entries_and_this_does_not(tmp_path: Path) -> None:
    data = overlapping()
    with zipfile.ZipFile(io.BytesIO(data)) as plain:
        promised = sum(info.file_size for info in plain.infolist())
    assert promised > 20_000 * len(data)
    assert examined(tmp_path, data).said == (zips.TWISTED,)


def test_bytes_are_counted_as_they_come_out_not_as_they_are_promised(tmp_path: Path) -> None:
    """A stream of 600 MB that is said to be 5 MB is left at the first piece too many."""
    tracemalloc.start()
    found = examined(tmp_path, raw_zip([(b"a.txt", zeros(600), 5 << 20, 0)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.state is FileState.REFUSED
    assert peak < 12 * 1024 * 1024


def test_what_is_packed_is_read_to_its_end(tmp_path: Path) -> None:
    """A checksum that is wrong at the very end is found; so nothing of a stream stays unread."""
    data = b"words " * 500_000
    name, body, size, crc = honest_entry(b"a.txt", data)
    assert examined(tmp_path, raw_zip([(name, body, size, crc)])).state is FileState.READY
    assert examined(tmp_path, raw_zip([(name, body, size, crc ^ 1)])).state is FileState.REFUSED
    assert examined(tmp_path, raw_zip([(name, packed(data[:-1]), size, crc)])).state is FileState.REFUSED


def test_two_entries_are_read_at_once_without_disturbing_each_other(tmp_path: Path) -> None:
    first, second = bytes(range(256)) * 40_000, b"another" * 900_000
    path = tmp_path / "a.zip"
    path.write_bytes(archive({"a": first, "b": second}))
    with zips.opened(path) as opened:
        one, two = (opened.chunks(entry) for entry in opened.entries)
        taken = [b"", b""]
        for left, right in zip(one, two, strict=False):
            taken[0] += left
            taken[1] += right
        taken = [taken[0] + b"".join(one), taken[1] + b"".join(two)]
    assert taken[0].startswith(first[:1000])
    assert taken[1].startswith(second[:1000])


def test_known_files_inside_are_no_archives_within_an_archive(tmp_path: Path) -> None:
    inside = {"方案.docx": docx(), "照片.jpg": picture("JPEG"), "页面.html": b"<html>"}
    assert examined(tmp_path, archive(inside)).state is FileState.READY
    assert examined(tmp_path, archive({"方案.dat": docx()})).state is FileState.ATTENTION
