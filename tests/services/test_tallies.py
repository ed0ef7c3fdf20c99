"""Tallies always agree with a recount, whatever was done in whatever order; fsck sees what was broken on purpose."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from core.domain.workflow import State
from core.jobs import entry
from core.services import fsck, places, review
from core.services.fsck import Findings
from core.services.runtime import runtime
from core.store.db import begin_writing, db
from core.store.models import (
    AuditRecord,
    Blob,
    EvidenceFile,
    OutboxTask,
    Report,
    ReportStep,
    TallyLeaf,
    TallyMetric,
)
from tests.conftest import actor
from tests.services.actions import bustle
from tests.services.helpers import (
    OTHER_CITY,
    add_unit,
    at,
    clerk,
    count,
    day,
    disagreements,
    files,
    handed_in,
    later,
    stored,
    version,
)
from tests.services.threads import together


def units() -> list[int]:
    """Two that share a leaf, and one elsewhere."""
    return [add_unit("one"), add_unit("two"), add_unit("three", region=OTHER_CITY)]


def finish_work() -> None:
    for task_id in db.session.scalars(select(OutboxTask.id).where(OutboxTask.done_at.is_(None))).all():
        entry.run(task_id)


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 60))]


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_history_the_tallies_equal_a_recount(any_app: Flask, seed: int) -> None:
    """All actions by several people over the whole campaign, units and plugin switched off and on between."""
    at(day(10, 27))
    people = bustle(seed, units())
    for _part in range(3):
        people.act(120)
        assert disagreements() == [], f"seed {seed}, after {dict(people.done)}"
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
    ids = [add_unit(f"unit-{number}") for number in range(8)]
    for turn in range(rounds):
        crowds = [bustle(turn * 100 + number, [unit_id]) for number, unit_id in enumerate(ids)]
        db.session.rollback()
        together(any_app, [partial(crowd.act, 15, alone=False) for crowd in crowds])
        assert disagreements() == [], f"turn {turn}"
    assert count(Report, Report.unit_id.in_(ids)) > 0
    leaf = select(TallyLeaf).where(TallyLeaf.unit_type == "carriers", TallyLeaf.period_key == "week-3")
    assert db.session.scalars(leaf).all()


def test_units_of_one_leaf_that_are_switched_at_once_neither_block_nor_miscount(any_app: Flask) -> None:
    """Each has reports for several duties; what one holds in one order another must not hold in another."""
    ids = [add_unit(f"unit-{number}") for number in range(6)]
    for number, unit_id in enumerate(ids):
        who = clerk(unit_id)
        duties = [("CAR-03", "week-2"), ("CAR-06", "phase-1"), ("GEN-03", "day-3"), ("GEN-04", "phase-1")]
        for code, period in duties[number % 2 :: 1] if number % 3 else reversed(duties):
            handed_in(who, code, period)
    office = actor("office")
    for on in (False, True, False):
        db.session.rollback()
        jobs = [partial(places.switch_unit, office, unit_id, on, "统一调整") for unit_id in ids]
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


def changed(statement: object) -> None:
    begin_writing(db.session())
    db.session.execute(statement)  # type: ignore[call-overload]
    db.session.commit()


def without_keys(statement: str, **values: object) -> None:
    """Change what foreign keys would protect, as somebody with the file in hand can."""
    db.session.rollback()
    connection = db.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA foreign_keys=0")
        connection.cursor().execute(statement, values)
        connection.cursor().execute("PRAGMA foreign_keys=1")
    finally:
        connection.close()


@pytest.fixture
def report(app: Flask) -> str:
    """A report whose evidence nobody else has."""
    report_id = handed_in(clerk(add_unit("one")), "CAR-03", "week-3", seed=31)
    assert fsck.check() == Findings()
    return report_id


def sha256(report_id: str) -> str:
    row = db.session.get(EvidenceFile, files(report_id)[0])
    assert row is not None
    return row.sha256


def test_fsck_names_a_tally_that_was_changed(report: str) -> None:
    changed(
        update(TallyLeaf)
        .where(
            TallyLeaf.duty_code == "CAR-03",
            TallyLeaf.period_key == "week-3",
            TallyLeaf.region_path.contains("410100"),
        )
        .values(units_late=TallyLeaf.units_late + 1)
    )
    found = fsck.check()
    assert len(found.tallies) == 1 and "CAR-03" in found.tallies[0] and "410100" in found.tallies[0]
    assert not found.clean


def test_fsck_names_a_tally_row_that_is_gone(report: str) -> None:
    changed(delete(TallyLeaf).where(TallyLeaf.duty_code == "CAR-03", TallyLeaf.period_key == "week-3"))
    assert fsck.check().tallies


def test_fsck_names_a_metric_that_was_changed(report: str) -> None:
    changed(
        update(TallyMetric)
        .where(TallyMetric.metric == "recipients", TallyMetric.period_key == "week-1")
        .values(total=TallyMetric.total - 1)
    )
    found = fsck.check()
    assert found.tallies and all(line.startswith("metric") and "week-1" in line for line in found.tallies)


def test_fsck_names_a_file_that_is_gone(report: str) -> None:
    runtime().evidence.path(sha256(report)).unlink()
    found = fsck.check()
    assert found.rows_without_file == [sha256(report)]
    assert not found.wrong_hashes


def test_fsck_names_a_file_in_which_one_bit_was_turned(report: str) -> None:
    path = runtime().evidence.path(sha256(report))
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    assert fsck.check().wrong_hashes == [sha256(report)]
    assert fsck.check(hashes=False).wrong_hashes == []


def test_fsck_names_two_files_that_were_swapped(report: str) -> None:
    other = handed_in(clerk(add_unit("two")), "CAR-03", "week-3", seed=32)
    paths = [runtime().evidence.path(sha256(report_id)) for report_id in (report, other)]
    first, second = (path.read_bytes() for path in paths)
    for path, content in zip(paths, (second, first), strict=True):
        path.chmod(0o600)
        path.write_bytes(content)
    assert fsck.check().wrong_hashes == sorted(sha256(report_id) for report_id in (report, other))


def test_fsck_names_a_file_without_a_row_once_it_is_old(report: str) -> None:
    """Bytes come before their row, so that young ones are no fault."""
    stray = runtime().evidence.path("ab" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"left behind")
    assert fsck.check(hashes=False).files_without_row == []
    old = time.time() - fsck.GRACE.total_seconds() - 5
    os.utime(stray, (old, old))
    assert fsck.check().files_without_row == [stray.name]


def test_fsck_names_evidence_whose_blob_row_is_gone(report: str) -> None:
    (file_id,), digest = files(report), sha256(report)
    without_keys("DELETE FROM blob WHERE sha256 = :digest", digest=digest)
    assert count(Blob, Blob.sha256 == digest) == 0
    assert fsck.check().rows_without_file == [f"evidence {file_id}"]


def test_fsck_names_a_report_whose_history_says_otherwise(report: str) -> None:
    changed(update(Report).where(Report.id == report).values(state=State.WITHDRAWN))
    assert any(report in line and "withdrawn" in line for line in fsck.check().histories)


def test_fsck_names_a_report_that_lost_its_last_step(report: str) -> None:
    changed(delete(ReportStep).where(ReportStep.report_id == report))
    assert any(report in line for line in fsck.check().histories)


def test_fsck_names_owed_work_that_nobody_does(report: str) -> None:
    inspector = actor("inspector")
    review.accept(inspector, report, review.claim(inspector, report)["version"])
    later(fsck.OUTBOX_AGE)
    assert fsck.check().outbox == []
    later(timedelta(seconds=1))
    assert fsck.check().outbox == [f"notify_decision:{report}:{version(report)}: still owed"]
    changed(update(OutboxTask).values(failed_at=runtime().clock.now(), error="RuntimeError: 坏了"))
    assert "RuntimeError: 坏了" in fsck.check().outbox[0]
    finish_work()
    assert fsck.check().outbox == []


def test_fsck_changes_nothing(report: str) -> None:
    """It finds, it never mends: not even what is easy to mend."""
    changed(
        update(TallyLeaf).where(TallyLeaf.duty_code == "CAR-03").values(units_filed=TallyLeaf.units_filed + 1)
    )
    once = fsck.check()
    db.session.rollback()
    assert once.tallies == fsck.check().tallies != []
    assert stored(report).state == State.SUBMITTED


def test_sqlites_own_check_finds_nothing_after_a_bustle(app: Flask) -> None:
    bustle(7, units()).act(60)
    assert db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
