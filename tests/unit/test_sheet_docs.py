"""The page on duty sheets keeps its word: its sheets load, its words are understood, its tables leave nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import core.api
from core.api.evidence import Documents
from core.extend.dutysheet import words
from core.extend.dutysheet.cells import COLUMNS
from core.extend.dutysheet.model import SETTINGS
from core.extend.dutysheet.xlsx import PLUGIN_COLUMNS, SHEETS
from core.extend.sheet import checked, declare

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sheets.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[:15])
def test_every_sheet_of_the_page_is_a_plugin(block: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(block, "utf-8")
    sheet, plugin = checked(path)
    assert sheet.duties
    assert declare(sheet).key == plugin.key


@pytest.mark.parametrize(("chinese", "english", "helper"), ROWS)
def test_words_mean_what_the_page_says(chinese: str, english: str, helper: str) -> None:
    meant = eval(helper, vars(core.api) | {"Documents": Documents})
    if isinstance(meant, core.api.Evidence):
        assert words.files(chinese) == words.files(english) == (meant.kinds, meant.at_least)
    else:
        assert words.cadence(chinese) == words.cadence(english) == meant


def test_the_page_has_every_word_for_files() -> None:
    told = {(chinese, english) for chinese, english, _helper in ROWS}
    assert {(chinese, english) for chinese, (english, *_rest) in words.EVIDENCE.items()} <= told


def test_the_page_has_every_kind_of_field_with_what_it_has() -> None:
    told = {
        english: (chinese, tuple(re.findall(r"`(\w+)`", rest)))
        for chinese, english, rest in re.findall(r"^\| (\w+) \| `(\w+)` \| ?(.*?) ?\|$", PAGE, re.MULTILINE)
    }
    assert told == {kind: (chinese, SETTINGS[kind]) for chinese, kind in words.FIELD_KINDS.items()}


@pytest.mark.parametrize("name", SHEETS)
def test_the_page_has_every_sheet_and_column(name: str) -> None:
    columns = {**PLUGIN_COLUMNS, **COLUMNS["plugin"]} if name == "plugin" else COLUMNS[name]
    [line] = re.findall(rf"^\| {SHEETS[name]} {name} \| (.*) \|$", PAGE, re.MULTILINE)
    told = dict(re.findall(r"(?:^|, )(\S+) (\w+)", line.replace("; a line each for ", ", ")))
    assert told.items() >= {(chinese, column) for column, chinese in columns.items()}
