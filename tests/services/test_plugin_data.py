"""What plugins are lent, what they find and score, and what joins a campaign: the same on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.api import Finding, ScoreLine
from core.api.data import ReadOnly
from core.domain.access import Everything, Reach, Scope
from core.domain.errors import Missing
from core.domain.facts import Member
from core.extend.host import HookFailed
from core.services import campaigns, checks, failures, plugin_data, plugins, scores, upgrading
from core.services.checks import _Result
from core.services.plugin_data import lent
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import Base, db
from core.store.migrations import History
from core.store.models import CampaignDuty, CheckResult, Notification, Report, Unit, UnitScore
from core.store.queries.facts import Sight
from tests.conftest import NOW, actor
from tests.services.helpers import campaign


def some_unit(kind: str) -> Unit:
    found = db.session.scalars(
        select(Unit).where(Unit.unit_type == "banks", Unit.kind == kind).order_by(Unit.id)
    ).first()
    assert found is not None
    return found


def below(top: int) -> set[int]:
    """Every unit below one, counted plainly."""
    parents = {row.id: row.parent_id for row in db.session.execute(select(Unit.id, Unit.parent_id))}
    found = {top}
    while True:
        more = {unit for unit, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def test_a_unit_sees_itself_and_with_below_all_that_hangs_on_it(any_app: Flask) -> None:
    bank = db.session.scalars(
        select(Unit.parent_id).where(Unit.unit_type == "banks", Unit.kind == "outlet").limit(1)
    ).one()
    assert bank is not None
    types = plugin_data.types_of("banks")
    with lent("banks", Sight(Scope(), types, (bank,), below=False), read_only=True) as data:
        assert [unit.id for unit in data.units()] == [bank]
    with lent("banks", Sight(Scope(), types, (bank,), below=True), read_only=True) as data:
        seen = {unit.id for unit in data.units()}
        assert seen == below(bank) and len(seen) > 1
        assert {report.unit.id for report in data.reports()} <= seen
        due = data.due("BNK-04")
        assert due.keys() <= seen
        for unit_id, owed in due.items():
            assert [item for item in data.owed(unit_id) if item.duty == "BNK-04"] == list(owed)
        with pytest.raises(Missing):
            data.owed(some_unit("regulator").id)


def test_a_scope_cuts_units_and_reports_by_region_and_type(any_app: Flask) -> None:
    city = Scope((Reach(region_path="/410000/410100/"),))
    with lent("banks", Sight(city, plugin_data.types_of("banks")), read_only=True) as data:
        assert {unit.unit_type for unit in data.units()} == {"banks"}
        assert {unit.region_code[:4] for unit in data.units()} == {"4101"}
        wanted = select(func.count(Report.id)).where(
            Report.region_path.startswith("/410000/410100/"),
            Report.unit_type == "banks",
            Report.state.in_(("submitted", "in_review", "accepted")),
        )
        assert len(data.reports()) == db.session.scalar(wanted)
    with lent("banks", Sight(Scope(), plugin_data.types_of("banks")), read_only=True) as data:
        assert data.units() == () == data.reports()


def test_nothing_more_is_read_or_written_when_the_call_is_over(any_app: Flask) -> None:
    sight = Sight(Everything("a test"), plugin_data.types_of("banks"))
    with lent("banks", sight) as data:
        [unit, *_others] = data.units()
    for late in (data.units, data.reports, lambda: data.owed(unit.id), lambda: data.tell(unit, "晚了")):
        with pytest.raises(TimeoutError):
            late()
    with lent("banks", sight, read_only=True) as shown, pytest.raises(ReadOnly):
        shown.tell(unit, "不能写")


def test_what_is_told_reaches_the_units_people_once(any_app: Flask) -> None:
    sight = Sight(Everything("a test"), plugin_data.types_of("banks"))
    unit_id = next(grant.reach.unit_id for grant in actor("banks-reporter").grants)
    for _again in range(2):
        with lent("banks", sight) as data:
            unit = next(unit for unit in data.units() if unit.id == unit_id)
            data.tell(unit, ("请补报", "Please report"), page="terminals")
        with chore("plugin.deed", "a test") as done:
            data.apply(done, "the same")
    told = db.session.scalars(select(Notification).where(Notification.key.startswith("plugin:banks"))).all()
    assert {row.user_id for row in told} >= {actor("banks-reporter").user_id, actor("banks-lead").user_id}
    assert len(told) == len({row.user_id for row in told}) and told[0].url == f"/u/banks/terminals?unit={unit_id}"


def test_scores_are_replaced_and_pending_ones_say_so(any_app: Flask) -> None:
    unit = some_unit("outlet")
    member = Member(unit.id, unit.code, unit.name, unit.unit_type, unit.kind, unit.region_code, "")
    payload = {"plugin": "banks", "day": "2020-11-12", "after": 0}
    lines = (ScoreLine(("甲", "A"), "7.5", 10), ScoreLine("乙", 0, 5))
    for found, points in ((lines, "7.5"), (lines[:1], "7.5"), (None, None)):
        failed = HookFailed("banks", "dudao_score", RuntimeError("没算出来")) if found is None else None
        with chore("task.run", "a test") as done:
            scores.keep(done, payload, [scores.Scored(member, found, failed)])
        [shown] = scores.of_unit(unit.id)
        assert (shown.lines is None) == (found is None)
        assert points is None or str(shown.points) == points
    assert shown.incident and db.session.scalar(select(func.count()).select_from(UnitScore)) == 1


def test_findings_are_stored_once_and_a_failed_check_says_that_it_did_not_run(any_app: Flask) -> None:
    report = db.session.scalars(select(Report).where(Report.submitted_at.is_not(None))).first()
    assert report is not None
    payload = {"plugin": "banks", "report_id": report.id, "version": 1}
    failed = HookFailed("banks", "dudao_check_evidence", RuntimeError("坏了"))
    results = [_Result("", (Finding(("请看", "Look"), field="n"),)), _Result("f", failed=failed, ran=False)]
    for _again in range(2):
        with chore("task.run", "a test") as done:
            checks.keep(done, payload, results)
    assert db.session.scalar(select(func.count(CheckResult.id))) == 2
    first, second = checks.of_report(report.id)
    assert first.ran and first.findings == (Finding(("请看", "Look"), field="n"),)
    assert not second.ran and second.incident == failed.incident
    assert second.findings[0].message.zh.startswith("自动检查没有运行")


def test_duties_join_a_campaign_under_way_from_the_day_on_which_their_plugin_is_switched_on(
    any_app: Flask,
) -> None:
    key = "market_regulation"
    codes = {rule.code for rule in campaign().duties if rule.plugin == key}
    reported = set(db.session.scalars(select(Report.duty_code).where(Report.duty_code.in_(codes))))
    plugins.switch(actor("office"), key, False, "先停一停")
    for row in db.session.scalars(select(CampaignDuty).where(CampaignDuty.code.in_(codes - reported))):
        db.session.delete(row)
    db.session.commit()
    runtime().campaigns.clear()
    gone = codes - reported
    assert gone, "a duty of the third phase has no reports yet"
    plugins.switch(actor("office"), key, True, "又用了")
    found = campaigns.current()
    assert found is not None
    for code in gone:
        duty = found.duty(code)
        assert duty is not None and duty.cadence.since == NOW.date()
        old = next(rule for rule in runtime().registry.duty_rules() if rule.code == code)
        assert replace(duty, cadence=replace(duty.cadence, since=None)) == old
    assert campaigns.missing_duties(key) == ()


def test_periods_before_a_duty_joined_do_not_count(any_app: Flask) -> None:
    weekly = next(rule for rule in campaign().duties if rule.cadence.kind == "week")
    joined = replace(weekly, cadence=replace(weekly.cadence, since=NOW.date()))
    facts = campaign()
    assert facts.period(weekly, "week-3") is not None
    assert facts.period(joined, "week-3") is None and facts.period(joined, "week-4") is not None
    once = next(rule for rule in facts.duties if rule.cadence.kind == "once" and rule.cadence.by is None)
    late = replace(once, cadence=replace(once.cadence, since=NOW.date() + timedelta(days=3)))
    assert facts.period(late, "once-1") is not None
    assert type(joined).from_json(joined.to_json()) == joined


def test_a_migration_that_fails_is_on_record_and_stops_nothing(
    any_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """See also tests/contract/test_rich_example.py, where one succeeds."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_bad.py").write_text(
        'revision = "0001"\ndown_revision = None\nbranch_labels = None\ndepends_on = None\n'
        "def upgrade():\n    raise RuntimeError('no such luck')\n\ndef downgrade():\n    pass\n",
        "utf-8",
    )
    bad = History("banks_version", folder, Base.metadata, "banks_")
    monkeypatch.setattr(upgrading, "histories", lambda: iter([("banks", bad)]))
    upgrading.upgrade()
    assert upgrading.behind("banks")
    [failure] = failures.recent("banks")
    assert failure.part.zh == "数据表" and "no such luck" in failure.reason
    assert "banks" in plugins.on() and plugins.parked("banks") == frozenset()
