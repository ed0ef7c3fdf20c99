"""fsck names what was broken on purpose, and nothing else."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from core.domain.workflow import State
from core.jobs import entry
from core.services import comparing, fsck, review
from core.services.fsck import Findings
from core.services.runtime import runtime
from core.store.db import begin_writing, db
from core.store.models import (
    Blob,
    EvidenceFile,
    OutboxTask,
    Report,
    ReportStep,
    TallyLeaf,
    TallyMetric,
)
from tests.conftest import actor
from tests.services.helpers import (
    accepted,
    add_unit,
    clerk,
    count,
    files,
    handed_in,
    later,
    quiet,
    stored,
    version,
)


def finish_work() -> None:
    for task_id in db.session.scalars(select(OutboxTask.id).where(OutboxTask.done_at.is_(None))).all():
        entry.run(task_id)


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
    quiet()
    report_id = handed_in(clerk(add_unit("one")), "CAR-03", "week-3", seed=31)
    assert fsck.check() == Findings()
    return report_id


def sha256(report_id: str) -> str:
    row = db.session.get(EvidenceFile, files(report_id)[0])
    assert row is not None
    return row.sha256


def path_of(digest: str) -> Path:
    path = runtime().evidence.path(digest)
    assert path is not None
    return path


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
    accepted(report, actor("inspector"))
    assert fsck.check() == Findings()
    changed(update(TallyMetric).where(TallyMetric.metric == "recipients").values(total=TallyMetric.total - 1))
    (line,) = fsck.check().tallies
    assert line.startswith("metric") and "recipients" in line and "week-3" in line


def test_fsck_names_a_file_that_is_gone(report: str) -> None:
    path_of(sha256(report)).unlink()
    found = fsck.check()
    assert found.rows_without_file == [sha256(report)]
    assert not found.wrong_hashes


def test_fsck_names_a_file_in_which_one_bit_was_turned(report: str) -> None:
    path = path_of(sha256(report))
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    assert fsck.check().wrong_hashes == [sha256(report)]
    assert fsck.check(hashes=False).wrong_hashes == []


def test_fsck_names_two_files_that_were_swapped(report: str) -> None:
    other = handed_in(clerk(add_unit("two")), "CAR-03", "week-3", seed=32)
    paths = [path_of(sha256(report_id)) for report_id in (report, other)]
    first, second = (path.read_bytes() for path in paths)
    for path, content in zip(paths, (second, first), strict=True):
        path.chmod(0o600)
        path.write_bytes(content)
    one, two = sorted(sha256(report_id) for report_id in (report, other))
    found = fsck.check()
    assert found.swapped == [f"{one}: holds {two}", f"{two}: holds {one}"]
    assert not found.wrong_hashes and not found.clean


def test_fsck_names_a_file_without_a_row_once_it_is_old(report: str) -> None:
    """Bytes come before their row, so that young ones are no fault."""
    stray = path_of("ab" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"left behind")
    assert fsck.check(hashes=False).files_without_row == []
    old = time.time() - comparing.LEFT_BEHIND.total_seconds() - 5
    os.utime(stray, (old, old))
    assert fsck.check().files_without_row == [stray.name]


def test_fsck_names_a_file_whose_name_is_no_hash(report: str) -> None:
    (path_of(sha256(report)).parent / "readme.txt").touch()
    assert fsck.check().files_without_row == ["readme.txt"]


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
    assert [line for line in fsck.check().outbox if not line.startswith("examine_file")] == [
        f"check_report:{report}:1: still owed",
        f"notify_decision:{report}:{version(report)}: still owed",
    ]
    changed(update(OutboxTask).values(failed_at=runtime().clock.now(), error="RuntimeError: 坏了"))
    assert "RuntimeError: 坏了" in fsck.check().outbox[0]
    changed(update(OutboxTask).values(failed_at=None))
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
