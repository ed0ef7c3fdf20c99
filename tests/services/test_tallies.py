"""Tallies always agree with a recount, whatever was done, in whatever order and by however many at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from core.domain.workflow import State
from core.jobs import entry
from core.services import fsck, reports, switching
from core.services.fsck import Findings
from core.services.reports import Saved
from core.store.db import begin_writing, db
from core.store.models import (
    AuditRecord,
    OutboxTask,
    Report,
    ReportStep,
    TallyLeaf,
)
from core.store.queries import filings
from tests.conftest import actor
from tests.services.actions import bustle
from tests.services.helpers import (
    OTHER_CITY,
    accepted,
    add_unit,
    at,
    clerk,
    count,
    day,
    disagreements,
    filled,
    handed_in,
    quiet,
)
from tests.services.threads import together


def units() -> list[int]:
    """Two that share a leaf, and one elsewhere, in a world without other reports."""
    quiet()
    return [add_unit("one"), add_unit("two"), add_unit("three", region=OTHER_CITY)]


@contextmanager
def switched_off(ids: list[int]) -> Iterator[None]:
    """All units off for a moment: an error of switching would hide behind being switched on again."""
    office = actor("office")
    on = [i for i in ids if any(known.ends is None for known in filings.intervals(db.session(), i))]
    for unit_id in on:
        switching.switch_unit(office, unit_id, False, "统一调整")
    yield
    for unit_id in on:
        switching.switch_unit(office, unit_id, True, "统一调整")


def finish_work() -> None:
    for task_id in db.session.scalars(select(OutboxTask.id).where(OutboxTask.done_at.is_(None))).all():
        entry.run(task_id)


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 60))]


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_history_the_tallies_equal_a_recount(any_app: Flask, seed: int) -> None:
    """All actions by several people over the whole campaign, units and plugin switched off and on between."""
    at(day(10, 27))
    ids = units()
    people = bustle(seed, ids)
    for _part in range(3):
        people.act(120)
        assert disagreements() == [], f"seed {seed}, after {dict(people.done)}"
        with switched_off(ids):
            assert disagreements() == [], f"seed {seed}, all units off, after {dict(people.done)}"
    assert all(people.done[deed] for deed in ("submit", "decide", "reopen", "withdraw", "switch_unit")), (
        people.done
    )
    assert people.done["submit"] >= 30, "a quiet month proves little"
    finish_work()
    found = fsck.check()
    assert found == Findings(), f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
def test_each_step_of_a_history_has_its_audit_record_and_each_record_its_step(app: Flask, seed: int) -> None:
    """L3 over a random history: the same (report, version) on both sides, none missing, none more."""
    people = bustle(seed, units())
    people.act(150)
    ours = select(Report.id).where(Report.unit_id.in_([u for who in people.clerks for u in who.unit_ids]))
    taken = {
        (step.report_id, step.version)
        for step in db.session.scalars(select(ReportStep).where(ReportStep.report_id.in_(ours)))
    }
    recorded = [
        (record.object_id, record.detail["version"])
        for record in db.session.scalars(select(AuditRecord).where(AuditRecord.object_id.in_(ours)))
        if "version" in record.detail
    ]
    assert len(recorded) == len(set(recorded))
    assert set(recorded) == taken


ROUNDS = [pytest.param(1, id="once"), pytest.param(25, id="often", marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_many_at_once_on_one_leaf_keep_it_right(any_app: Flask, rounds: int) -> None:
    """Eight units of one leaf, a thread for each, inspectors and office between them."""
    quiet()
    ids = [add_unit(f"unit-{number}") for number in range(8)]
    for turn in range(rounds):
        crowds = [bustle(turn * 100 + number, [unit_id]) for number, unit_id in enumerate(ids)]
        db.session.rollback()
        together(any_app, [partial(crowd.act, 15, alone=False) for crowd in crowds])
        assert disagreements() == [], f"turn {turn}"
    assert count(Report, Report.unit_id.in_(ids)) > 0
    leaf = select(TallyLeaf).where(TallyLeaf.unit_type == "carriers", TallyLeaf.period_key == "week-3")
    assert db.session.scalars(leaf).all()


def test_people_of_one_unit_at_once_are_counted_once(any_app: Flask) -> None:
    """Three a week, handed in by six people in the same moment, then judged by two inspectors at once."""
    quiet()
    unit_id = add_unit("one")
    who = clerk(unit_id)
    for _turn in range(3):
        wishes = [filled(unit_id, "CAR-03", "week-2", seed) for seed in range(6)]
        db.session.rollback()
        saved = together(any_app, [partial(reports.save, who, wish, submit=True) for wish in wishes])
        ids = [answer.answer["id"] for answer in saved if isinstance(answer, Saved)]
        assert len(ids) == 6
        assert disagreements() == []
        together(any_app, [partial(accepted, report_id, actor("inspector")) for report_id in ids])
        assert disagreements() == []


def test_one_day_reported_by_several_at_once_is_filed_once(any_app: Flask) -> None:
    quiet()
    unit_id = add_unit("one")
    who = clerk(unit_id)
    for number in (16, 17, 18):
        wishes = [filled(unit_id, "GEN-03", f"day-{number}", seed) for seed in range(6)]
        db.session.rollback()
        answers = together(any_app, [partial(reports.save, who, wish, submit=True) for wish in wishes])
        assert sum(isinstance(answer, Saved) and answer.ok for answer in answers) == 1
        assert count(Report, Report.unit_id == unit_id, Report.period_key == f"day-{number}") == 1
    assert disagreements() == []


def test_units_of_one_leaf_that_are_switched_at_once_neither_block_nor_miscount(any_app: Flask) -> None:
    """Each has reports for several duties; what one holds in one order another must not hold in another."""
    quiet()
    ids = [add_unit(f"unit-{number}") for number in range(6)]
    for number, unit_id in enumerate(ids):
        who = clerk(unit_id)
        duties = [("CAR-03", "week-2"), ("CAR-06", "phase-1"), ("GEN-03", "day-3"), ("GEN-04", "phase-1")]
        for code, period in duties[number % 2 :: 1] if number % 3 else reversed(duties):
            handed_in(who, code, period)
    office = actor("office")
    for on in (False, True, False):
        db.session.rollback()
        jobs = [partial(switching.switch_unit, office, unit_id, on, "统一调整") for unit_id in ids]
        assert together(any_app, jobs) == [None] * len(ids)
        assert disagreements() == []


def test_a_recount_would_notice_a_report_that_was_not_counted(app: Flask) -> None:
    """The check itself can fail: a report changed behind the services' back shows."""
    report_id = handed_in(clerk(add_unit("one")), "CAR-03", "week-3")
    assert disagreements() == []
    begin_writing(db.session())
    db.session.execute(update(Report).where(Report.id == report_id).values(state=State.ACCEPTED))
    db.session.commit()
    found = disagreements()
    assert any("CAR-03" in line and "week-3" in line for line in found)
    assert any(line.startswith("metric") and "recipients" in line for line in found)


def test_sqlites_own_check_finds_nothing_after_a_bustle(app: Flask) -> None:
    bustle(7, units()).act(60)
    assert db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
