"""What a unit may report and when: what it owes, once or several times, punctual or late (W3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from core.domain.access import Actor
from core.domain.errors import Missing, NotNow
from core.domain.workflow import State
from core.services import opening, reports
from core.services.reports import Filled
from core.store.models import Report
from tests.conftest import actor
from tests.services.helpers import (
    OTHER_CITY,
    add_unit,
    at,
    clerk,
    count,
    day,
    disagreements,
    files,
    filled,
    handed_in,
    quiet,
    returned,
    stored,
    submit,
    typed,
    version,
)

#: Week 2 of CAR-03 ends on 11-08; a day of grace makes it late from 11-10, 00:00 on.
DUE = day(11, 10, 0)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("moment", "late"), [(DUE - SECOND, False), (DUE, True), (DUE + SECOND, True)])
def test_a_report_is_late_from_the_deadlines_very_second_on(
    any_app: Flask, moment: datetime, late: bool
) -> None:
    quiet()
    reporter = clerk(add_unit("test-operator"))
    at(moment)
    report_id = handed_in(reporter, "CAR-03", "week-2")
    assert stored(report_id).late is late
    assert disagreements() == []


@pytest.mark.parametrize(
    ("code", "period", "due"),
    [
        ("GEN-03", "day-1", day(10, 28, 0)),
        ("GEN-03", "day-36", day(12, 2, 0)),
        ("GEN-01", "once-1", day(11, 1, 0)),
        ("GEN-05", "once-1", day(12, 7, 0)),
        ("CAR-02", "phase-1", day(11, 6, 0)),
        ("CAR-06", "phase-3", day(12, 2, 0)),
        ("CAR-03", "week-6", day(12, 2, 0)),
    ],
)
def test_every_cadence_has_its_deadline_with_a_day_of_grace(
    app: Flask, operator: Actor, code: str, period: str, due: datetime
) -> None:
    """Days, weeks cut to the campaign, phases, and duties due once (W3)."""
    at(due - SECOND)
    punctual = handed_in(operator, code, period)
    second = clerk(add_unit("test-operator-2"))
    at(due)
    assert (stored(punctual).late, stored(handed_in(second, code, period)).late) == (False, True)


def test_a_return_does_not_make_a_punctual_report_late(app: Flask, operator: Actor, inspector: Actor) -> None:
    at(DUE - SECOND)
    report_id = handed_in(operator, "CAR-03", "week-2")
    at(DUE + timedelta(days=2))
    returned(report_id, inspector)
    assert submit(operator, "CAR-03", "week-2", report_id=report_id, version=version(report_id)).ok
    assert stored(report_id).late is False


def test_a_return_does_not_make_a_late_report_punctual(app: Flask, operator: Actor, inspector: Actor) -> None:
    at(DUE)
    report_id = handed_in(operator, "CAR-03", "week-2")
    returned(report_id, inspector)
    assert submit(operator, "CAR-03", "week-2", report_id=report_id, version=version(report_id)).ok
    assert stored(report_id).late is True


def test_a_withdrawal_starts_the_clock_anew(app: Flask, operator: Actor) -> None:
    at(DUE - SECOND)
    report_id = handed_in(operator, "CAR-03", "week-2")
    reports.withdraw(operator, report_id, version(report_id))
    at(DUE)
    assert submit(operator, "CAR-03", "week-2", report_id=report_id, version=version(report_id)).ok
    assert stored(report_id).late is True


@pytest.mark.parametrize(("code", "period"), [("GEN-03", "day-18"), ("GEN-05", "once-1")])
def test_a_daily_duty_and_one_due_once_cannot_be_filed_twice(any_app: Flask, code: str, period: str) -> None:
    reporter = clerk(add_unit("test-operator"))
    handed_in(reporter, code, period)
    with pytest.raises(NotNow):
        submit(reporter, code, period, seed=2)
    assert count(Report, Report.unit_id.in_(reporter.unit_ids)) == 1


def test_two_drafts_of_one_day_cannot_both_be_submitted(any_app: Flask) -> None:
    """Reporter and lead each begin one; the second to submit is told, and keeps what was typed as a draft."""
    reporter = clerk(add_unit("test-operator"))
    (unit_id,) = reporter.unit_ids
    first, second = (
        reports.save(reporter, filled(unit_id, "GEN-03", "day-18", seed), submit=False).answer
        for seed in (1, 2)
    )
    handed_in(reporter, "GEN-03", "day-18", report_id=first["id"], version=first["version"])
    saved = submit(reporter, "GEN-03", "day-18", 3, report_id=second["id"], version=second["version"])
    assert not saved.ok and saved.problems == [reports.FILED_ALREADY]
    assert stored(second["id"]).state == State.DRAFT
    assert stored(second["id"]).entries == typed("GEN-03", "day-18", 3)
    assert count(Report, Report.unit_id == unit_id, Report.state == State.SUBMITTED) == 1


def test_a_withdrawn_day_can_be_filed_anew_but_not_by_both(app: Flask, operator: Actor) -> None:
    old = handed_in(operator, "GEN-03", "day-18")
    reports.withdraw(operator, old, version(old))
    handed_in(operator, "GEN-03", "day-18", seed=2)
    assert not submit(operator, "GEN-03", "day-18", report_id=old, version=version(old)).ok
    assert stored(old).state == State.WITHDRAWN


def test_a_weekly_duty_takes_more_reports_than_it_needs(app: Flask, operator: Actor) -> None:
    for seed in range(4):
        handed_in(operator, "CAR-03", "week-3", seed)
    assert disagreements() == []


def test_what_a_unit_does_not_owe_looks_as_if_it_did_not_exist(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    for code, period in [
        ("CAR-04", "week-3"),  # a hall's duty
        ("BNK-06", "week-3"),  # another type's
        ("CAR-02", "phase-2"),  # asked for in phase 1 only
        ("CAR-03", "week-7"),  # after the campaign
        ("CAR-03", "day-1"),  # not how the duty is due
        ("CAR-99", "week-3"),
        ("", ""),
    ]:
        with pytest.raises(Missing):
            reports.save(operator, Filled(unit_id, code, period, {}), submit=False)
    assert count(Report, Report.unit_id == unit_id) == 0


def test_nothing_is_owed_for_periods_that_ended_before_the_unit_began(app: Flask) -> None:
    newcomer = clerk(add_unit("test-operator", since=day(11, 9).date()))
    with pytest.raises(Missing):
        submit(newcomer, "CAR-03", "week-2")
    handed_in(newcomer, "CAR-03", "week-3")


def test_a_foreign_unit_and_a_foreign_report_look_missing(app: Flask, operator: Actor) -> None:
    stranger = clerk(add_unit("test-stranger", region=OTHER_CITY))
    (own,) = operator.unit_ids
    theirs = handed_in(stranger, "CAR-03", "week-3")
    (foreign,) = stranger.unit_ids
    for wish in (
        filled(foreign, "CAR-03", "week-3"),
        filled(foreign, "CAR-03", "week-3", report_id=theirs, version=1),
        filled(own, "CAR-03", "week-3", report_id=theirs, version=1),
        filled(999_999, "CAR-03", "week-3"),
        filled(own, "CAR-03", "week-3", report_id="0" * 32, version=1),
    ):
        with pytest.raises(Missing):
            reports.save(operator, wish, submit=True)
    with pytest.raises(Missing):
        reports.withdraw(operator, theirs, version(theirs))
    with pytest.raises(Missing):
        opening.open_file(operator, files(theirs)[0])
    assert stored(theirs).state == State.SUBMITTED and stored(theirs).version == 1


def test_a_report_cannot_be_moved_to_another_duty_or_period(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    draft = reports.save(operator, filled(unit_id, "CAR-03", "week-3"), submit=False).answer
    for code, period in [("CAR-03", "week-2"), ("CAR-06", "phase-2")]:
        with pytest.raises(Missing):
            submit(operator, code, period, report_id=draft["id"], version=draft["version"])


def test_who_holds_no_reporters_role_submits_nothing(app: Flask) -> None:
    unit_id = add_unit("test-operator")
    for login in ("inspector", "office", "auditor", "admin"):
        with pytest.raises(Missing):
            reports.save(actor(login), filled(unit_id, "CAR-03", "week-3"), submit=True)
    assert count(Report, Report.unit_id == unit_id) == 0


def test_a_period_that_has_not_begun_is_refused_with_its_first_day(app: Flask, operator: Actor) -> None:
    at(day(11, 15, 23, 59, 59))
    with pytest.raises(NotNow) as refused:
        submit(operator, "CAR-03", "week-4")
    assert "2020-11-16" in refused.value.message.zh
    at(day(11, 16, 0))
    handed_in(operator, "CAR-03", "week-4")
