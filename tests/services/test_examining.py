"""Examining files in the background: what the unit is told, what is kept, and that it happens once."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.domain.access import Actor
from core.domain.files import Examined, FileState, Scan
from core.domain.text import Text
from core.examine import launch
from core.jobs import entry, outbox, schedule
from core.services import bag, examining, notices, scanner
from core.services.runtime import runtime
from core.services.work import SYSTEM, chore
from core.store.clamd import LASTING, NOT_CONFIGURED, TOO_LARGE
from core.store.db import begin_writing, db
from core.store.evidence import StorageFailed
from core.store.models import (
    AuditRecord,
    BagFile,
    BlobFacts,
    EvidenceFile,
    Notification,
    OutboxTask,
    PictureHash,
)
from tests.clamd import EICAR, VIRUS, pretending, saying
from tests.clamd import clamd as daemon
from tests.conftest import actor
from tests.services.helpers import add_unit, clerk, count, handed_in, home, jpeg, later
from tests.services.threads import together


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A real scanner."""
    with daemon() as found:
        yield found


def use_scanner(address: str | None) -> None:
    runtime().settings = replace(runtime().settings, clamd=address)


def put(who: Actor, content: bytes, name: str) -> str:
    stored = runtime().evidence.put(io.BytesIO(content), name, len(content))
    return bag.add(who, home(who), stored, name)


def task_of(bag_id: str) -> OutboxTask:
    db.session.expire_all()
    return db.session.scalars(select(OutboxTask).where(OutboxTask.key == f"examine_file:{bag_id}")).one()


def examined(bag_id: str) -> BagFile:
    """The file after its job ran."""
    entry.run(task_of(bag_id).id)
    return stored(bag_id)


def stored(bag_id: str) -> BagFile:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(BagFile, bag_id)


def known(bag_id: str) -> BlobFacts:
    return db.session.get_one(BlobFacts, stored(bag_id).sha256)


def in_use(report_id: str) -> str:
    """The one file of a report."""
    found = db.session.scalar(select(EvidenceFile.bag_id).where(EvidenceFile.report_id == report_id))
    assert found is not None
    return found


def answering(monkeypatch: pytest.MonkeyPatch, found: Examined) -> None:
    """Let every examination end like this."""
    monkeypatch.setattr(launch, "examine", lambda *_asked: found)


REFUSED = Examined(
    FileState.REFUSED, (Text("文件打不开，请重新导出后上传", "It does not open: export it anew"),)
)


def test_a_photograph_is_ready_with_facts_previews_and_hashes(any_app: Flask) -> None:
    operator = clerk(add_unit("test-operator"))
    bag_id = put(operator, jpeg(1), "现场.jpg")
    assert stored(bag_id).state == FileState.CHECKING
    row = examined(bag_id)
    assert (row.state, row.said) == (FileState.READY, []) and row.checked_at is not None
    facts = known(bag_id)
    assert (facts.facts["width"], facts.facts["height"]) == (64, 48)
    assert (facts.scan, facts.scan_why) == (Scan.NOT_SCANNED, NOT_CONFIGURED.to_json())
    assert {preview["name"] for preview in facts.previews} == {"thumb.webp", "page-1.webp"}
    for preview in facts.previews:
        with runtime().evidence.open_preview(row.sha256, preview["name"]) as file:
            assert file.read(4) == b"RIFF"
    hashes = db.session.scalars(select(PictureHash).where(PictureHash.sha256 == row.sha256)).all()
    assert hashes and all(-(2**63) <= found.bits < 2**63 for found in hashes)
    assert count(OutboxTask, OutboxTask.key == f"find_likeness:{row.sha256}") == 1


def test_a_job_run_many_times_at_once_has_one_effect(any_app: Flask) -> None:
    operator = clerk(add_unit("test-operator"))
    bag_id = put(operator, jpeg(2), "现场.jpg")
    task_id = task_of(bag_id).id
    db.session.rollback()
    together(any_app, [lambda: entry.run(task_id)] * 4)
    entry.run(task_id)
    sha256 = stored(bag_id).sha256
    assert count(BlobFacts, BlobFacts.sha256 == sha256) == 1
    variants = db.session.scalars(select(PictureHash.variant).where(PictureHash.sha256 == sha256)).all()
    assert len(variants) == len(set(variants)) > 0
    assert count(AuditRecord, AuditRecord.object_id == task_id) == 1


