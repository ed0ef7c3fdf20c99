"""Publishing a notice freezes its duties; the notice's clauses show who answers them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from core.api import Duty, Plugin, ReportForm, UnitType, daily, metric, weekly
from core.app import create_app
from core.domain.access import Everything
from core.domain.declare import Evidence
from core.domain.errors import Missing
from core.domain.obligations import Obligation
from core.extend.registry import Registry
from core.services import agenda, campaigns, clauses, plugins, reports
from core.services.clauses import ClauseRow
from core.services.reports import Filled
from core.services.runtime import runtime
from core.store import migrations
from core.store.db import db
from core.store.models import Campaign, CampaignDuty
from core.store.queries import reports as report_queries
from core.store.queries import units as queries
from core.store.scope import set_scope
from tests.conftest import actor, settings_for
from tests.services.helpers import add_unit, at, campaign, clerk, count, day, handed_in, later, submit


class Novelty(ReportForm):
    """A form of a later version of the plugin."""

    novelties = metric("新事物", "Novelties")


def another_version(*, without: str = "", plugin: str = "carriers") -> None:
    """The plugin in a later version: other cadence, proof and grace, a new duty, perhaps one duty less."""
    registry = runtime().registry
    old = registry.plugins[plugin]
    (unit_type,) = old.unit_types
    duties = [_changed(duty) for duty in unit_type.duties if duty.code != without]
    duties.append(Duty("CAR-99", "新职责", who=unit_type.kinds, due=daily(), form=Novelty))
    kind = UnitType(unit_type.key, unit_type.title, unit_type.kinds, duties)
    runtime().registry = Registry(
        {**registry.plugins, plugin: Plugin(plugin, old.title, "2.0", unit_types=[kind])}
    )
    runtime().campaigns.clear()


def _changed(duty: Duty) -> Duty:
    if duty.code != "CAR-03":
        return duty
    return Duty("CAR-03", "改名", who=duty.who, due=weekly(5), form=Novelty, evidence=Evidence(), grace=9)


def republish(key: str, *, weeks_later: int = 0, **changes: Any) -> int:
    """Publish the notice again under another key, so that the newest campaign is a new one."""
    later(timedelta(minutes=1))
    return campaigns.publish(campaigns.read_notice() | {"key": key} | changes, weeks_later=weeks_later)


def owed(unit_id: int) -> list[Obligation]:
    unit = queries.unit(db.session(), unit_id)
    assert unit is not None
    return [item.obligation for item in agenda.of_unit(campaign(), unit, plugins.on()).items]


def test_a_changed_plugin_changes_nothing_in_a_published_campaign(app: Flask) -> None:
    unit_id = add_unit("one")
    before, owed_before = campaign(), owed(unit_id)
    another_version(without="CAR-02")
    assert campaign() == before and campaign() is not before
    assert owed(unit_id) == owed_before
    with pytest.raises(Missing):
        reports.save(clerk(unit_id), Filled(unit_id, "CAR-99", "day-18", {}), submit=True)
    rule = campaign().duty("CAR-03")
    assert rule is not None
    assert (rule.cadence.times, rule.grace, rule.evidence.at_least) == (3, 1, 1)
    assert rule.title.zh == "发送防骗提醒短信，每周不少于3次"


def test_a_published_duty_asks_for_its_proof_after_the_plugin_dropped_it(app: Flask) -> None:
    who = clerk(add_unit("one"))
    another_version()
    saved = submit(who, "CAR-03", "week-3", entries={"novelties": ["3"]}, uploads=[])
    assert not saved.ok and "佐证材料" in saved.problems[0].zh


def test_publishing_again_takes_the_rules_as_they_are_then(app: Flask) -> None:
    unit_id = add_unit("one")
    another_version(without="CAR-02")
    republish("second")
    codes = {duty.code for duty in campaign().duties}
    assert "CAR-99" in codes and "CAR-02" not in codes
    needed = {o.period.key: o.needed for o in owed(unit_id) if o.duty.code == "CAR-03"}
    assert needed == {f"week-{n}": 5 for n in range(1, 6)} | {"week-6": 1}


def test_a_plugin_that_is_gone_leaves_its_published_duties_readable(app: Flask) -> None:
    report_id = handed_in(clerk(add_unit("one")), "CAR-03", "week-3")
    before = campaign()
    registry = runtime().registry
    runtime().registry = Registry({key: p for key, p in registry.plugins.items() if key != "carriers"})
    runtime().campaigns.clear()
    assert campaign() == before
    view = report_queries.view(db.session(), report_id)
    assert view is not None and view.record is not None
    assert [spec.name for spec in view.schema.fields][:2] == ["sent_at", "fraud_type"]


def test_the_newest_campaign_is_the_one_under_way(any_app: Flask) -> None:
    first = campaign()
    second = republish("second", weeks_later=4)
    assert campaign().id == second != first.id
    assert (campaign().calendar.span.starts, campaign().calendar.span.ends) == (
        date(2020, 11, 23),
        date(2020, 12, 28),
    )
    assert [phase.starts.weekday() for phase in campaign().phases] == [
        p.starts.weekday() for p in first.phases
    ]


def test_a_report_of_an_earlier_campaign_can_no_longer_be_changed(app: Flask) -> None:
    who = clerk(add_unit("one"))
    report_id = handed_in(who, "CAR-03", "week-3")
    republish("second")
    with pytest.raises(Missing):
        submit(who, "CAR-03", "week-3", report_id=report_id, version=1)


def test_the_notice_stands_in_the_campaign_word_for_word_and_in_order(app: Flask) -> None:
    notice = campaigns.read_notice()
    facts = campaign()
    assert [clause.key for clause in facts.clauses] == [clause["key"] for clause in notice["clauses"]]
    assert [clause.text.zh for clause in facts.clauses] == [c["text"]["zh"] for c in notice["clauses"]]
    assert [(p.starts, p.ends) for p in facts.phases] == [
        (date(2020, 10, 26), date(2020, 11, 4)),
        (date(2020, 11, 5), date(2020, 11, 15)),
        (date(2020, 11, 16), date(2020, 11, 30)),
    ]


def test_a_campaign_is_published_whole_or_not_at_all(app: Flask) -> None:
    before = count(Campaign), count(CampaignDuty)
    notice = campaigns.read_notice() | {"key": "broken"}
    notice["clauses"] = [*notice["clauses"], notice["clauses"][0]]
    with pytest.raises(Exception, match=r"(?i)unique"):
        campaigns.publish(notice)
    db.session.rollback()
    assert (count(Campaign), count(CampaignDuty)) == before
    assert campaign().key != "broken"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    """An installation with tables and nothing in them."""
    application = create_app(settings_for(tmp_path / "empty"))
    with application.app_context():
        set_scope(db.session, Everything("a test"))
        migrations.upgrade()
        yield application
        db.session.remove()
        db.engine.dispose()


def test_a_fresh_installation_has_no_campaign(empty: Flask) -> None:
    assert campaigns.current() is None
    campaigns.publish(campaigns.read_notice())
    assert campaign().key == campaigns.read_notice()["key"]


def rows() -> dict[str, ClauseRow]:
    return {row.clause.key: row for row in clauses.trace(actor("office"), campaign())}


def answered_by(code: str) -> set[str]:
    """Clauses that this duty alone answers."""
    return {key for key, row in rows().items() if [duty.code for duty, _part in row.duties] == [code]}


def test_every_clause_is_answered_as_the_notice_says(app: Flask) -> None:
    """Where all that is installed is on, a clause that asks for a duty is open only if no duty names it."""
    named = {clause for duty in campaign().duties for clause in duty.clauses}
    for key, row in rows().items():
        wanted = {
            "duty": "covered" if key in named else "uncovered",
            "product": "covered"
            if key in named
            else "product"
            if row.clause.lives_in in clauses.BUILT
            else "planned",
            "background": "covered" if key in named else "background",
        }
        assert row.coverage == wanted[row.clause.requires], key
        assert (row.clause.lives_in is not None) == (row.clause.requires == "product"), key


def test_a_campaign_without_a_duty_shows_its_clauses_uncovered(app: Flask) -> None:
    alone = answered_by("CAR-02")
    assert alone
    another_version(without="CAR-02")
    assert {rows()[key].coverage for key in alone} == {"covered"}, "published campaigns keep their duties"
    republish("second")
    assert {rows()[key].coverage for key in alone} == {"uncovered"}
    assert all(rows()[key].duties == () for key in alone)


def test_a_switched_off_plugins_clauses_are_uncovered_until_it_is_on_again(app: Flask) -> None:
    alone = answered_by("CAR-02") | answered_by("CAR-06")
    for on, wanted in ((False, "uncovered"), (True, "covered")):
        plugins.switch(actor("office"), "carriers", on, "试点")
        assert {rows()[key].coverage for key in alone} == {wanted}


def test_a_clause_sums_up_the_duties_that_answer_it(app: Flask) -> None:
    at(day(11, 12))
    several = [row for row in rows().values() if len(row.duties) > 1]
    assert several
    for row in several:
        assert row.total.owed == sum(part.owed for _duty, part in row.duties) > 0
        assert row.total.filed == sum(part.filed for _duty, part in row.duties)
