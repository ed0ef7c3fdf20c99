"""What a unit owes, and how it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendar import Cadence, Calendar, Deadline, Period, periods
from core.domain.duties import DutyRule, KindRef
from core.domain.obligations import (
    URGENCIES,
    Filing,
    Interval,
    Obligation,
    Standing,
    enabled_days,
    needed,
    owed,
    standing,
    urgency,
)
from tests.unit.made import (
    KIND,
    NOTICE,
    SHANGHAI,
    TOPICS,
    cadences,
    calendars,
    duty,
    each_day,
    enabled,
    histories,
    shanghai,
    span,
)

WEEK = Period("week", 2, span("2020-11-02", "2020-11-08"))
THREE = duty(Cadence("week", 3))


def test_an_interval_begins_with_its_first_day_and_ends_before_its_last() -> None:
    interval = enabled("2020-11-02", "2020-11-05")
    assert [day.day for day in each_day(WEEK) if day in interval] == [2, 3, 4]
    assert [day.day for day in each_day(WEEK) if day in enabled("2020-11-06")] == [6, 7, 8]
    assert "2020-11-03" not in interval


@pytest.mark.parametrize(
    ("intervals", "count"),
    [
        ([], 0),
        ([enabled("2020-10-01")], 3),
        ([enabled("2020-10-01", "2020-11-08")], 0),
        ([enabled("2020-10-01", "2020-11-09")], 3),
        ([enabled("2020-11-08")], 1),
        ([enabled("2020-11-09")], 0),
        ([enabled("2020-11-06")], 2),
        ([enabled("2020-10-01", "2020-11-03"), enabled("2020-11-08")], 1),
        ([enabled("2020-10-01", "2020-11-04"), enabled("2020-11-08")], 2),
    ],
)
def test_a_unit_owes_a_week_only_if_enabled_on_its_last_day_and_then_for_its_days(
    intervals: list[Interval], count: int
) -> None:
    assert needed(THREE, WEEK, intervals) == count


@pytest.mark.parametrize("cadence", [Cadence("phase", 2, (1,)), Cadence("once", 2, by=Deadline("end", 1))])
def test_other_periods_are_owed_in_full_by_a_unit_enabled_on_the_last_day_alone(cadence: Cadence) -> None:
    rule = duty(cadence)
    [period] = periods(cadence, NOTICE)
    assert period.ends.isoformat() == "2020-11-04"
    assert needed(rule, period, [enabled("2020-11-04", "2020-11-05")]) == 2
    assert needed(rule, period, [enabled("2020-10-01", "2020-11-04")]) == 0


@st.composite
def situations(draw: st.DrawFn) -> tuple[DutyRule, Calendar, tuple[Interval, ...]]:
    calendar = draw(calendars())
    return duty(draw(cadences())), calendar, draw(histories(calendar.span))


@given(situations())
def test_what_is_owed_equals_a_count_day_by_day(
    situation: tuple[DutyRule, Calendar, tuple[Interval, ...]],
) -> None:
    rule, calendar, intervals = situation
    expected = {}
    for period in periods(rule.cadence, calendar):
        days = [day for day in each_day(period) if any(day in interval for interval in intervals)]
        assert enabled_days(period, intervals) == len(days)
        if period.ends in days:
            times = rule.cadence.times
            expected[period.key] = -(-times * len(days) // 7) if period.kind == "week" else times
    found = {item.period.key: item.needed for item in owed([rule], KIND, intervals, calendar)}
    assert found == expected


def test_a_unit_owes_the_duties_of_its_kind_in_their_order() -> None:
    everywhere = [enabled("2020-01-01")]
    rules = [
        duty(Cadence("once"), code="THG-02"),
        duty(Cadence("once"), code="THG-03", kinds=("office",)),
        duty(Cadence("once"), code="OTH-01", unit_type="others", kinds=()),
        duty(Cadence("once"), code="GEN-01", unit_type=None, kinds=()),
        duty(Cadence("once"), code="GEN-02", unit_type=None, kinds=(), front_line=False),
        duty(Cadence("once"), code="THG-01", kinds=()),
    ]

    def codes(kind: KindRef) -> list[str]:
        return [item.key[0] for item in owed(rules, kind, everywhere, NOTICE)]

    assert codes(KindRef("things", "shop", front_line=True)) == ["THG-02", "GEN-01", "THG-01"]
    assert codes(KindRef("things", "office")) == ["THG-03", "GEN-01", "GEN-02", "THG-01"]
    assert codes(KindRef("others", "shop")) == ["OTH-01", "GEN-01", "GEN-02"]


def test_a_duty_survives_being_stored_as_data() -> None:
    rule = duty(Cadence("once", 2, (1, 2), Deadline("end", 2, 3)), covers="topics", clauses=("1.1", "1.2"))
    assert DutyRule.from_json(rule.to_json()) == rule
    assert DutyRule.from_json(duty().to_json()) == duty()


def filings(*states: str, late: bool = False, topics: tuple[str, ...] = ()) -> list[Filing]:
    return [Filing(state, late, frozenset(topics)) for state in states]


@pytest.mark.parametrize(
    ("states", "is_filed", "is_done", "returned"),
    [
        ((), False, False, 0),
        (("draft", "withdrawn"), False, False, 0),
        (("submitted",), False, False, 0),
        (("submitted", "in_review"), True, False, 0),
        (("accepted", "in_review"), True, False, 0),
        (("accepted", "accepted"), True, True, 0),
        (("accepted", "returned"), False, False, 1),
        (("accepted", "accepted", "returned"), True, True, 1),
        (("accepted", "draft"), False, False, 0),
    ],
)
def test_two_reports_are_filed_once_handed_in_and_done_once_accepted(
    states: tuple[str, ...], is_filed: bool, is_done: bool, returned: int
) -> None:
    how = standing(duty(), 2, filings(*states))
    assert (how.is_filed, how.is_done, how.returned) == (is_filed, is_done, returned)


def test_an_obligation_is_late_only_if_it_took_a_late_report_to_fill_it() -> None:
    on_time, late = filings("submitted", "accepted"), filings("submitted", late=True)
    assert not standing(duty(), 2, on_time).late
    assert not standing(duty(), 2, on_time + late).late
    assert standing(duty(), 2, on_time[:1] + late).late
    assert not standing(duty(), 2, late).late, "not filled at all yet"
    assert not standing(duty(), 2, on_time[:1] + filings("draft", "returned", late=True)).late


COVERING = duty(Cadence("phase"), covers="topics")


def test_every_topic_must_be_reported_over_all_reports_of_the_period() -> None:
    first = filings("accepted", topics=("orders", "cards"))
    assert standing(COVERING, 1, first).topics_missing == {"teacher"}
    assert not standing(COVERING, 1, first).is_filed
    assert not standing(COVERING, 1, first).is_done

    waiting = standing(COVERING, 1, first + filings("submitted", topics=("teacher",)))
    assert (waiting.is_filed, waiting.is_done) == (True, False)
    assert waiting.topics_unaccepted == {"teacher"}

    done = standing(COVERING, 1, first + filings("accepted", topics=("teacher", "cards")))
    assert (done.is_filed, done.is_done) == (True, True)


@pytest.mark.parametrize("state", ["draft", "withdrawn", "returned"])
def test_topics_of_a_report_that_does_not_count_are_missing(state: str) -> None:
    how = standing(COVERING, 1, filings("accepted", topics=TOPICS[:2]) + filings(state, topics=TOPICS[2:]))
    assert how.topics_missing == {"teacher"}


def test_it_is_late_where_the_last_topic_came_late() -> None:
    first = filings("submitted", topics=("orders", "cards"))
    how = standing(COVERING, 1, first + filings("submitted", late=True, topics=("teacher",)))
    assert how.is_filed
    assert how.late


def test_it_is_not_late_where_late_reports_only_add_to_topics_that_were_complete() -> None:
    first = filings("submitted", topics=TOPICS)
    assert not standing(COVERING, 1, first + filings("submitted", late=True, topics=TOPICS)).late


def standing_of(**changes: Any) -> Standing:
    facts: dict[str, Any] = {"needed": 1, "filed": 0, "accepted": 0, "returned": 0, "late": False}
    nothing = frozenset[str]()
    return Standing(**{**facts, "topics_missing": nothing, "topics_unaccepted": nothing} | changes)


OPEN = standing_of()
RETURNED = standing_of(returned=1)
FILED = standing_of(filed=1)
DONE = standing_of(filed=1, accepted=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2020-11-01T23:59:59", "later"),
        ("2020-11-02T00:00:00", "due_now"),
        ("2020-11-07T23:59:59", "due_now"),
        ("2020-11-08T00:00:00", "due_today"),
        ("2020-11-08T23:59:59", "due_today"),
        ("2020-11-09T23:59:59", "due_today"),  # the day of grace
        ("2020-11-10T00:00:00", "overdue"),
    ],
)
def test_what_is_not_filed_grows_urgent_with_time(now: str, expected: str) -> None:
    assert urgency(Obligation(THREE, WEEK, 1), OPEN, shanghai(now)) == expected


@pytest.mark.parametrize("now", ["2020-11-01T12:00:00", "2020-11-05T12:00:00", "2020-11-20T12:00:00"])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (RETURNED, "returned"),
        (FILED, "waiting"),
        (DONE, "done"),
        (standing_of(filed=1, returned=1), "waiting"),
        (standing_of(filed=1, accepted=1, returned=1), "done"),
        (standing_of(filed=1, returned=1, topics_missing=frozenset({"cards"})), "returned"),
    ],
)
def test_what_was_filed_or_returned_stays_so_whatever_the_time(
    now: str, how: Standing, expected: str
) -> None:
    assert urgency(Obligation(THREE, WEEK, 1), how, shanghai(now)) == expected


def test_urgency_needs_a_time_zone() -> None:
    with pytest.raises(AssertionError, match="time zone"):
        urgency(Obligation(THREE, WEEK, 1), OPEN, datetime(2020, 11, 5))  # noqa: DTZ001 (that is the mistake)


def test_every_urgency_has_its_place_on_the_page() -> None:
    assert URGENCIES == ("returned", "overdue", "due_today", "due_now", "waiting", "done", "later")


@given(st.integers(-5, 20), st.integers(0, 3))
def test_what_is_open_is_overdue_exactly_from_its_deadline(days: int, grace: int) -> None:
    obligation = Obligation(duty(Cadence("week"), grace=grace), WEEK, 1)
    deadline = obligation.due_at(SHANGHAI)
    now = deadline + timedelta(days=days, microseconds=-1)
    assert (urgency(obligation, OPEN, now) == "overdue") is (days > 0)