def test_each_units_file_is_examined_for_itself(app: Flask) -> None:
    """A unit cannot tell from what happens to its file that another unit has the same bytes."""
    one, two = (put(clerk(add_unit(name)), jpeg(3), "a.jpg") for name in ("one", "two"))
    assert examined(one).state == FileState.READY
    assert stored(two).state == FileState.CHECKING and stored(two).checked_at is None
    assert examined(two).state == FileState.READY
    assert task_of(two).attempts == 1 and count(BlobFacts, BlobFacts.sha256 == stored(two).sha256) == 1


def test_a_refused_file_of_a_submitted_report_is_told_to_its_people_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = actor("carriers-reporter")
    report_id = handed_in(operator, "CAR-03", "week-3")
    bag_id = in_use(report_id)
    answering(monkeypatch, REFUSED)
    for _time in range(2):
        assert examined(bag_id).state == FileState.REFUSED
    for login in ("carriers-reporter", "carriers-lead"):
        (line,), total = notices.inbox(actor(login), 0, 10)
        assert total == 1 and "CAR-03" in line.title.zh and "打不开" in line.body.zh
        assert line.url.startswith(f"/u/carriers/reports/{report_id}")


def test_a_refused_file_that_no_submitted_report_uses_is_only_shown(
    app: Flask, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, REFUSED)
    row = examined(put(operator, b"%PDF-1.4 nonsense", "方案.pdf"))
    assert row.state == FileState.REFUSED and row.said == [REFUSED.said[0].to_json()]
    assert count(Notification, Notification.key.startswith("file_refused")) == 0


