"""Progress of many units at once equals what is counted unit by unit."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendar import Cadence, Calendar, periods
from core.domain.duties import DutyRule, KindRef
from core.domain.obligations import Interval, owed
from core.domain.progress import Head, Progress, due_periods, is_due, owed_in, owing
from tests.unit.made import KIND, NOTICE, SHANGHAI, cadences, calendars, duty, enabled, histories, shanghai

KINDS = (KIND, KindRef("things", "office"), KindRef("others", "hall", front_line=True))


@st.composite
def rules(draw: st.DrawFn, number: int) -> DutyRule:
    unit_type = draw(st.sampled_from((None, "things", "others")))
    kinds = draw(st.sampled_from(((), ("shop",), ("office", "hall")))) if unit_type else ()
    return duty(
        draw(cadences()),
        code=f"THG-{number:02}",
        grace=draw(st.integers(0, 6)),
        unit_type=unit_type,
        kinds=kinds,
        front_line=draw(st.booleans()),
    )


Units = list[tuple[KindRef, tuple[Interval, ...]]]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Calendar, list[DutyRule], Units, datetime]:
    """A campaign, some duties, a few units with their histories, and a moment near or in the campaign."""
    calendar = draw(calendars())
    duties = [draw(rules(number)) for number in range(draw(st.integers(1, 3)))]
    units = [
        (draw(st.sampled_from(KINDS)), draw(histories(calendar.span))) for _ in range(draw(st.integers(0, 5)))
    ]
    midnight = datetime.combine(calendar.span.starts, datetime.min.time(), SHANGHAI)
    hours = draw(st.integers(-48, 24 * (calendar.span.days + 10)))
    return calendar, duties, units, midnight + timedelta(hours=hours)


def census(units: Units) -> list[Head]:
    """The units as heads: those of one kind and interval together."""
    heads = Counter((kind, interval) for kind, intervals in units for interval in intervals)
    return [Head("/41/", kind, interval, count) for (kind, interval), count in heads.items()]


@given(worlds())
def test_what_heads_owe_equals_what_each_unit_owes(
    world: tuple[Calendar, list[DutyRule], Units, datetime],
) -> None:
    calendar, duties, units, now = world
    begun, due = Counter[str](), Counter[str]()
    for kind, intervals in units:
        for obligation in owed(duties, kind, intervals, calendar):
            if obligation.period.starts <= now.date():
                begun[obligation.duty.code] += 1
                if now >= obligation.due_at(SHANGHAI):
                    due[obligation.duty.code] += 1
    found_owed, found_due = Counter[str](), Counter[str]()
    for item in owing(duties, calendar, census(units), now):
        assert item.owed > 0
        assert item.duty.binds(item.head.kind)
        found_owed[item.duty.code] += item.owed
        found_due[item.duty.code] += item.due
    assert found_owed == begun
    assert found_due == due


@given(worlds())
def test_how_many_owe_a_period_equals_a_count_of_single_units(
    world: tuple[Calendar, list[DutyRule], Units, datetime],
) -> None:
    calendar, duties, units, _ = world
    heads = census(units)
    singly = Counter(
        (obligation.duty.code, obligation.period.key)
        for kind, intervals in units
        for obligation in owed(duties, kind, intervals, calendar)
    )
    for rule in duties:
        for period in periods(rule.cadence, calendar):
            assert owed_in(rule, period, heads) == singly[rule.code, period.key]


@given(worlds())
def test_due_periods_are_those_whose_deadline_has_passed(
    world: tuple[Calendar, list[DutyRule], Units, datetime],
) -> None:
    calendar, duties, _, now = world
    expected = [
        (rule.code, period.key)
        for rule in duties
        for period in periods(rule.cadence, calendar)
        if now.date() > period.ends + timedelta(days=rule.grace)
    ]
    assert [(rule.code, period.key) for rule, period in due_periods(duties, calendar, now)] == expected


def test_a_hundred_units_owe_a_hundred_times_what_one_owes() -> None:
    rule = duty(Cadence("week", 3))
    [one] = owing(
        [rule], NOTICE, [Head("/41/", KIND, enabled("2020-11-03"), 100)], shanghai("2020-11-12T09:00")
    )
    assert (one.owed, one.due) == (200, 100)  # weeks 2 and 3 have begun, week 2 is over and its grace too


@pytest.mark.parametrize(("now", "due"), [("2020-11-09T23:59:59", False), ("2020-11-10T00:00:00", True)])
def test_a_period_is_due_after_its_day_of_grace(now: str, due: bool) -> None:
    rule = duty(Cadence("week"))
    assert is_due(rule, periods(rule.cadence, NOTICE)[1], shanghai(now)) is due


def test_nothing_is_owed_before_the_campaign_or_by_no_one() -> None:
    head = Head("/41/", KIND, enabled("2020-01-01"), 5)
    assert list(owing([duty()], NOTICE, [head], shanghai("2020-10-25T23:59:59"))) == []
    assert list(owing([duty()], NOTICE, [], shanghai("2020-11-12T09:00:00"))) == []


@pytest.mark.parametrize(
    ("progress", "rate", "overdue"),
    [
        (Progress(), None, 0),
        (Progress(owed=3, filed=2), 66, 0),
        (Progress(owed=1000, filed=999), 99, 0),
        (Progress(owed=3, filed=3, due=3, due_filed=3), 100, 0),
        (Progress(owed=3, filed=4), 100, 0),
        (Progress(owed=5, due=4, filed=3, due_filed=1), 60, 3),
        (Progress(owed=5, due=1, filed=3, due_filed=2), 60, 0),
    ],
)
def test_a_rate_is_rounded_down_and_never_shows_all_done_too_early(
    progress: Progress, rate: int | None, overdue: int
) -> None:
    assert (progress.rate, progress.overdue) == (rate, overdue)


def test_progress_adds_up_number_by_number() -> None:
    one, other = Progress(1, 2, 3, 4, 5, 6, 7, 8, 9), Progress(10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert one + other == Progress(11, 22, 33, 44, 55, 66, 77, 88, 99)


def test_a_day_that_a_unit_is_disabled_on_is_not_owed() -> None:
    daily = duty(Cadence("day"))
    head = Head("/41/", KIND, Interval(date(2020, 10, 28), date(2020, 10, 30)), 1)
    [found] = owing([daily], NOTICE, [head], shanghai("2020-11-12T09:00:00"))
    assert (found.owed, found.due) == (2, 2)
