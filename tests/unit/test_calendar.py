"""Days, weeks, phases, quotas and deadlines."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendar import (
    Cadence,
    Calendar,
    Deadline,
    Period,
    Span,
    days_of,
    due_at,
    periods,
    quota,
    weeks_of,
)
from core.domain.clock import Clock
from tests.unit.made import NOTICE, SHANGHAI, cadences, calendars, each_day, span


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/New_York"])
def _server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine stands in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def week(number: int) -> Period:
    return periods(Cadence("week", 3), NOTICE)[number - 1]


def test_the_campaign_has_36_days_both_ends_included() -> None:
    assert NOTICE.span.days == 36
    assert date(2020, 10, 26) in NOTICE.span
    assert date(2020, 11, 30) in NOTICE.span
    assert date(2020, 10, 25) not in NOTICE.span
    assert date(2020, 12, 1) not in NOTICE.span
    assert "2020-11-01" not in NOTICE.span


def test_every_day_is_a_period_numbered_from_1() -> None:
    days = periods(Cadence("day"), NOTICE)
    assert [period.key for period in days] == [f"day-{number}" for number in range(1, 37)]
    assert [(days[0].starts, days[0].ends)] == [(date(2020, 10, 26), date(2020, 10, 26))]
    assert days[-1].span == span("2020-11-30", "2020-11-30")
    assert NOTICE.day_number(date(2020, 11, 12)) == 18
    assert NOTICE.day_number(date(2020, 10, 25)) == 0


def test_weeks_run_from_monday_to_sunday_and_the_last_is_one_monday_alone() -> None:
    assert [(p.key, p.span) for p in periods(Cadence("week"), NOTICE)] == [
        ("week-1", span("2020-10-26", "2020-11-01")),
        ("week-2", span("2020-11-02", "2020-11-08")),
        ("week-3", span("2020-11-09", "2020-11-15")),
        ("week-4", span("2020-11-16", "2020-11-22")),
        ("week-5", span("2020-11-23", "2020-11-29")),
        ("week-6", span("2020-11-30", "2020-11-30")),
    ]


def test_phases_are_those_of_the_notice() -> None:
    assert [(p.key, p.span) for p in periods(Cadence("phase"), NOTICE)] == [
        ("phase-1", span("2020-10-26", "2020-11-04")),
        ("phase-2", span("2020-11-05", "2020-11-15")),
        ("phase-3", span("2020-11-16", "2020-11-30")),
    ]


def test_a_phase_duty_may_name_its_phases_and_keeps_their_numbers() -> None:
    assert [p.key for p in periods(Cadence("phase", phases=(3, 2)), NOTICE)] == ["phase-2", "phase-3"]


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        ("2020-10-25", None),
        ("2020-10-26", 1),
        ("2020-11-04", 1),
        ("2020-11-05", 2),
        ("2020-11-15", 2),
        ("2020-11-16", 3),
        ("2020-11-30", 3),
        ("2020-12-01", None),
    ],
)
def test_a_phase_changes_at_its_first_day(day: str, phase: int | None) -> None:
    assert NOTICE.phase_on(date.fromisoformat(day)) == phase


@pytest.mark.parametrize(
    ("by", "last"),
    [
        (None, "2020-11-30"),
        (Deadline("start", None, 4), "2020-10-30"),
        (Deadline("end", 1), "2020-11-04"),
        (Deadline("end", 2), "2020-11-15"),
        (Deadline("start", 3), "2020-11-16"),
        (Deadline("end", None, 5), "2020-12-05"),
    ],
)
def test_a_duty_due_once_runs_from_the_campaigns_first_day_to_its_deadline(
    by: Deadline | None, last: str
) -> None:
    assert periods(Cadence("once", by=by), NOTICE) == (Period("once", 1, span("2020-10-26", last)),)


def test_three_a_week_is_three_in_a_whole_week_and_one_in_a_week_of_one_day() -> None:
    assert [quota(3, week(number)) for number in range(1, 7)] == [3, 3, 3, 3, 3, 1]


@pytest.mark.parametrize(("days", "needed"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 3)])
def test_a_cut_weeks_quota_is_prorated_and_rounded_up(days: int, needed: int) -> None:
    assert quota(3, week(1), days) == needed


@pytest.mark.parametrize("kind", ["day", "phase", "once"])
def test_other_periods_are_not_divided(kind: str) -> None:
    for period in periods(Cadence(kind), NOTICE):  # type: ignore[arg-type]
        assert quota(2, period, 1) == 2
        assert quota(2, period, 0) == 0


#: A period of each kind, the grace, and the instant of the deadline in UTC, typed by hand.
DEADLINES = [
    ("day", 1, 0, "2020-10-26T16:00:00Z"),
    ("day", 1, 1, "2020-10-27T16:00:00Z"),
    ("day", 36, 3, "2020-12-03T16:00:00Z"),
    ("week", 1, 0, "2020-11-01T16:00:00Z"),
    ("week", 1, 1, "2020-11-02T16:00:00Z"),
    ("week", 6, 1, "2020-12-01T16:00:00Z"),
    ("phase", 1, 0, "2020-11-04T16:00:00Z"),
    ("phase", 2, 1, "2020-11-16T16:00:00Z"),
    ("phase", 3, 5, "2020-12-05T16:00:00Z"),
    ("once", 1, 0, "2020-11-30T16:00:00Z"),
    ("once", 1, 1, "2020-12-01T16:00:00Z"),
    ("once", 1, 5, "2020-12-05T16:00:00Z"),
]


@pytest.mark.usefixtures("_server_zone")
@pytest.mark.parametrize(("kind", "number", "grace", "instant"), DEADLINES)
@pytest.mark.parametrize(
    ("step", "late"),
    [
        (timedelta(days=-1), False),
        (timedelta(microseconds=-1), False),
        (timedelta(0), True),
        (timedelta(microseconds=1), True),
    ],
)
def test_a_report_is_late_from_24_00_of_the_last_day_of_grace_wherever_the_server_stands(
    kind: str, number: int, grace: int, instant: str, step: timedelta, late: bool
) -> None:
    period = periods(Cadence(kind), NOTICE)[number - 1]  # type: ignore[arg-type]
    deadline = datetime.fromisoformat(instant)
    assert due_at(period, grace, SHANGHAI) == deadline
    assert (deadline + step >= due_at(period, grace, SHANGHAI)) is late


@pytest.mark.usefixtures("_server_zone")
@pytest.mark.parametrize(
    ("instant", "today"),
    [
        ("2020-11-29T15:59:59Z", "2020-11-29"),
        ("2020-11-29T16:00:00Z", "2020-11-30"),
        ("2020-11-30T15:59:59Z", "2020-11-30"),
        ("2020-11-30T16:00:00Z", "2020-12-01"),
    ],
)
def test_a_day_begins_at_midnight_of_the_campaigns_clock_wherever_the_server_stands(
    instant: str, today: str
) -> None:
    clock = Clock(SHANGHAI)
    assert clock.local(datetime.fromisoformat(instant)).date() == date.fromisoformat(today)


@pytest.mark.usefixtures("_server_zone")
def test_a_moved_clock_runs_on_from_where_it_was_set() -> None:
    wanted = datetime(2020, 11, 12, 9, 30, tzinfo=SHANGHAI)
    clock = Clock(SHANGHAI, wanted - datetime.now(UTC))
    assert timedelta(0) <= clock.now() - wanted < timedelta(seconds=30)
    assert clock.today() == date(2020, 11, 12)


def test_the_fixture_really_moves_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    offsets = set()
    for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
        monkeypatch.setitem(os.environ, "TZ", zone)
        time.tzset()
        offsets.add(time.localtime(0).tm_gmtoff)
    monkeypatch.undo()
    time.tzset()
    assert offsets == {0, 8 * 3600, -5 * 3600}


@pytest.mark.parametrize(
    ("phases", "why"),
    [
        ((span("2020-10-27", "2020-11-30"),), "gap or overlap at 2020-10-26"),
        (
            (span("2020-10-26", "2020-11-04"), span("2020-11-06", "2020-11-30")),
            "gap or overlap at 2020-11-05",
        ),
        (
            (span("2020-10-26", "2020-11-04"), span("2020-11-04", "2020-11-30")),
            "gap or overlap at 2020-11-05",
        ),
        ((span("2020-10-26", "2020-11-29"),), "must end with the campaign"),
        ((span("2020-10-26", "2020-12-01"),), "must end with the campaign"),
    ],
)
def test_phases_must_fill_the_campaign(phases: tuple[Span, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Calendar(NOTICE.span, phases)


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        span("2020-11-02", "2020-11-01")


@given(calendars())
def test_weeks_fill_the_campaign_without_gap_or_overlap_from_monday_to_sunday(calendar: Calendar) -> None:
    weeks = list(weeks_of(calendar.span))
    assert [day for part in weeks for day in each_day(part)] == list(days_of(calendar.span))
    assert all(part.starts.weekday() == 0 for part in weeks[1:])
    assert all(part.ends.weekday() == 6 for part in weeks[:-1])
    assert all(part.days <= 7 for part in weeks)


@given(calendars(), cadences())
def test_periods_lie_in_order_inside_the_campaign_and_have_keys_of_their_own(
    calendar: Calendar, cadence: Cadence
) -> None:
    found = periods(cadence, calendar)
    assert len({period.key for period in found}) == len(found)
    assert [day for p in found for day in each_day(p)] == list(each_day(Period("once", 1, calendar.span)))


@given(calendars(), st.integers(0, 20))
def test_a_weeks_quota_is_the_least_that_keeps_the_weekly_rate(calendar: Calendar, times: int) -> None:
    for period in periods(Cadence("week", times), calendar):
        days = sum(1 for _ in each_day(period))
        expected = next(count for count in range(times + 1) if count * 7 >= times * days)
        assert quota(times, period) == expected


@given(calendars(), cadences(), st.integers(-60, 400), st.integers(0, 9))
def test_everything_in_a_moved_campaign_moves_by_whole_weeks(
    calendar: Calendar, cadence: Cadence, weeks: int, grace: int
) -> None:
    moved = calendar.moved(weeks)
    old, new = periods(cadence, calendar), periods(cadence, moved)
    assert [p.key for p in new] == [p.key for p in old]
    for before, after in zip(old, new, strict=True):
        shift = timedelta(days=7 * weeks)
        assert (after.starts - before.starts, after.ends - before.ends) == (shift, shift)
        assert after.starts.weekday() == before.starts.weekday()
        assert quota(cadence.times, after) == quota(cadence.times, before)
        assert due_at(after, grace, SHANGHAI) - due_at(before, grace, SHANGHAI) == shift
    for phase in range(1, len(calendar.phases) + 1):
        deadline = Deadline("end", phase, 3)
        assert deadline.on(moved) - deadline.on(calendar) == timedelta(days=7 * weeks)


@given(calendars())
def test_a_campaign_moved_by_nothing_is_the_same(calendar: Calendar) -> None:
    assert calendar.moved(0) == calendar
    assert calendar.moved(5).moved(-5) == calendar
