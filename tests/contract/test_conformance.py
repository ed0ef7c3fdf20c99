"""The conformance kit: every bundled plugin keeps it, and each of its checks finds what it is there for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import abort
from werkzeug.routing import Rule

from core.commands.conformance import check as command
from core.extend import discover
from core.extend.host import HOOKS
from core.testing import conformance
from core.testing.conformance import CHECKS, Check, Outcome, Subject
from core.web import guard
from tests.contract import kit_breaks, kit_plugin

KEYS = sorted(found.name for found in discover.find() if found.source == "bundled")
BY_NAME = {check.name: check for check in CHECKS}


def result(name: str, subject: Subject) -> Outcome:
    return conformance.outcome(BY_NAME[name], subject)


@pytest.mark.parametrize("key", KEYS)
def test_a_bundled_plugin_conforms(key: str, tmp_path: Path) -> None:
    found = conformance.run_all(import_module(f"plugins.{key}"), tmp_path)
    assert [f"{outcome.check.name}: {outcome.message}" for outcome in found if not outcome.ok] == []


def test_the_kit_has_forty_checks_and_looks_at_every_hook() -> None:
    assert len(BY_NAME) == len(CHECKS) >= 40
    assert {check.hook for check in CHECKS} == set(HOOKS) - {"dudao_check_evidence"}
    assert all(check.title for check in CHECKS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The small plugin that uses everything, unbroken."""
    folder = tmp_path_factory.mktemp("whole")
    return Subject(kit_plugin.write(folder, []), folder)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_plugin_that_uses_everything_keeps_everything(check: Check, whole: Subject) -> None:
    found = conformance.outcome(check, whole)
    assert (found.state, found.message) == ("passed", "")


@pytest.mark.parametrize("name", kit_breaks.ALONE)
def test_a_check_finds_what_it_is_there_for(name: str, tmp_path: Path) -> None:
    found = result(name, Subject(kit_plugin.write(tmp_path, kit_breaks.ALONE[name]), tmp_path))
    assert found.state == "failed", found.message
    assert "NotApplicable" not in found.message


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Subject]:
    """By group a plugin that is broken in several places at once."""
    found = {}
    for group, breaks in kit_breaks.TOGETHER.items():
        folder = tmp_path_factory.mktemp("broken")
        found[group] = Subject(kit_plugin.write(folder, list(chain(*breaks.values()))), folder)
    return found


@pytest.mark.parametrize(("group", "name"), [(g, name) for g, breaks in kit_breaks.TOGETHER.items() for name in breaks])
def test_a_check_finds_what_shows_in_an_installation(group: str, name: str, broken: dict[str, Subject]) -> None:
    found = result(name, broken[group])
    assert found.state == "failed", found.message


#: What only a broken core could let a plugin do, and how it is broken.
def _open_to_strangers(monkeypatch: pytest.MonkeyPatch, _whole: Subject) -> None:
    monkeypatch.setattr(guard, "_to_login", lambda: abort(404))


def _open_to_all_roles(monkeypatch: pytest.MonkeyPatch, _whole: Subject) -> None:
    monkeypatch.setattr(guard, "_admit", lambda *_asked: None)


def _open_to_all_types(monkeypatch: pytest.MonkeyPatch, _whole: Subject) -> None:
    monkeypatch.setattr(guard, "types_of", lambda _key: None)


def _open_while_off(monkeypatch: pytest.MonkeyPatch, _whole: Subject) -> None:
    monkeypatch.setattr(guard, "_admit_plugin_pages", lambda *_asked: None)


def _without_tokens(monkeypatch: pytest.MonkeyPatch, whole: Subject) -> None:
    monkeypatch.setitem(whole.world.app.config, "WTF_CSRF_ENABLED", False)


def _by_address(monkeypatch: pytest.MonkeyPatch, whole: Subject) -> None:
    [rule] = [rule for rule in whole.world.app.url_map.iter_rules() if rule.endpoint == "plugin_parcels.add"]
    assert isinstance(rule, Rule) and rule.methods is not None
    monkeypatch.setattr(rule, "methods", rule.methods | {"GET"})


