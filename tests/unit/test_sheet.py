"""A duty sheet in TOML: what it can say, and how it becomes a plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from core.api import campaign_end, campaign_start, daily, each_phase, once, phase_end, phase_start, weekly
from core.domain.calendar import Cadence
from core.domain.declare import Evidence
from core.domain.text import Text
from core.extend import discover
from core.extend.dutysheet import words
from core.extend.dutysheet.model import Sheet
from core.extend.host import PluginHost
from core.extend.sheet import SheetError, checked, declare
from tests.unit.sheets import TEMPLATE, bundled, facts, sheet_of
from tests.unit.sheets_drawn import CADENCES, evidence, sheets
from tests.unit.sheets_toml import SMALL, read_text, toml_of

# What it says.


def test_the_small_sheet_and_the_template_are_accepted() -> None:
    assert [duty.code for duty in read_text(SMALL).duties] == ["PCL-01"]
    sheet, plugin = checked(TEMPLATE)
    assert (sheet.key, plugin.key) == ("parcels", "parcels")


@pytest.mark.parametrize("key", bundled())
def test_every_bundled_plugin_could_have_been_a_sheet(key: str) -> None:
    plugin = bundled()[key]
    sheet = read_text(toml_of(sheet_of(plugin)))
    assert facts(declare(sheet)) == facts(plugin)


@given(sheets())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_sheet_written_as_toml_is_read_back_the_same(sheet: Sheet) -> None:
    assert read_text(toml_of(sheet)) == sheet


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("每日", daily()),
        ("每天", daily()),
        ("daily", daily()),
        ("每周", weekly()),
        ("每周３次", weekly(3)),
        ("每周三次", weekly(3)),
        ("每 星期 两次", weekly(2)),
        ("Weekly 3", weekly(3)),
        ("weekly, 3 times", weekly(3)),
        ("每阶段", each_phase()),
        ("每个阶段2次", each_phase(times=2)),
        ("each phase", each_phase()),
        ("each phase, 2 times", each_phase(times=2)),
        ("第2阶段", each_phase(2)),
        ("第二阶段3次", each_phase(2, times=3)),
        ("第1、3阶段", each_phase(1, 3)),
        ("phases 1, 3", each_phase(1, 3)),
        ("phase 2, 2 times", each_phase(2, times=2)),
        ("一次", once()),
        ("once", once()),
        ("一次，活动开始后4天", once(by=campaign_start(days=4))),
        ("一次，活动结束后5天", once(by=campaign_end(days=5))),
        ("once by campaign end + 5 days", once(by=campaign_end(days=5))),
        ("一次，第1阶段结束前", once(by=phase_end(1))),
        ("once by phase 1 end", once(by=phase_end(1))),
        ("一次，第3阶段开始后1天", once(by=phase_start(3, days=1))),
        ("一次：第3阶段结束前2天", once(by=phase_end(3, days=-2))),
        ("once by phase 3 end - 2", once(by=phase_end(3, days=-2))),
    ],
)
def test_how_often_is_said_in_words(said: str, due: Cadence) -> None:
    assert words.cadence(said) == due


@given(CADENCES)
def test_every_cadence_has_words(due: Cadence) -> None:
    assert words.cadence(words.cadence_words(due)) == due


@pytest.mark.parametrize(
    "said", ["", "有时", "10月30日", "2020-10-30", "每周x次", "每月", "sometimes", "第阶段"]
)
def test_words_that_say_no_cadence(said: str) -> None:
    assert words.cadence(said) is None


@given(evidence())
def test_every_evidence_rule_has_words(rule: Evidence) -> None:
    found = words.files(words.evidence_words(rule))
    assert found is not None
    assert found[0] == (rule.kinds if rule.at_most else ())


@pytest.mark.parametrize("said", ["照片、照片", "相片", "photo, music", "、"])
def test_words_that_name_no_files(said: str) -> None:
    assert words.files(said) is None


def test_kinds_are_named_by_key_or_title_and_everyone_in_words() -> None:
    assert read_text(SMALL.replace('who = ["depot"]', 'who = "网点、寄递公司"')).duties[0].who == (
        "depot",
        "company",
    )
    plugin = declare(read_text(SMALL.replace('who = ["depot"]', 'who = "除一线外的所有单位"')))
    assert [duty.code for duty in plugin.duties] == ["PCL-01"]
    assert plugin.unit_types[0].duties == ()


def test_a_sheet_without_kinds_brings_duties_for_everyone_only() -> None:
    head, rest = SMALL.split("[kinds.depot]")
    body = "[duties" + rest.split("[duties", 1)[1].split("[inspection")[0]
    plugin = declare(read_text(head + body.replace('who = ["depot"]', 'who = "everyone"')))
    assert plugin.unit_types == ()
    assert [duty.code for duty in plugin.duties] == ["PCL-01"]


def test_the_unit_type_may_have_a_key_and_a_title_of_its_own() -> None:
    more = 'unit_type = "couriers"\nunit_type_title = ["快递", "Couriers"]\n'
    [unit_type] = declare(read_text(more + SMALL)).unit_types
    assert (unit_type.key, unit_type.title) == ("couriers", Text("快递", "Couriers"))


# As a plugin.


def test_sheets_in_the_folder_are_plugins_and_what_stands_beside_them_is_not(tmp_path: Path) -> None:
    (tmp_path / "parcels.toml").write_text(SMALL, "utf-8")
    for name in (".hidden.toml", "~$parcels.xlsx", "pyproject.toml", "notes.txt"):
        (tmp_path / name).write_text("no plugin", "utf-8")
    found = [item for item in discover.find(tmp_path) if item.source.startswith("sheet")]
    assert [(item.name, item.source) for item in found] == [("parcels", "sheet parcels.toml")]
    registry = PluginHost().load(found)
    assert registry.quarantined == ()
    form = registry.form("PCL-01")
    assert form is not None
    filled = form({"total": "12", "leaflets": "13", "said": "好的"})
    assert not filled.validate()
    assert set(filled.errors) == {"leaflets", "saved", "visits"}


def test_a_broken_sheet_is_left_out_with_all_its_mistakes_and_the_others_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "parcels.toml").write_text(SMALL, "utf-8")
    broken = SMALL.replace("parcels", "letters").replace("grace = 2", "grace = -1").replace("PCL-01]", "pcl]")
    (tmp_path / "letters.toml").write_text(broken, "utf-8")
    registry = PluginHost().load(item for item in discover.find(tmp_path) if item.source.startswith("sheet"))
    assert list(registry.plugins) == ["parcels"]
    [left_out] = registry.quarantined
    assert left_out.key == "letters"
    assert "duties.pcl: " in left_out.problem
    assert "duties.pcl.grace: " in left_out.problem


def test_the_plugins_own_check_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.extend.validate.problems", lambda plugin: [f"{plugin.key} is not liked"])
    with pytest.raises(SheetError, match=r"sheet-template\.toml: parcels is not liked"):
        checked(TEMPLATE)
