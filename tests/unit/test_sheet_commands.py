"""The commands around duty sheets: take one in, write a template, eject one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.commands.sheets import SHEET_COMMANDS, from_sheet
from core.extend.sheet import read
from tests.unit.sheets import TEMPLATE, bundled, sheet_of
from tests.unit.sheets_toml import toml_of

COMMANDS = {command.name: command for command in SHEET_COMMANDS}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder; settings of the surroundings do not reach the commands."""
    for name in [name for name in os.environ if name.startswith("DUDAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DUDAO_DATA", str(tmp_path / "data"))
    return tmp_path


def run(command: str, *arguments: object, code: int = 0) -> str:
    result: Result = CliRunner().invoke(COMMANDS[command], [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize("suffix", [".toml", ".xlsx"])
def test_a_template_is_written_and_taken_in_as_it_is(suffix: str, folder: Path) -> None:
    run("sheet-template", folder / f"mine{suffix}")
    told = run("from-sheet", folder / f"mine{suffix}")
    assert read(folder / "data" / "plugins" / f"parcels{suffix}") == read(TEMPLATE)
    assert "unit type parcels: 寄递企业" in told
    assert "duty PCL-01: 随件发放防骗宣传单 (depot; 每周1次)" in told
    assert "dudao plugin enable parcels" in told
    assert f"DUDAO_PLUGINS_DIR={folder / 'data' / 'plugins'}" in told
    assert sorted(path.name for path in (folder / "data" / "plugins").iterdir()) == [f"parcels{suffix}"]


def test_the_folder_is_that_of_the_settings_or_the_one_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUDAO_PLUGINS_DIR", str(folder / "own"))
    assert "DUDAO_PLUGINS_DIR" not in run("from-sheet", TEMPLATE)
    assert (folder / "own" / "parcels.toml").is_file()
    assert "DUDAO_PLUGINS_DIR" in run("from-sheet", TEMPLATE, "--into", folder / "other")
    assert (folder / "other" / "parcels.toml").is_file()


def test_a_newer_sheet_replaces_the_older_one_and_a_sheet_may_be_checked_in_its_place(folder: Path) -> None:
    run("from-sheet", TEMPLATE)
    newer = folder / "newer.toml"
    newer.write_text(TEMPLATE.read_text("utf-8").replace('"1.0"', '"1.1"'), "utf-8")
    assert "replaced" in run("from-sheet", newer)
    taken = folder / "data" / "plugins" / "parcels.toml"
    assert read(taken).version == "1.1"
    run("from-sheet", taken)
    assert read(taken).version == "1.1"


def test_every_mistake_is_told_and_nothing_is_taken_in(folder: Path) -> None:
    broken = folder / "broken.toml"
    text = TEMPLATE.read_text("utf-8").replace("每周1次", "有时").replace("grace = 2", "grace = -2")
    broken.write_text(text, "utf-8")
    told = run("from-sheet", broken, code=1)
    assert "duties.PCL-01.due: " in told and "duties.PCL-02.grace: " in told
    assert not (folder / "data" / "plugins").exists()


def test_a_sheet_that_clashes_with_another_plugin_is_refused(folder: Path) -> None:
    key = next(iter(bundled()))
    copy = folder / "copy.toml"
    copy.write_text(toml_of(sheet_of(bundled()[key])), "utf-8")
    told = run("from-sheet", copy, code=1)
    assert key in told and not (folder / "data" / "plugins").exists()
    other = folder / "other.toml"
    other.write_text(copy.read_text("utf-8").replace(f'key = "{key}"', 'key = "another"'), "utf-8")
    assert "is already used by plugin" in run("from-sheet", other, code=1)


@pytest.mark.parametrize("name", ["parcels.xlsx", "parcels.py", "parcels/__init__.py"])
def test_a_plugin_of_the_same_key_in_another_form_must_go_first(name: str, folder: Path) -> None:
    there = folder / "data" / "plugins" / name
    there.parent.mkdir(parents=True)
    there.write_text("", "utf-8")
    assert "remove that first" in run("from-sheet", TEMPLATE, code=1)


def test_a_template_is_written_over_nothing_and_in_two_forms_only(folder: Path) -> None:
    (folder / "there.toml").write_text("mine", "utf-8")
    run("sheet-template", folder / "there.toml", code=1)
    assert (folder / "there.toml").read_text("utf-8") == "mine"
    run("sheet-template", folder / "new.ods", code=1)


def test_a_sheet_is_ejected_by_file_or_key_and_nothing_is_overwritten(folder: Path) -> None:
    run("from-sheet", TEMPLATE)
    run("eject", "parcels", folder / "one")
    run("eject", TEMPLATE, folder / "two")
    names = ["parcels/__init__.py", "parcels/duties.py", "parcels/inspection.py", "parcels/reports.py"]
    for name in [*names, "tests/test_parcels.py"]:
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    (folder / "one" / "parcels" / "duties.py").write_text("mine", "utf-8")
    (folder / "one" / "parcels" / "reports.py").unlink()
    assert "duties.py" in run("eject", "parcels", folder / "one", code=1)
    assert (folder / "one" / "parcels" / "duties.py").read_text("utf-8") == "mine"
    assert not (folder / "one" / "parcels" / "reports.py").exists()
    assert "there is no duty sheet" in run("eject", "letters", folder / "three", code=1)


def test_the_first_line_of_each_command_says_what_it_is_for() -> None:
    assert list(COMMANDS) == ["from-sheet", "eject", "sheet-template"]
    assert all(command.get_short_help_str(200) for command in SHEET_COMMANDS)
    assert from_sheet in SHEET_COMMANDS