CORE: dict[str, Any] = {
    "strangers_log_in": _open_to_strangers,
    "wrong_role_is_refused": _open_to_all_roles,
    "other_types_see_nothing": _open_to_all_types,
    "off_is_off": _open_while_off,
    "deeds_need_a_token": _without_tokens,
    "deeds_are_posts": _by_address,
}


@pytest.mark.parametrize("name", CORE)
def test_a_check_finds_an_open_gate(name: str, whole: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    CORE[name](monkeypatch, whole)
    assert result(name, whole).state == "failed"


def test_a_long_file_is_worth_a_hint_only(tmp_path: Path) -> None:
    long = kit_plugin.write(tmp_path, [("jobs.py", '"""What', "# more\n" * 300 + '"""What')])
    found = result("short_files", Subject(long, tmp_path))
    assert (found.state, found.ok) == ("hint", True)
    assert "jobs.py" in found.message


def test_evidence_without_a_hint_is_worth_one(tmp_path: Path) -> None:
    silent = kit_plugin.write(tmp_path, [("__init__.py", ', hint=("看得清宣传单", "The leaflet can be read")', "")])
    found = result("evidence_rules", Subject(silent, tmp_path))
    assert (found.state, found.message[:6]) == ("hint", "PCK-01")


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("import json", True),
        ("import pandas", True),
        ("from core.api import Text", True),
        ("from kit_parcels.models import Box", True),
        ("from core.domain.text import Text", False),
        ("from plugins.banks import duties", False),
        ("import flask", False),
        ("import sqlalchemy.orm", False),
    ],
)
def test_what_a_plugin_may_import(line: str, good: bool, whole: Subject, tmp_path: Path) -> None:
    subject = Subject(whole.module, tmp_path)
    file = tmp_path / "stock.py"
    file.write_text(f"{line}\n", "utf-8")
    subject.__dict__["sources"] = [file]
    assert result("imports", subject).ok is good


def test_every_check_is_known_to_fail() -> None:
    together = chain(*kit_breaks.TOGETHER.values())
    assert {*kit_breaks.ALONE, *together, *CORE, "short_files"} == set(BY_NAME)


def test_a_check_of_a_module_fails_in_words_and_skips_with_a_reason(tmp_path: Path) -> None:
    module = import_module("plugins.courts")
    conformance.run_one(BY_NAME["accepted"], module, tmp_path)
    with pytest.raises(pytest.skip.Exception, match=r"no dudao_score"):
        conformance.run_one(BY_NAME["score_answers"], module, tmp_path)
    with pytest.raises(AssertionError, match=r"accepted: .* no dudao_plugin"):
        conformance.run_one(BY_NAME["accepted"], conformance, tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """The command, in a folder of its own and without settings of the surroundings."""
    monkeypatch.setenv("DUDAO_PLUGINS_DIR", "")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_the_command_says_line_by_line_what_is_kept(run: Callable[..., Any], tmp_path: Path) -> None:
    answer = run(kit_plugin.write(tmp_path, []))
    assert answer.exit_code == 0, answer.output
    assert "✓ keys: keys and codes keep their pattern" in answer.output
    assert f"{len(CHECKS)} checks: {len(CHECKS)} kept, 0 broken, 0 not applicable" in answer.output
    assert [found.source for found in conformance.found_at(tmp_path)] == [f"folder {kit_plugin.NAME}"]
    answer = run("other_members", "--quiet")
    assert answer.exit_code == 0
    assert answer.output.startswith("other_members (bundled)\n") and "0 broken" in answer.output


def test_the_command_ends_with_1_and_says_what_to_do(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "one.py"
    file.write_text("import nothing_of_this_name\n", "utf-8")
    answer = run(file)
    assert answer.exit_code == 1
    assert "✗ accepted" in answer.output and "No module named 'nothing_of_this_name'" in answer.output
    assert "1 broken" in answer.output and "(not applicable: the plugin cannot be imported)" in answer.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a plugin"),
        (("banks", "--all"), "name a plugin"),
        (("nobody",), "there are"),
        (("/nowhere",), "no plugin"),
    ],
)
def test_the_command_asks_for_one_plugin_that_is_there(
    run: Callable[..., Any], arguments: tuple[str, ...], words: str
) -> None:
    answer = run(*arguments)
    assert answer.exit_code != 0
    assert words in answer.output
