"""The rehearsal of switching a plugin tells exactly what switching then changes, and what comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from core.app import create_app
from core.domain.access import Everything
from core.domain.errors import Invalid, Missing
from core.services import agenda, clauses, plugins, progress, review, switching
from core.services.rehearsal import Rehearsal, rehearse
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from core.store.models import Notification, Report, Unit
from core.store.queries import reviews
from core.store.queries import units as unit_queries
from core.store.queries.reviews import QueueFilter
from core.store.scope import set_scope
from tests.conftest import NOW, actor, settings_for
from tests.services.helpers import add_unit, at, campaign, clerk, handed_in, returned, stored

REASON = "演练"


def switch(key: str, on: bool) -> None:
    plugins.switch(actor("office"), key, on, REASON)


@dataclass(frozen=True)
class Seen:
    """The world as dashboard, queue, units and the notice's page have it, each by its own way."""

    open: Counter[str]
    begun: int
    waiting: int
    uncovered: frozenset[str]


def look() -> Seen:
    on, today = plugins.on(), runtime().clock.today()
    overview = progress.overview(actor("office"), campaign(), None)
    assert overview is not None
    left: Counter[str] = Counter()
    for part in overview.periods:
        if part.period.starts <= today <= part.period.ends:
            left[part.duty.code] += part.progress.owed - part.progress.filed
    off = tuple(duty.code for duty in campaign().duties if duty.plugin not in on)
    _rows, waiting = reviews.queue(db.session(), QueueFilter(without=off), 0, 1)
    rows = clauses.trace(actor("office"), campaign())
    uncovered = frozenset(row.clause.key for row in rows if row.coverage == "uncovered")
    return Seen(+left, begun(on), waiting, uncovered)


def begun(on: frozenset[str]) -> int:
    """Reports that their units may go on with: asked of each report and its unit."""
    codes = {duty.code for duty in campaign().duties_of(on)}
    owner = runtime().registry.owner_of_type
    rows = db.session.execute(
        select(Report, Unit)
        .join(Unit, Unit.id == Report.unit_id)
        .where(Report.state.in_(("draft", "returned", "withdrawn")))
    ).all()
    live = {u.id for u in unit_queries.several(db.session(), [row.Unit.id for row in rows]) if u.enabled}
    return sum(
        row.Report.duty_code in codes and owner.get(row.Unit.unit_type) in on and row.Unit.id in live
        for row in rows
    )


def difference(more: Seen, less: Seen) -> Seen:
    return Seen(
        more.open - less.open,
        more.begun - less.begun,
        more.waiting - less.waiting,
        less.uncovered - more.uncovered,
    )


def predicted(found: Rehearsal) -> Seen:
    lines = [*found.duties, *found.others]
    return Seen(
        +Counter({line.duty.code: line.open for line in lines}),
        found.begun,
        found.waiting,
        frozenset(clause.key for clause in found.clauses),
    )


def some_of_everything() -> None:
    """A draft, a returned report, one in review, and a unit that is disabled with a draft of its own."""
    one, two = add_unit("one"), add_unit("two")
    for unit_id in (one, two):
        handed_in(clerk(unit_id), "CAR-03", "week-3", 1)
        draft = handed_in(clerk(unit_id), "GEN-04", "phase-2", 2)
        db.session.query(Report).filter_by(id=draft).update({"state": "draft"})
        db.session.commit()
    returned(handed_in(clerk(one), "CAR-03", "week-3", 3), actor("inspector"))
    review.claim(actor("inspector"), handed_in(clerk(one), "CAR-03", "week-3", 4))
    switching.switch_unit(actor("office"), two, False, REASON)


def test_what_is_predicted_is_what_happens_and_what_comes_back(any_app: Flask) -> None:
    some_of_everything()
    for key in runtime().registry.plugins:
        before, going = look(), rehearse(key)
        switch(key, False)
        between, coming = look(), rehearse(key)
        switch(key, True)
        assert not going.on and coming.on
        assert predicted(going) == difference(before, between), key
        assert coming == replace(going, on=True), key
        assert look() == before, key
        assert sum(line.open for line in going.duties) > 0, key


def test_it_holds_while_another_plugin_is_off_too(app: Flask) -> None:
    some_of_everything()
    switch("common", False)
    before, going = look(), rehearse("carriers")
    switch("carriers", False)
    assert predicted(going) == difference(before, look())
    assert going.others == ()
    coming = rehearse("common")
    before = look()
    switch("common", True)
    assert predicted(coming) == difference(look(), before)


def test_the_obligations_are_those_of_the_units_own_agendas(app: Flask) -> None:
    on, today = plugins.on(), runtime().clock.today()
    units = unit_queries.several(
        db.session(), list(db.session.scalars(select(Unit.id).where(Unit.unit_type == "carriers")))
    )
    open_now: Counter[str] = Counter()
    bound: Counter[str] = Counter()
    for unit in units:
        kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
        bound.update(duty.code for duty in campaign().duties if unit.enabled and duty.binds(kind))
        for item in agenda.of_unit(campaign(), unit, on).items:
            period = item.obligation.period
            open_now[item.obligation.duty.code] += (
                period.starts <= today <= period.ends and not item.standing.is_filed
            )
    found = rehearse("carriers")
    lines = {line.duty.code: line for line in (*found.duties, *found.others)}
    assert {code: line.open for code, line in lines.items()} == {code: open_now[code] for code in lines}
    assert {code: line.units for code, line in lines.items()} == bound


