"""Work that is owed: written with the deed that causes it, handed out, done once; Redis may vanish at any moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.domain.access import Actor
from core.domain.errors import NotNow
from core.jobs import entry, handlers
from core.jobs.queue import owe
from core.services import notices, people, reports, review
from core.services.runtime import runtime
from core.services.work import Deed, chore
from core.store.db import db
from core.store.models import AuditRecord, Notification, OutboxTask, User
from tests.conftest import actor
from tests.services.helpers import add_unit, clerk, count, handed_in, later, stored, submit, version
from tests.services.threads import together

SECOND = timedelta(seconds=1)


@pytest.fixture
def operator(app: Flask) -> Actor:
    """The reporter of the operator whose lead and reporter have accounts."""
    return actor("carriers-reporter")


def decided(who: Actor, *, accept: bool = True, seed: int = 1) -> str:
    """A report of this week with a decision."""
    report_id = handed_in(who, "CAR-03", "week-3", seed)
    inspector = actor("inspector")
    claimed = review.claim(inspector, report_id)["version"]
    if accept:
        review.accept(inspector, report_id, claimed)
    else:
        review.return_(inspector, report_id, claimed, "请补充照片")
    return report_id


def tasks() -> list[OutboxTask]:
    """What is owed but for the checks of reports and files, which are another matter."""
    db.session.expire_all()
    wanted = select(OutboxTask).where(OutboxTask.job.not_in(("check_report", "examine_file")))
    return list(db.session.scalars(wanted.order_by(OutboxTask.created_at, OutboxTask.id)))


def received() -> list[tuple[str, str]]:
    """(login, title) of every notice."""
    rows = db.session.execute(
        select(User.login, Notification.title)
        .join(User, User.id == Notification.user_id)
        .order_by(User.id, Notification.id)
    )
    return [(login, title[0]) for login, title in rows]


BOTH = [("carriers-reporter", "CAR-03 报告已通过"), ("carriers-lead", "CAR-03 报告已通过")]


def test_a_decision_reaches_reporter_and_lead_once_however_often_the_job_runs(any_app: Flask) -> None:
    decided(actor("carriers-reporter"))
    (task,) = tasks()
    assert received() == []
    for _time in range(3):
        entry.run(task.id)
    assert sorted(received()) == sorted(BOTH)
    (task,) = tasks()
    assert task.done_at is not None and task.attempts == 1
    assert count(AuditRecord, AuditRecord.action == "task.run") == 1


def test_a_job_run_many_times_at_once_has_one_effect(any_app: Flask) -> None:
    """M10: an orphaned worker and its successor may both be at it."""
    decided(actor("carriers-reporter"))
    (task_id,) = [task.id for task in tasks()]
    db.session.rollback()
    together(any_app, [lambda: entry.run(task_id)] * 8)
    assert sorted(received()) == sorted(BOTH)
    assert [task.attempts for task in tasks()] == [1]
    assert count(AuditRecord, AuditRecord.action == "task.run") == 1


def test_the_notice_names_decision_reason_and_page(app: Flask, operator: Actor) -> None:
    report_id = decided(operator, accept=False)
    entry.run(tasks()[0].id)
    (line,), total = notices.inbox(operator, 0, 10)
    assert total == notices.unread(operator) == 1
    assert (line.title.zh, line.body.zh, line.tone) == ("CAR-03 报告被退回", "请补充照片", "warning")
    assert line.url == f"/u/carriers/reports/{report_id}?unit={stored(report_id).unit_id}"
    notices.mark_read(operator)
    assert (notices.unread(operator), notices.unread(actor("carriers-lead"))) == (0, 1)


def test_a_notice_tells_of_its_decision_even_if_the_unit_was_quicker_than_the_job(
    app: Flask, operator: Actor
) -> None:
    """Returned, and mended and handed in again before the queue came to it: the lead still learns why."""
    report_id = decided(operator, accept=False)
    assert submit(operator, "CAR-03", "week-3", 2, report_id=report_id, version=version(report_id)).ok
    entry.run(tasks()[0].id)
    (line,), _total = notices.inbox(actor("carriers-lead"), 0, 10)
    assert (line.title.zh, line.body.zh) == ("CAR-03 报告被退回", "请补充照片")


def test_each_decision_on_a_report_has_a_notice_of_its_own(app: Flask, operator: Actor) -> None:
    report_id = decided(operator)
    reports.reopen(actor("office"), report_id, version(report_id), "复核发现照片有误")
    for task in tasks():
        entry.run(task.id)
    titles = [line.title.zh for line in notices.inbox(operator, 0, 10)[0]]
    assert sorted(titles) == ["CAR-03 报告已通过", "CAR-03 报告被退回"]


def test_people_whose_account_is_disabled_get_no_notice(app: Flask, operator: Actor) -> None:
    decided(operator)
    people.set_disabled("carriers-lead", True)
    entry.run(tasks()[0].id)
    assert [login for login, _title in received()] == ["carriers-reporter"]


def test_other_units_people_get_no_notice(app: Flask) -> None:
    decided(clerk(add_unit("one")))
    entry.run(tasks()[0].id)
    assert received() == []


def test_a_deed_that_is_refused_owes_nothing(app: Flask, operator: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    with pytest.raises(NotNow):
        review.accept(actor("inspector"), report_id, version(report_id))
    assert tasks() == []


def test_the_same_work_is_owed_once(any_app: Flask) -> None:
    with chore("task.run", "a test") as done:
        first = owe(done.session(), "close_periods", "1:x", {"until": "x"}, done.at)
        again = owe(done.session(), "close_periods", "1:x", {"until": "y"}, done.at)
        other = owe(done.session(), "notify_decision", "1:x", {}, done.at)
    assert (first, again, other) == (True, False, True)
    assert [task.payload for task in tasks() if task.job == "close_periods"] == [{"until": "x"}]


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> list[int]:
    """Let the handler fail after it has half worked; answers with the list of its tries."""
    tries: list[int] = []

    def effect(done: Deed, payload: dict[str, Any], prepared: Any) -> None:
        tries.append(len(tries) + 1)
        real.effect(done, payload, prepared)
        raise error or RuntimeError("机器人不在线")

    real = handlers.HANDLERS["notify_decision"]
    monkeypatch.setitem(handlers.HANDLERS, "notify_decision", handlers.Handler(effect))
    return tries


def test_a_failing_job_is_tried_five_times_with_growing_pauses_and_then_given_up(
    any_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(actor("carriers-reporter"))
    tries = failing(monkeypatch)
    pauses = []
    while (task := tasks()[0]).failed_at is None:
        assert len(tries) < 10, "never given up"
        entry.run(task.id)
        task = tasks()[0]
        if task.failed_at is None:
            pauses.append(task.due_at - runtime().clock.now())
            later(pauses[-1])
    entry.run(task.id)
    assert len(tries) == entry.MAX_ATTEMPTS == 5, "a copy left in the queue is no sixth try"
    assert pauses == sorted(pauses) and len(set(pauses)) == 4 and pauses[0] > timedelta(0)
    assert "RuntimeError: 机器人不在线" in tasks()[0].error
    assert received() == [], "what a failed try had done is undone"
    assert count(AuditRecord, AuditRecord.action == "task.run", AuditRecord.outcome == "failed") == 5


def test_a_job_that_gets_well_again_has_its_effect_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(actor("carriers-reporter"))
    failing(monkeypatch)
    entry.run(tasks()[0].id)
    monkeypatch.undo()
    entry.run(tasks()[0].id)
    assert sorted(received()) == sorted(BOTH)
    task = tasks()[0]
    assert task.done_at is not None and (task.attempts, task.error) == (2, "")


def test_a_job_of_a_kind_that_is_not_known_fails_and_is_kept(app: Flask) -> None:
    with chore("task.run", "a test") as done:
        owe(done.session(), "no_such_job", "1", {}, done.at)
    for _time in range(6):
        entry.run(tasks()[0].id)
        later(timedelta(minutes=11))
    assert tasks()[0].failed_at is not None and "no_such_job" in tasks()[0].error


def test_an_id_that_is_not_owed_does_nothing(app: Flask) -> None:
    before = count(AuditRecord)
    for strange in ("0" * 32, "", "../../etc/passwd", "'; DROP TABLE outbox; --"):
        entry.run(strange)
    assert count(AuditRecord) == before
