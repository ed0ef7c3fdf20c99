"""Finding and loading plugins: a bad one is left out with a reason, and hurts nobody else."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.extend.discover import Found, find
from core.extend.host import PluginHost
from core.extend.registry import Registry

#: The whole of a useful plugin, as the design promises it.
PARCELS = '''"""Parcel companies: leaflets in every parcel."""
from core.api import Duty, Photos, Plugin, ReportForm, UnitKind, UnitType, hookimpl, metric, weekly

class Leaflets(ReportForm):
    leaflets = metric("随件宣传单", "Leaflets", minimum=1)

@hookimpl
def dudao_plugin():
    company = UnitKind("company", "寄递企业")
    duty = Duty("PCL-01", "随件发放防骗宣传单", who=company, due=weekly(1), form=Leaflets,
                evidence=Photos(at_least=1))
    parcels = UnitType("parcels", "寄递企业", [company], [duty])
    return Plugin(key="parcels", title="寄递", version="1.0", unit_types=[parcels])
'''
HOOK = "from core.api import *\nfrom core.api import hookimpl\n\n@hookimpl\ndef dudao_plugin():\n"
FINE = (
    HOOK
    + "    return Plugin('{0}', '好插件', '1.0', unit_types=[UnitType('{0}', '类', [UnitKind('k', '种')])])\n"
)


def made(name: str, source: str) -> Found:
    """A plugin of source text, imported when it is loaded."""

    def load() -> object:
        module = ModuleType(name)
        exec(compile(source, f"{name}.py", "exec"), module.__dict__)
        return module

    return Found(name, "a test", load)


def loaded(*found: Found) -> Registry:
    return PluginHost().load(found)


def beside_good_ones(bad: Found) -> str:
    """What is said of a bad plugin that stands between two good ones, which must both load."""
    host = PluginHost()
    registry = host.load([made("first", FINE.format("first")), bad, made("last", FINE.format("last"))])
    assert list(registry.plugins) == ["first", "last"]
    assert list(registry.unit_types) == ["first", "last"]
    assert len(host._manager.get_plugins()) == 2, "nothing of the bad one stays registered"
    [left_out] = registry.quarantined
    assert (left_out.key, left_out.source) == (bad.name, bad.source)
    return left_out.problem


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for plugins of one file; their modules are forgotten afterwards."""
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("dudao_plugin_"):
            del sys.modules[name]


def files(folder: Path) -> list[Found]:
    return [found for found in find(folder) if found.source.startswith(("file ", "folder "))]


def test_a_plugin_of_fifteen_lines_in_one_file_is_a_whole_plugin(folder: Path) -> None:
    assert len(PARCELS.splitlines()) <= 15
    (folder / "parcels.py").write_text(PARCELS, "utf-8")
    registry = PluginHost().load(files(folder))
    assert not registry.quarantined
    [rule] = registry.duty_rules()
    assert (rule.code, rule.plugin, rule.unit_type, rule.kinds) == (
        "PCL-01",
        "parcels",
        "parcels",
        ("company",),
    )
    assert rule.evidence.at_least == 1
    form = registry.form("PCL-01")
    assert form
    filled = form({"leaflets": ["30"]})
    assert filled.validate()
    assert filled.record() == {"leaflets": 30}


def test_files_in_the_folder_are_found_in_order_and_nothing_else_there(folder: Path) -> None:
    for name in ("b.py", "a.py", "notes.txt", "c.pyc"):
        (folder / name).write_text("", "utf-8")
    (folder / "inner").mkdir()
    assert [found.name for found in files(folder)] == ["a", "b"]


def test_finding_plugins_imports_none_of_them(folder: Path) -> None:
    (folder / "bad.py").write_text("raise RuntimeError('imported')", "utf-8")
    assert [found.name for found in files(folder)] == ["bad"]
    assert "imported" in PluginHost().load(files(folder)).quarantined[0].problem