def test_reports_are_counted_where_the_links_lead(app: Flask) -> None:
    some_of_everything()
    for key in ("carriers", "common"):
        for line in rehearse(key).frozen:
            for state in ("returned", "submitted", "in_review"):
                which = [Report.duty_code == line.duty.code, Report.state == state]
                which += [Report.unit_type == line.unit_type] if line.unit_type else []
                rows = db.session.scalars(select(Report.id).where(*which)).all()
                # What waits for a duty of another plugin can be reviewed as before.
                wanted = 0 if line.unit_type and state != "returned" else len(rows)
                assert getattr(line, state) == wanted, (key, line.duty.code, state)


def test_people_are_orphaned_whose_every_enabled_unit_is_of_the_type(app: Flask) -> None:
    found = rehearse("carriers")
    logins = {person.login for person in found.first}
    assert found.people == len(found.first)
    assert {"carriers-reporter", "carriers-lead"} <= logins
    assert "banks-reporter" not in logins
    (own,) = actor("carriers-reporter").unit_ids
    switching.switch_unit(actor("office"), own, False, REASON)
    assert "carriers-reporter" not in {person.login for person in rehearse("carriers").first}
    assert rehearse("common").people == 0


def test_unread_notices_that_lead_to_its_pages_are_counted(app: Flask) -> None:
    who = actor("carriers-reporter").user_id
    before = rehearse("carriers").notices
    with chore("task.run", "a test") as done:
        for number, url in enumerate(["/u/carriers/reports/1", "/u/carriersx/", "/office/"]):
            text = ["甲", "A"]
            done.session.add(
                Notification(
                    user_id=who, key=str(number), at=done.at, title=text, body=text, url=url, tone="info"
                )
            )
    assert rehearse("carriers").notices == before + 1


def test_a_plugin_that_is_not_installed_is_missing(app: Flask) -> None:
    with pytest.raises(Missing):
        rehearse("no_such_plugin")


def test_nothing_is_written_by_a_rehearsal(app: Flask) -> None:
    draft = handed_in(clerk(add_unit("one")), "CAR-03", "week-3")
    rehearse("carriers")
    assert not db.session.dirty and not db.session.new
    assert stored(draft).state == "submitted" and "carriers" in plugins.on()


PARCELS = """
from core.api import Duty, Plugin, ReportForm, UnitKind, UnitType, daily, hookimpl, metric, once, phase_start

class Leaflets(ReportForm):
    leaflets = metric("随件宣传单", "Leaflets")

@hookimpl
def dudao_plugin():
    company = UnitKind("company", "寄递企业")
    duties = [
        Duty("PCL-01", "随件宣传", who=company, due=daily(), form=Leaflets),
        Duty("PCL-02", "方案", who=company, due=once({by}), form=Leaflets),
    ]
    kind = UnitType("parcels", "寄递企业", [company], duties)
    return Plugin("parcels", "寄递", "1.0", unit_types=[kind])
"""


@pytest.fixture
def parcels(data_folder: Path, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """A plugin that is installed while the campaign is under way, with two units of its type; it is off."""
    with ExitStack() as stack:

        def install(by: str) -> None:
            folder = tmp_path / "more"
            folder.mkdir()
            (folder / "parcels.py").write_text(PARCELS.format(by=by), "utf-8")
            app = create_app(settings_for(data_folder, DUDAO_PLUGINS_DIR=str(folder)))
            stack.enter_context(app.app_context())
            stack.callback(db.engine.dispose)
            stack.callback(db.session.remove)
            set_scope(db.session, Everything("a test"))
            at(NOW)
            for code in ("one", "two"):
                add_unit(code, "company", "parcels")

        yield install


def test_duties_that_join_the_campaign_are_counted_beforehand(parcels: Callable[[str], None]) -> None:
    parcels("")
    before, coming = look(), rehearse("parcels")
    assert coming.joins and [rule.code for rule in coming.joining] == ["PCL-01", "PCL-02"]
    switch("parcels", True)
    assert predicted(coming) == difference(look(), before)
    assert {line.duty.code: (line.open, line.units) for line in coming.duties} == {
        "PCL-01": (2, 2),
        "PCL-02": (2, 2),
    }
    going = rehearse("parcels")
    assert going.joining == () and not going.joins
    assert predicted(going) == predicted(coming)


def test_duties_that_do_not_fit_into_the_campaign_break_no_rehearsal(parcels: Callable[[str], None]) -> None:
    parcels("by=phase_start(9)")
    assert rehearse("parcels").duties == ()
    with pytest.raises(Invalid):
        switch("parcels", True)


def test_duties_that_the_campaign_does_not_have_are_named(app: Flask) -> None:
    facts = campaign()
    assert rehearse("carriers").joining == ()
    known = runtime().campaigns
    [key] = [key for key, found in known.items() if found == facts]
    known[key] = replace(facts, duties=tuple(duty for duty in facts.duties if duty.code != "CAR-06"))
    try:
        assert [rule.code for rule in rehearse("carriers").joining] == ["CAR-06"]
    finally:
        known[key] = facts
