"""What is shown of texts and tables; and names, however odd, that people can read and no system trips over."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from core.domain.files import Examined, FileState
from core.examine import texts
from core.examine.answers import Task
from core.store.evidence import shown_name
from tests.examine.corpus_texts import ODD_NAMES


def read(folder: Path, data: bytes, media_type: str = "text/plain") -> Examined:
    path = folder / "bytes"
    path.write_bytes(data)
    return texts.examine(Task(path, "说明", media_type, folder))


def rows(folder: Path, data: bytes) -> list[list[str]]:
    found: list[list[str]] = read(folder, data, "text/csv").facts["rows"]
    return found


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gbk", "gb18030"), ("gb18030", "gb18030")],
)
def test_texts_are_read_in_the_encodings_of_the_region(tmp_path: Path, encoding: str, told: str) -> None:
    found = read(tmp_path, "单位名称：甲\r\n人数：5\r".encode(encoding))
    assert found == Examined(FileState.READY, facts={"encoding": told, "text": "单位名称：甲\n人数：5\n"})


def test_the_first_4000_signs_are_shown_without_those_that_cannot_be_seen(tmp_path: Path) -> None:
    shown = read(tmp_path, "安\u202e全\u200b👩\u200d👧".encode() * 3000).facts["text"]
    assert len(shown) == texts.LONGEST_TEXT
    assert set(shown) == {"安", "全", "👩", "\u200d", "👧"}


@pytest.mark.parametrize("behind", [b"\0", b"\x1b[2J", b"\x7f", b"MZ\x90\0"])
def test_what_is_no_text_is_found_far_behind_too(tmp_path: Path, behind: bytes) -> None:
    found = read(tmp_path, b"words\n" * 2_000_000 + behind)
    assert found == Examined(FileState.REFUSED, (texts.BINARY,))


def test_bytes_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, b"abc \xff\xff def")
    assert found.state is FileState.ATTENTION
    assert found.said == (texts.UNDECIDED,)
    assert found.facts["text"] == "abc \ufffd\ufffd def"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_table_is_parted_by_what_makes_it_even(tmp_path: Path, delimiter: str, encoding: str) -> None:
    lines = [["单位", "备注"], ["甲", "好"], ["乙", "1.5"]]
    data = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    assert rows(tmp_path, data) == lines


def test_commas_in_a_table_of_semicolons_part_nothing(tmp_path: Path) -> None:
    assert rows(tmp_path, "甲;1,5\n乙;2,25\n丙;3\n".encode()) == [["甲", "1,5"], ["乙", "2,25"], ["丙", "3"]]


def test_a_cell_may_have_lines_and_quotes(tmp_path: Path) -> None:
    assert rows(tmp_path, '甲,"两行\n备注"\n乙,"他说""好"""\n'.encode()) == [
        ["甲", "两行\n备注"],
        ["乙", '他说"好"'],
    ]


def test_separators_of_unicode_are_no_lines(tmp_path: Path) -> None:
    assert rows(tmp_path, "a,b\u2028c\nd,e\x85f\n".encode()) == [["a", "bc"], ["d", "ef"]]


@pytest.mark.parametrize("value", ["=1+1", "+86 371", "-5", "@SUM(1)", "＝1", "=cmd|'/c calc'!A0"])
def test_what_looks_like_a_formula_is_data(tmp_path: Path, value: str) -> None:
    assert rows(tmp_path, f"单位,{value}\n".encode()) == [["单位", value]]


def test_a_million_rows_and_one_endless_row_are_bounded(tmp_path: Path) -> None:
    many = rows(tmp_path, b"1,2,3\n" * 1_000_000)
    assert many == [["1", "2", "3"]] * texts.MOST_ROWS
    wide = rows(tmp_path, b"1," * 4_000_000)
    assert wide == [["1"] * texts.MOST_COLUMNS]
    long = rows(tmp_path, b'a,"' + b"y" * 3_000_000 + b'"\n')
    assert [len(cell) for cell in long[0]] == [1, texts.LONGEST_CELL]


def test_a_row_that_the_limit_cuts_is_left_out(tmp_path: Path) -> None:
    line = b"a,b\n" + b"c," + b"d" * (1024 * 1024)
    assert rows(tmp_path, line) == [["a", "b"]]


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
@pytest.mark.parametrize("extension", [".jpg", ".txt", ""])
def test_an_odd_name_is_shown_without_what_harms(name: str, extension: str) -> None:
    shown = shown_name(name, extension)
    assert shown
    assert shown.endswith(extension)
    assert len(shown.encode()) <= 200
    assert not set(shown) & set('/\\:*?"<>|')
    assert shown not in {".", ".."}
    assert not shown.startswith((" ", ".")) or shown == extension
    assert all(unicodedata.category(sign)[0] != "C" for sign in shown)
    assert shown == unicodedata.normalize("NFC", shown)


def test_an_odd_name_that_is_shown_is_shown_the_same_again() -> None:
    for name in ODD_NAMES.values():
        once = shown_name(name, ".jpg")
        assert shown_name(once, ".jpg") == once


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("照片\u202egpj.exe", "照片gpj.exe.jpg"),
        ("C:\\fakepath\\现场.jpg", "现场.jpg"),
        ("督" * 85, "督" * 65 + ".jpg"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("IMG_0001.JPG", "IMG_0001.jpg"),
        ("现场📷.jpg", "现场📷.jpg"),
    ],
)
def test_an_honest_name_stays(raw: str, shown: str) -> None:
    assert shown_name(raw, ".jpg") == shown
