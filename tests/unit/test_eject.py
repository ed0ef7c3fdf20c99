"""A duty sheet ejected into a Python plugin declares the same, passes the linters and brings tests that pass."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from core.extend.dutysheet.model import Sheet
from core.extend.eject import eject
from core.extend.sheet import declare, read
from tests.unit.sheets import TEMPLATE, bundled, facts, imported, sheet_of
from tests.unit.sheets_drawn import sheets

ROOT = Path(__file__).resolve().parents[2]
PYTEST = ("pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider")
EXAMPLES = {"template": read(TEMPLATE), **{key: sheet_of(plugin) for key, plugin in bundled().items()}}


def written(sheet: Sheet, folder: Path) -> Path:
    for name, source in eject(sheet).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source, "utf-8")
    return folder


def run(*command: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{ROOT}:{folder}", "MYPYPATH": str(ROOT), "PATH": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def lint(folder: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", folder)
    run("ruff", "format", "--check", "--diff", "--no-cache", ".", folder=folder)
    run("ruff", "check", "--no-cache", ".", folder=folder)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_ejected_plugin_declares_what_its_sheet_did(name: str, tmp_path: Path) -> None:
    sheet = EXAMPLES[name]
    assert facts(imported(written(sheet, tmp_path), sheet.key)) == facts(declare(sheet))


@given(sheets())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_sheet_can_be_ejected_and_declares_the_same(sheet: Sheet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert facts(imported(written(sheet, Path(folder)), sheet.key)) == facts(declare(sheet))


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_ejected_passes_the_linters(name: str, tmp_path: Path) -> None:
    lint(written(EXAMPLES[name], tmp_path))


@given(sheets())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_sheet_says_what_is_ejected_passes_the_linters(sheet: Sheet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lint(written(sheet, Path(folder)))


NASTY = r"""
key = "nasty"
title = "它说\"好\"和'行'"
version = "1.0"
[kinds.duties]
title = ["DUTIES", "Duties"]
[kinds.duties_kind]
title = 'C:\\temp\\'
[duties.NAS-01]
title = ["一", "Plugin"]
who = ["duties", "duties_kind"]
due = "每日"
[duties.NAS-01.fields.text]
title = "{name} %s"
kind = "text"
[duties.NAS-01.fields.text_field]
title = "二"
kind = "text"
[duties.NAS-01.fields.url]
title = "三"
kind = "url"
[duties.NAS-01.fields.choices]
title = "四"
kind = "choices"
options = "items"
rules = ["all_chosen"]
[duties.NAS-01.fields.long]
title = "五"
kind = "long_text"
min_length = 300
[duties.NAS-01.fields.rows]
title = "六"
kind = "rows"
[duties.NAS-01.fields.rows.fields.id]
title = "七"
kind = "choice"
options = "api_version"
[duties.NAS-02]
title = ["二", "Rows row"]
who = "everyone"
due = "daily"
[duties.NAS-02.fields.rows]
title = "八"
kind = "rows"
[duties.NAS-02.fields.rows.fields.low]
title = "九"
kind = "whole"
minimum = 5
maximum = 6
[duties.NAS-02.fields.rows.fields.high]
title = "十"
kind = "whole"
minimum = 7
rules = ["at_most low"]
[options.items]
1 = "一"
class = "二"
[options.api_version]
True = "是"
"""


def test_names_that_python_or_the_helpers_have_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "nasty.toml").write_text(NASTY, "utf-8")
    sheet = read(tmp_path / "nasty.toml")
    folder = written(sheet, tmp_path / "made")
    assert facts(imported(folder, "nasty")) == facts(declare(sheet))
    lint(folder)
    run(*PYTEST, "--rootdir", str(folder), "tests", folder=folder)


def test_an_example_that_cannot_be_given_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "nasty.toml").write_text(NASTY, "utf-8")
    tests = eject(read(tmp_path / "nasty.toml"))["tests/test_nasty.py"]
    examples = tests.split("EXAMPLES")[1].split("def ")[0]
    assert "NAS-01" in examples
    assert "NAS-02" not in examples, "no number is at least 7 and at most 6"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["template", "education"])
def test_what_is_ejected_is_typed_and_its_tests_pass(name: str, tmp_path: Path) -> None:
    folder = written(EXAMPLES[name], tmp_path)
    run(*PYTEST, "--rootdir", str(folder), "tests", folder=folder)
    run(
        "mypy",
        "--strict",
        "--cache-dir",
        str(ROOT / ".mypy_cache"),
        EXAMPLES[name].key,
        "tests",
        folder=folder,
    )