def test_bundled_plugins_are_found_first_and_without_a_folder_nothing_of_it(folder: Path) -> None:
    (folder / "parcels.py").write_text(PARCELS, "utf-8")
    found = list(find(folder))
    sources = [item.source for item in found]
    assert sources == sorted(sources, key=lambda source: (source != "bundled", source.startswith("file ")))
    assert [item.name for item in find()] == [item.name for item in found[:-1]]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "import no_such_module_here",
            "importing it failed: ModuleNotFoundError: No module named 'no_such_module",
        ),
        ("def broken(:", "importing it failed: SyntaxError"),
        ("1 / 0", "importing it failed: ZeroDivisionError: division by zero"),
        ("raise SystemExit('no thanks')", "importing it failed: SystemExit: no thanks"),
        ("from core.api import nonsense", "importing it failed: ImportError: cannot import name 'nonsense'"),
        (HOOK + "    1 / 0", "dudao_plugin() raised ZeroDivisionError"),
        (HOOK + "    raise SystemExit(3)", "dudao_plugin() raised SystemExit: 3"),
        (HOOK + "    return 'parcels'", "dudao_plugin() returned str, not a Plugin"),
        (HOOK + "    return {'key': 'parcels'}", "dudao_plugin() returned dict, not a Plugin"),
        (HOOK + "    return [Plugin('a1', '甲', '1')]", "dudao_plugin() returned list, not a Plugin"),
        (HOOK + "    yield Plugin('a1', '甲', '1')", "dudao_plugin() returned generator, not a Plugin"),
        (HOOK + "    return None", "it has no dudao_plugin() marked with @hookimpl"),
        (HOOK.replace("@hookimpl\n", "") + "    return 1", "it has no dudao_plugin() marked with @hookimpl"),
        ("", "it has no dudao_plugin() marked with @hookimpl"),
        (HOOK.replace("dudao_plugin", "dudao_plugn") + "    return 1", "unknown hook 'dudao_plugn'"),
        (HOOK.replace("()", "(campaign)") + "    return 1", "campaign"),
        (HOOK + "    return Plugin('a1', '甲', '1', api=2)", "it was written for api 2; this version"),
        (HOOK + "    return Plugin('a1', 5, '1')", "a title is 'Chinese'"),
    ],
)
def test_a_bad_plugin_is_left_out_with_a_reason_and_good_ones_load(source: str, said: str) -> None:
    assert said in beside_good_ones(made("bad", source))


def test_a_plugin_that_is_left_out_is_written_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "core.extend.host"):
        loaded(made("bad", "1 / 0"))
    assert "plugin bad (a test) is left out" in caplog.text
    assert "division by zero" in caplog.text


UNIT_TYPE = "[UnitType('a1', '甲', [K], [{}])]"
DUTY = "Duty('{}', '职责', who={}, due={}, form={}{})"
PRELUDE = """
from core.api import *
from core.api import hookimpl
K, OTHER = UnitKind('k', '种'), UnitKind('other', '另种')
class Form(ReportForm):
    topics = choices('题', options=[('a', '甲')])
class Empty(ReportForm):
    pass
@hookimpl
def dudao_plugin():
    return """


def declared(**changes: str) -> str:
    """A plugin with one duty, and something changed in it."""
    said = {"code": "THG-01", "who": "K", "due": "weekly()", "form": "Form", "more": "", **changes}
    duty = DUTY.format(said["code"], said["who"], said["due"], said["form"], said["more"])
    return PRELUDE + f"Plugin('a1', '甲', '1', unit_types={UNIT_TYPE.format(duty)})"


def of_type(said: str) -> str:
    """A plugin with one unit type and no duty."""
    return PRELUDE + f"Plugin('a1', '甲', '1', unit_types=[UnitType({said})])"


def test_the_plugin_that_the_next_tests_break_is_good() -> None:
    assert list(loaded(made("a1", declared())).plugins) == ["a1"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (declared(code="thg-1"), "duty thg-1: a code is like CAR-03"),
        (declared(code="THG-01\\n"), "a code is like CAR-03"),
        (declared(due="'weekly'"), "duty THG-01: due= needs daily()"),
        (declared(form="int"), "duty THG-01: form= needs a class derived from ReportForm"),
        (declared(form="Form()"), "duty THG-01: form= needs a class derived from ReportForm"),
        (declared(form="Empty"), "duty THG-01: its form has no fields"),
        (declared(more=", grace=-1"), "duty THG-01: grace is a number of days"),
        (declared(more=", covers='topic'"), "duty THG-01: covers='topic' is not a field of its form"),
        (declared(who="OTHER"), "duty THG-01 names kind 'other', which its unit type does not declare"),
        (declared(who="Everyone()"), "duty THG-01: who=Everyone() is for duties of the plugin itself"),
        (PRELUDE + "Plugin('A1', '甲', '1')", "key 'A1': use lower-case letters"),
        (PRELUDE + "Plugin('../a1', '甲', '1')", "key '../a1': use lower-case letters"),
        (
            PRELUDE + "Plugin('a1', '甲', '1', unit_types=[UnitType('b-1', '乙', [K])])",
            "unit type 'b-1': use",
        ),
        (of_type("'b1', '乙', []"), "'b1' has no kinds"),
        (
            PRELUDE + "Plugin('a1', '甲', '1', unit_types=[UnitType('b1', '乙', [K, K])])",
            "'k' is declared twice",
        ),
        (
            PRELUDE + "Plugin('a1', '甲', '1', duties=[Duty('THG-01', '职', who=K, due=daily(), form=Form)])",
            "duty THG-01: a duty of the plugin itself binds everyone",
        ),
        (
            of_type("'b1', '乙', [K], inspection=[InspectionItem('seen', '见', kinds=[OTHER])]"),
            "inspection item 'seen' names kind 'other'",
        ),
        (
            of_type("'b1', '乙', [K], callbacks=[CallbackQuestion('told', '说', kinds=[OTHER])]"),
            "callback question 'told' names kind 'other'",
        ),
    ],
)
def test_a_broken_declaration_is_refused_and_the_reason_names_the_culprit(source: str, said: str) -> None:
    assert said in beside_good_ones(made("bad", source))