def test_a_later_look_that_fails_forgets_nothing(
    app: Flask, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put(operator, jpeg(4), "a.jpg")
    examined(first)
    before = known(first).previews
    answering(monkeypatch, REFUSED)
    assert examined(put(clerk(add_unit("two")), jpeg(4), "b.jpg")).state == FileState.REFUSED
    assert known(first).previews == before != []


def test_missing_bytes_are_asked_for_again_and_then_given_to_people(app: Flask, operator: Actor) -> None:
    bag_id = put(operator, jpeg(5), "a.jpg")
    path = runtime().evidence.path(stored(bag_id).sha256)
    assert path is not None
    path.unlink()
    for attempt in range(1, entry.MAX_ATTEMPTS + 1):
        assert examined(bag_id).state == FileState.CHECKING
        assert task_of(bag_id).attempts == attempt
        assert examining.owe_missing() == 0
        later(timedelta(minutes=11))
    row = stored(bag_id)
    assert (row.state, row.said) == (FileState.ATTENTION, [examining.NOT_EXAMINED.to_json()])
    assert known(bag_id).scan == Scan.FAILED


def test_bytes_that_come_back_are_examined(app: Flask, operator: Actor) -> None:
    bag_id = put(operator, jpeg(6), "a.jpg")
    path = runtime().evidence.path(stored(bag_id).sha256)
    assert path is not None
    hidden = path.with_suffix(".away")
    path.rename(hidden)
    assert examined(bag_id).state == FileState.CHECKING
    hidden.rename(path)
    assert examined(bag_id).state == FileState.READY


def test_a_child_that_cannot_be_run_is_tried_again(
    app: Flask, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_asked: Any) -> Examined:
        raise launch.Failed("no memory")

    bag_id = put(operator, jpeg(7), "a.jpg")
    with monkeypatch.context() as patch:
        patch.setattr(launch, "examine", fail)
        assert examined(bag_id).state == FileState.CHECKING
    assert examined(bag_id).state == FileState.READY


def test_files_that_nobody_examines_are_found_and_owed_in_pieces(
    any_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the migration, or where the outbox was lost."""
    operator = clerk(add_unit("test-operator"))
    ids = [put(operator, jpeg(10 + number), f"{number}.jpg") for number in range(5)]
    begin_writing(db.session())
    for bag_id in ids:
        db.session.delete(task_of(bag_id))
    db.session.commit()
    monkeypatch.setattr(examining, "MOST_OWED", 3)
    assert [examining.owe_missing() for _time in range(2)] == [3, 0]
    for task_id in db.session.scalars(select(OutboxTask.id).where(OutboxTask.job == "examine_file")).all():
        entry.run(task_id)
    assert examining.owe_missing() == 2
    assert examining.owe_missing() == 0
    assert schedule.tick() >= 0


def test_slow_jobs_are_handed_out_few_at_a_time_and_hold_up_no_other(app: Flask, operator: Actor) -> None:
    for number in range(outbox.MOST_SLOW + 4):
        put(operator, f"{number}\n".encode(), f"{number}.txt")
    later(timedelta(seconds=1))  # the report's photograph comes after them
    handed_in(operator, "CAR-03", "week-3")
    slow = [task for task, job in outbox._claim() if job == "examine_file"]
    assert len(slow) == outbox.MOST_SLOW
    assert outbox._claim() == []
    entry.run(slow[0])
    assert [job for _task, job in outbox._claim()] == ["examine_file"]
    later(outbox.LEASE + timedelta(seconds=1))
    again = [task for task, job in outbox._claim() if job == "examine_file"]
    assert len(again) == outbox.MOST_SLOW and set(slow[1:]) <= set(again)


def test_the_lease_of_a_job_under_way_is_renewed(
    app: Flask, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag_id = put(operator, jpeg(8), "a.jpg")
    monkeypatch.setattr(outbox, "RENEW_SECONDS", 0.05)
    (handed, _job), *_others = outbox._claim()
    later(outbox.LEASE - timedelta(seconds=1))
    db.session.rollback()
    real = launch.examine

    def slowly(*asked: Any) -> Examined:
        patience = time.monotonic() + 30
        while task_of(bag_id).handed_at != runtime().clock.now() and time.monotonic() < patience:
            db.session.rollback()
            time.sleep(0.02)
        later(timedelta(seconds=30))
        db.session.rollback()
        assert outbox._claim() == [], "it would run twice"
        return real(*asked)

    monkeypatch.setattr(launch, "examine", slowly)
    assert handed == task_of(bag_id).id
    assert examined(bag_id).state == FileState.READY


# Viruses.


def test_an_infected_file_is_refused_recorded_and_told(any_app: Flask, address: str) -> None:
    use_scanner(address)
    operator = actor("carriers-reporter")
    bag_id = put(operator, EICAR + b"\n", "通知.txt")
    row = examined(bag_id)
    assert row.state == FileState.REFUSED and VIRUS in row.said[0][0]
    assert known(bag_id).scan == Scan.INFECTED
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "evidence.infected")).one()
    assert (record.object_id, record.unit_id, record.detail["virus"]) == (bag_id, row.unit_id, VIRUS)
    told = notices.inbox(actor("office"), 0, 1)[0][0]
    assert VIRUS in told.body.zh and "通知.txt" in told.body.zh
    assert "通知.txt" in notices.inbox(operator, 0, 1)[0][0].body.zh


def test_a_clean_file_says_so_and_each_failure_of_the_scanner_does_not(
    app: Flask, operator: Actor, address: str
) -> None:
    use_scanner(address)
    clean = put(operator, b"harmless\n", "a.txt")
    assert examined(clean).state == FileState.READY and known(clean).scan == Scan.CLEAN
    for number, answer in enumerate(
        (b"nonsense\0", b"", b"stream: OK", b"INSTREAM size limit exceeded. ERROR\0")
    ):
        with pretending(saying(answer)) as odd:
            use_scanner(odd)
            bag_id = put(operator, f"text {number}\n".encode(), "b.txt")
            assert examined(bag_id).state == FileState.READY
            assert known(bag_id).scan in {Scan.FAILED, Scan.NOT_SCANNED}


def test_a_virus_once_found_stays_found_while_the_scanner_is_away(app: Flask, address: str) -> None:
    use_scanner(address)
    one, two = (put(clerk(add_unit(name)), EICAR, "a.txt") for name in ("one", "two"))
    assert examined(one).state == FileState.REFUSED
    use_scanner("unix:///nonexistent/clamd.sock")
    three = put(clerk(add_unit("three")), EICAR, "c.txt")
    assert examined(three).state == FileState.REFUSED
    assert known(two).scan == Scan.INFECTED


def again() -> None:
    """What the schedule owes, done."""
    scanner.owe_again()
    for _turn in range(10):
        task_id = db.session.scalar(
            select(OutboxTask.id).where(OutboxTask.job == "scan_again", OutboxTask.done_at.is_(None))
        )
        if task_id is None:
            return
        entry.run(task_id)
        db.session.rollback()
    raise AssertionError("it never ends")


def test_when_the_scanner_is_back_everything_is_scanned_within_ten_minutes(app: Flask, address: str) -> None:
    operator = actor("carriers-reporter")
    use_scanner("unix:///nonexistent/clamd.sock")
    clean, bad = put(operator, b"harmless\n", "a.txt"), put(operator, EICAR, "b.txt")
    for bag_id in (clean, bad):
        assert examined(bag_id).state == FileState.READY and known(bag_id).scan == Scan.FAILED
    again()
    assert known(bad).scan == Scan.FAILED
    use_scanner(address)
    began = runtime().clock.now()
    while known(clean).scan != Scan.CLEAN:
        later(timedelta(seconds=30))
        assert runtime().clock.now() - began <= timedelta(minutes=10)
        again()
    assert (known(bad).scan, stored(bad).state) == (Scan.INFECTED, FileState.REFUSED)
    assert stored(clean).state == FileState.READY
    assert count(AuditRecord, AuditRecord.action == "evidence.infected") == 1
    assert count(Notification, Notification.key == f"infected:{bad}") >= 1
    assert count(Notification, Notification.key == f"file_refused:{bad}") == 2


def test_what_was_not_scanned_for_good_reason_is_not_asked_about_again(app: Flask, address: str) -> None:
    use_scanner(address)
    assert TOO_LARGE in LASTING
    begin_writing(db.session())
    lasting = {"scan": Scan.NOT_SCANNED, "scan_why": TOO_LARGE.to_json()}
    db.session.execute(update(BlobFacts).values(**lasting))
    db.session.commit()
    assert scanner.scan_again({}) == scanner.Again()


def test_scanning_again_goes_on_in_pieces_until_all_is_done(
    any_app: Flask, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = clerk(add_unit("test-operator"))
    monkeypatch.setattr(scanner, "MOST_AGAIN", 2)
    for number in range(5):
        examined(put(operator, f"text {number}\n".encode(), "a.txt"))
    use_scanner(address)
    again()
    assert count(BlobFacts, BlobFacts.scan.in_([Scan.FAILED, Scan.NOT_SCANNED])) == 0
    assert count(BlobFacts, BlobFacts.scan == Scan.CLEAN) >= 5


def test_without_a_scanner_or_with_old_signatures_nothing_is_scanned_again(
    app: Flask, operator: Actor
) -> None:
    examined(put(operator, b"text\n", "a.txt"))
    assert scanner.owe_again() == 0 and scanner.scan_again({}) == scanner.Again()
    with daemon(age=timedelta(days=30)) as old:
        use_scanner(old)
        assert scanner.owe_again() == 1
        assert scanner.scan_again({}) == scanner.Again()


def test_the_demo_shows_thumbnails_and_owes_no_examination(app: Flask) -> None:
    assert count(BagFile, BagFile.state != FileState.READY) == 0
    assert count(BagFile) == count(EvidenceFile) > 100
    pictures = db.session.scalars(select(BlobFacts).where(BlobFacts.previews != [])).all()
    assert len(pictures) >= 3
    for facts in pictures:
        with runtime().evidence.open_preview(facts.sha256, "thumb.webp") as thumb:
            assert thumb.read(4) == b"RIFF"
    assert examining.owe_missing() == 0


def test_what_killed_workers_left_behind_is_removed(app: Flask, operator: Actor) -> None:
    folder = runtime().settings.data / "examining"
    old, young = folder / "old", folder / "young"
    for left in (old, young):
        left.mkdir(parents=True)
        (left / "thumb.webp").write_bytes(b"RIFF")
    os.utime(old, (0, 0))
    examined(put(operator, b"text\n", "a.txt"))
    assert list(folder.iterdir()) == [young]


def test_a_removed_or_unknown_file_makes_no_trouble(app: Flask, operator: Actor) -> None:
    assert examining.examine({"bag_id": "0" * 32}) is None
    with chore("task.run", "a test", SYSTEM) as done:
        examining.keep(done, {"bag_id": "0" * 32}, None)
    bag_id = put(operator, jpeg(9), "a.jpg")
    bag.remove(operator, bag_id)
    assert examined(bag_id).state == FileState.READY


def test_verdicts_are_kept_where_the_store_fails_in_between(
    app: Flask, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (put(clerk(add_unit(name)), content, "a.txt") for name, content in (("one", EICAR), ("two", b"x\n")))
    examined(first)
    examined(second)
    use_scanner(address)
    store, asked = runtime().evidence, list[str]()
    real = store.local

    def failing(sha256: str) -> Any:
        asked.append(sha256)
        if len(asked) > 1:
            raise StorageFailed("the store is away")
        return real(sha256)

    monkeypatch.setattr(store, "local", failing)
    found = scanner.scan_again({})
    assert len(asked) >= 2 and [sha256 for sha256, _verdict in found.verdicts] == asked[:1]
