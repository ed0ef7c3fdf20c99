"""The office's numbers against a plain count, unit by unit and report by report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from core.domain.access import Grant, Reach, Role
from core.domain.calendar import periods
from core.domain.obligations import Filing, Interval, Obligation, owed, standing
from core.domain.progress import Progress
from core.domain.schema import metric_values
from core.services import clauses, plugins, progress, switching
from core.services.progress import Overview
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import Report, Unit, UnitInterval
from tests.conftest import NOW, ZONE, actor
from tests.services.helpers import CITY, OTHER_CITY, add_unit, at, campaign, clerk, day, handed_in

Sums = dict[tuple[str, str], Progress]


def plain_count(region_path: str) -> tuple[Sums, Counter[tuple[str, str]]]:
    """Everything by all, type, duty, region below, and period; and metrics: counted from single rows, no tally."""
    facts, on, now = campaign(), plugins.on(), runtime().clock.now()
    registry = runtime().registry
    reports: defaultdict[tuple[int, str, str], list[Report]] = defaultdict(list)
    for report in db.session.scalars(select(Report)):
        reports[report.unit_id, report.duty_code, report.period_key].append(report)
    spans: defaultdict[int, list[Interval]] = defaultdict(list)
    for row in db.session.scalars(select(UnitInterval)):
        spans[row.unit_id].append(Interval(row.starts, row.ends))
    sums: defaultdict[tuple[str, str], Progress] = defaultdict(Progress)
    metrics: Counter[tuple[str, str]] = Counter()
    for unit in db.session.scalars(select(Unit).where(Unit.region_path.startswith(region_path))):
        if registry.owner_of_type[unit.unit_type] not in on:
            continue
        kind = registry.kind_ref(unit.unit_type, unit.kind)
        below = unit.region_path[: len(region_path) + 7]
        owing = {o.key: o for o in owed(facts.duties_of(on), kind, spans[unit.id], facts.calendar)}
        for duty in facts.duties_of(on):
            for period in periods(duty.cadence, facts.calendar):
                its = reports[unit.id, duty.code, period.key]
                obligation = owing.get((duty.code, period.key))
                part = _part(obligation, its, now)
                names = [("all", ""), ("type", unit.unit_type), ("duty", duty.code), ("region", below)]
                names.append(("period", f"{duty.code} {period.key}"))
                for name in names:
                    sums[name] = sums[name] + part
                for report in its:
                    if report.state == "accepted":
                        for metric, value in metric_values(duty.schema, report.record or {}).items():
                            metrics[duty.code, metric] += value
    return dict(sums), metrics


def _part(obligation: Obligation | None, its: list[Report], now: datetime) -> Progress:
    states = Counter(report.state for report in its)
    reports = Progress(
        waiting=states["submitted"] + states["in_review"],
        returned=states["returned"],
        accepted=states["accepted"],
    )
    if obligation is None or obligation.period.starts > now.date():
        return reports
    filings = [
        Filing(r.state, r.late, frozenset(r.topics)) for r in its if r.state not in ("draft", "withdrawn")
    ]
    how = standing(obligation.duty, obligation.needed, filings)
    due = now >= obligation.due_at(ZONE)
    return reports + Progress(
        owed=1,
        due=int(due),
        filed=int(how.is_filed),
        done=int(how.is_done),
        late=int(how.is_filed and how.late),
        due_filed=int(due and how.is_filed),
    )


def shown(login: str = "office", region: str | None = None) -> Overview:
    found = progress.overview(actor(login), campaign(), region)
    assert found is not None
    return found


def assert_equal(overview: Overview) -> None:
    """Every number of a dashboard equals the plain count."""
    sums, metrics = plain_count(overview.place.path)
    nothing = Progress()
    assert overview.total == sums[("all", "")]
    assert {d.code: p for d, p in overview.duties} == {
        duty.code: sums.get(("duty", duty.code), nothing) for duty in campaign().duties_of(plugins.on())
    }
    assert {key: part for key, part in overview.types if part != nothing} == {
        key: part for (cut, key), part in sums.items() if cut == "type" and part != nothing
    }
    assert {place.path: part for place, part in overview.regions} == {
        place.path: sums.get(("region", place.path), nothing) for place, _part in overview.regions
    }
    by_period = {f"{item.duty.code} {item.period.key}": item.progress for item in overview.periods}
    assert by_period == {
        key: part for (cut, key), part in sums.items() if cut == "period" and (part.owed or key in by_period)
    }
    assert {key: total for key, total in overview.metrics.items() if total} == {
        key: total for key, total in metrics.items() if total
    }


def nothing_done() -> None:
    pass


def some_units_off() -> None:
    """A tenth of the units disabled on three days, some enabled again."""
    ids = db.session.scalars(select(Unit.id).order_by(Unit.id)).all()[::10]
    for number, unit_id in enumerate(ids[:30]):
        at(day(11, 9 + number % 3))
        switching.switch_unit(actor("office"), unit_id, False, "机构调整")
        if number % 2:
            at(day(11, 11 + number % 3))
            switching.switch_unit(actor("office"), unit_id, True, "恢复")
    at(NOW)


def a_type_off() -> None:
    plugins.switch(actor("office"), "education", False, "暂停")


def the_common_duties_off() -> None:
    plugins.switch(actor("office"), "common", False, "暂停")


def a_newcomer() -> None:
    who = clerk(add_unit("new", since=date(2020, 11, 10)))
    for seed in range(3):
        handed_in(who, "CAR-03", "week-3", seed)


@pytest.mark.parametrize(
    "change", [nothing_done, some_units_off, a_type_off, the_common_duties_off, a_newcomer]
)
def test_the_provinces_dashboard_equals_a_plain_count(app: Flask, change: Callable[[], None]) -> None:
    change()
    assert_equal(shown())


def test_the_dashboard_on_postgresql_equals_a_plain_count(postgres_app: Flask) -> None:
    some_units_off()
    a_type_off()
    assert_equal(shown())


@pytest.mark.parametrize(
    "moment", [day(11, 13, 0), day(11, 16, 0), day(11, 30, 23, 59), day(12, 2, 0), day(12, 25)], ids=str
)
def test_the_dashboard_stays_right_as_time_goes_by(app: Flask, moment: datetime) -> None:
    """Only what has begun is owed; only what is past its deadline is due."""
    at(moment)
    assert_equal(shown())


@pytest.mark.parametrize("moment", [day(10, 25, 23, 59, 59), day(10, 26, 0), day(11, 5, 0)], ids=str)
def test_what_is_owed_and_due_begins_with_the_periods(app: Flask, moment: datetime) -> None:
    at(moment)
    (sums, _metrics), total = plain_count("/410000/"), shown().total
    assert (total.owed, total.due) == (sums["all", ""].owed, sums["all", ""].due)
    assert (total.owed == 0) == (moment < day(10, 26, 0))


@pytest.mark.parametrize("region", [CITY, OTHER_CITY, "410102"])
def test_a_city_and_a_county_count_their_own(app: Flask, region: str) -> None:
    overview = shown(region=region)
    assert overview.place.code == region
    assert_equal(overview)


def test_a_city_office_sees_its_city_and_nothing_else(app: Flask) -> None:
    some_units_off()
    overview = shown("zz-office")
    assert overview.place.code == CITY and overview.parents == ()
    assert_equal(overview)
    assert overview == replace(shown("office", CITY), parents=())
    for foreign in (OTHER_CITY, "410000", "410202", "999999"):
        assert progress.overview(actor("zz-office"), campaign(), foreign) is None
    county = progress.overview(actor("zz-office"), campaign(), "410102")
    assert county is not None and [place.code for place in county.parents] == [CITY]


def test_a_county_office_sees_its_county(app: Flask) -> None:
    overview = shown("fx-office-county")
    assert overview.place.level == "county"
    assert_equal(overview)
    assert progress.overview(actor("fx-office-county"), campaign(), CITY) is None


@pytest.mark.parametrize("login", ["inspector", "carriers-reporter", "auditor", "admin"])
def test_who_is_no_office_has_no_dashboard(app: Flask, login: str) -> None:
    assert progress.overview(actor(login), campaign(), None) is None


def test_an_office_whose_region_only_begins_alike_counts_nothing_of_it(app: Flask) -> None:
    """/410000/4101/ is not a parent of /410000/410100/: paths end with a slash."""
    crooked = replace(actor("zz-office"), grants=(Grant(Role.OFFICE, Reach(region_path="/410000/4101/")),))
    assert progress.overview(crooked, campaign(), CITY) is None


def test_the_cities_add_up_to_the_province_without_its_own_units(app: Flask) -> None:
    overview = shown()
    cities = sum((part for _place, part in overview.regions), Progress())
    own = {unit.unit_type for unit in db.session.scalars(select(Unit).where(Unit.region_path == "/410000/"))}
    assert own and cities.owed < overview.total.owed
    assert sum((part for _type, part in overview.types), Progress()) == overview.total
    assert sum((part for _duty, part in overview.duties), Progress()) == overview.total
    assert sum((item.progress for item in overview.periods), Progress()) == overview.total


def test_the_clauses_page_shows_the_same_progress_as_the_duties(app: Flask) -> None:
    a_type_off()
    by_duty = {duty.code: part for duty, part in shown().duties}
    rows = clauses.trace(actor("office"), campaign())
    answered = [(duty.code, part) for row in rows for duty, part in row.duties]
    assert answered
    assert [(code, part) for code, part in answered if part != by_duty[code]] == []


def test_a_city_offices_clauses_page_counts_its_city(app: Flask) -> None:
    by_duty = {duty.code: part for duty, part in shown("zz-office").duties}
    rows = clauses.trace(actor("zz-office"), campaign())
    assert [d.code for row in rows for d, part in row.duties if part != by_duty[d.code]] == []