def test_all_that_is_wrong_is_said_at_once() -> None:
    problem = beside_good_ones(made("bad", declared(code="x", due="5", more=", grace=-1")))
    assert all(word in problem for word in ("a code is like", "due= needs", "grace is a number"))


@pytest.mark.parametrize(
    "source",
    [
        PRELUDE + "Plugin(5, '甲', '1')",
        PRELUDE + "Plugin('a1', '甲', '1', unit_types=['parcels'])",
        PRELUDE + "Plugin('a1', '甲', '1', unit_types=[UnitType('b1', '乙', ['k'])])",
        PRELUDE + "Plugin('a1', '甲', '1', duties=[None])",
        declared(code="THG-01", who="[None]"),
        declared(more=", grace='1'"),
    ],
)
def test_a_declaration_of_the_wrong_types_is_left_out_too(source: str) -> None:
    assert beside_good_ones(made("bad", source))


def test_a_second_plugin_with_the_same_key_unit_type_or_duty_is_refused_and_the_first_stays() -> None:
    first = made("first", declared())
    same_key = made("second", FINE.format("a1").replace("'a1', '类'", "'b1', '类'"))
    registry = loaded(first, same_key)
    assert list(registry.plugins) == ["a1"]
    assert "key 'a1' is taken by another installed plugin" in registry.quarantined[0].problem

    same_type_and_code = made("third", declared().replace("Plugin('a1'", "Plugin('b1'"))
    registry = loaded(first, same_type_and_code)
    [left_out] = registry.quarantined
    assert "unit type 'a1' is already provided by plugin 'a1'" in left_out.problem
    assert "duty code THG-01 is already used by plugin 'a1'" in left_out.problem


def test_a_plugin_found_twice_is_loaded_once() -> None:
    registry = loaded(made("a1", declared()), made("a1", FINE.format("other")))
    assert list(registry.plugins) == ["a1"]
    assert "found twice" in registry.quarantined[0].problem


def test_a_file_that_is_called_like_a_loaded_plugin_does_not_replace_it(folder: Path) -> None:
    (folder / "a1.py").write_text(PARCELS, "utf-8")
    registry = PluginHost().load([made("a1", declared()), *files(folder)])
    assert list(registry.plugins) == ["a1"]
    assert [left_out.key for left_out in registry.quarantined] == ["a1"]


def test_each_host_starts_empty() -> None:
    for _ in range(2):
        assert list(loaded(made("a1", declared())).plugins) == ["a1"]


def test_a_registry_looks_up_what_is_there_and_shows_the_key_of_what_is_gone() -> None:
    registry = loaded(made("a1", declared()))
    assert registry.owner_of_type == {"a1": "a1"}
    assert registry.type_title("a1").zh == "甲"
    assert registry.kind_title("a1", "k").zh == "种"
    assert registry.form("THG-99") is None
    assert registry.kind("gone", "k") is None
    assert registry.type_title("gone").zh == "gone"
    assert registry.kind_title("a1", "gone").zh == "gone"


def test_an_unknown_kind_counts_as_front_line_so_that_it_owes_least() -> None:
    registry = loaded(made("a1", declared()))
    assert registry.kind_ref("a1", "k").front_line is False
    assert registry.kind_ref("a1", "gone").front_line is True
    assert registry.kind_ref("gone", "k").front_line is True
