"""What people stumbled over who wrote a plugin from the documentation alone: each place stays mended."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.app import create_app
from core.cli import main
from core.extend import discover
from core.extend.host import PluginHost
from core.services.runtime import runtime
from core.store.db import db
from tests.conftest import settings_for
from tests.web.site import Site

PLUGIN = """
from core.api import Plugin, hookimpl

@hookimpl
def dudao_plugin():
    return Plugin("newcomers", "新来的", "1.0")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A distribution's folder with the package `dudao_newcomers`."""
    package = tmp_path / "dudao_newcomers"
    package.mkdir()
    (package / "__init__.py").write_text(PLUGIN, "utf-8")
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("dudao_newcomers")]:
        del sys.modules[name]


def loaded(folder: Path) -> tuple[list[str], list[str]]:
    registry = PluginHost().load(item for item in discover.find(folder) if item.source != "bundled")
    return list(registry.plugins), [bad.problem for bad in registry.quarantined]


@pytest.mark.parametrize("imported", [False, True])
def test_a_plugins_folder_may_be_on_the_path_as_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch, imported: bool
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    if imported:
        importlib.import_module("dudao_newcomers")
    assert loaded(folder) == (["newcomers"], [])


def test_another_package_of_that_name_is_not_replaced(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "elsewhere" / "dudao_newcomers"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(other.parent))
    accepted, problems = loaded(folder)
    assert accepted == [] and "another Python package is called 'dudao_newcomers'" in problems[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dudao_check_reports", "did you mean dudao_check_report?"),
        ("dudao_xyz", "the hooks are dudao_plugin,"),
    ],
)
def test_a_misspelt_hook_is_told_which_was_meant(folder: Path, name: str, said: str) -> None:
    module = folder / "dudao_newcomers" / "__init__.py"
    module.write_text(f"{PLUGIN}\n@hookimpl\ndef {name}(report):\n    return []\n", "utf-8")
    accepted, [problem] = loaded(folder)
    assert accepted == [] and said in problem and "<module" not in problem


@pytest.mark.parametrize("arguments", [["plugin", "list"], ["plugin", "trace", "/", "--as", "office"]])
def test_a_command_without_an_installation_says_so(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUDAO_DATA", str(tmp_path / "empty"))
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 1
    assert "dudao init" in told.output and "Traceback" not in told.output


def test_a_command_on_a_demos_data_goes_by_the_demos_clock(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_folder / "demo.json").write_text('{"clock_offset": -86400, "password": "x", "logins": []}', "utf-8")
    monkeypatch.setenv("DUDAO_DATA", str(data_folder))
    done = CliRunner().invoke(main, ["plugin", "disable", "courts", "--reason", "试"])
    assert done.exit_code == 0, done.output
    app = create_app(settings_for(data_folder))
    with app.app_context():
        told = db.session.connection().exec_driver_sql(
            "SELECT julianday('now') - julianday(max(at)) FROM audit_record WHERE action = 'plugin.disable'"
        )
        assert 0.9 < told.scalar_one() < 1.1
        db.session.remove()
        db.engine.dispose()


def test_a_unit_whose_plugin_is_not_installed_is_not_told_that_nothing_is_due(data_folder: Path) -> None:
    app = create_app(settings_for(data_folder, DUDAO_PLUGINS_OFF="courts"))
    site = Site(app)
    with site.inside():
        assert "courts" not in runtime().registry.plugins
    shown = site.client("courts-reporter").get("/").text
    assert (
        "这一类单位的页面现在打不开" in shown and "不是贵单位的问题" in shown and "暂时不用填报" not in shown
    )
    with app.app_context():
        db.engine.dispose()


def test_a_folder_that_is_installed_as_well_is_found_once_and_another_of_its_name_is_not_hidden(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = importlib.metadata.EntryPoint("newcomers", "dudao_newcomers", discover.ENTRY_POINT_GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_group: [point])
    monkeypatch.syspath_prepend(str(folder))
    assert [item.name for item in discover.find(folder) if item.source != "bundled"] == ["newcomers"]
    other = tmp_path / "elsewhere"
    (other / "dudao_newcomers").mkdir(parents=True)
    (other / "dudao_newcomers" / "__init__.py").write_text(PLUGIN, "utf-8")
    found = [item.name for item in discover.find(other) if item.source != "bundled"]
    assert found == ["newcomers", "dudao_newcomers"]
    accepted, [problem] = loaded(other)
    assert accepted == ["newcomers"] and "another Python package" in problem
