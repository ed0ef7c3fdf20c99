"""Work that is owed: written with the deed that causes it, handed out, done once; Redis may vanish at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from redis import ConnectionError as RedisGone
from redis import Redis
from sqlalchemy import select, update

from core.domain.access import Actor
from core.domain.errors import NotNow
from core.jobs import entry, handlers, outbox
from core.jobs.queue import owe
from core.services import notices, people, reports, review
from core.services.runtime import runtime
from core.services.work import Deed, chore
from core.store.db import begin_writing, db
from core.store.models import AuditRecord, Notification, OutboxTask, Report, User
from tests import servers
from tests.conftest import actor
from tests.services.helpers import add_unit, clerk, count, day, handed_in, later, submit, version
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
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxTask).order_by(OutboxTask.created_at, OutboxTask.id)))


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
    assert line.url == f"/u/carriers/reports/{report_id}"
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

    def handler(done: Deed, payload: dict[str, Any]) -> None:
        tries.append(len(tries) + 1)
        real(done, payload)
        raise error or RuntimeError("机器人不在线")

    real = handlers.HANDLERS["notify_decision"]
    monkeypatch.setitem(handlers.HANDLERS, "notify_decision", handler)
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
    assert len(tries) == entry.MAX_ATTEMPTS == 5
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


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with servers.redis_socket() as url:
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """An empty Redis."""
    with Redis.from_url(redis_url) as client:
        client.flushall()
        yield client


def queued(redis: Redis) -> list[str]:
    """The outbox ids that RQ holds, in its order."""
    return [str(job.args[0]) for job in outbox.queue(redis).jobs]


def owe_some(number: int) -> None:
    with chore("task.run", "a test") as done:
        for task in range(number):
            owe(done.session(), "close_periods", f"{task:03}", {"until": day(10, 26).isoformat()}, done.at)


def test_due_work_is_handed_out_once(any_app: Flask, redis: Redis) -> None:
    owe_some(3)
    assert outbox.dispatch(redis) == 3
    assert outbox.dispatch(redis) == 0
    assert sorted(queued(redis)) == sorted(task.id for task in tasks())
    for job in outbox.queue(redis).jobs:
        assert job.func_name == "core.jobs.entry.run" and not job.kwargs


def test_work_for_later_waits(app: Flask, redis: Redis) -> None:
    with chore("task.run", "a test") as done:
        owe(done.session(), "close_periods", "later", {}, done.at + SECOND)
    assert outbox.dispatch(redis) == 0
    later(SECOND)
    assert outbox.dispatch(redis) == 1


def test_handed_work_that_is_not_done_within_the_lease_is_handed_again(app: Flask, redis: Redis) -> None:
    owe_some(1)
    assert outbox.dispatch(redis) == 1
    later(outbox.LEASE)
    assert outbox.dispatch(redis) == 0
    later(SECOND)
    assert outbox.dispatch(redis) == 1
    assert len(queued(redis)) == 2 and len(set(queued(redis))) == 1


def test_the_lease_outlasts_the_longest_job(app: Flask) -> None:
    """Otherwise every long job would run twice."""
    assert timedelta(seconds=outbox.JOB_TIMEOUT_SECONDS) < outbox.LEASE


def test_done_and_given_up_work_is_never_handed_out_again(app: Flask, redis: Redis) -> None:
    owe_some(2)
    one, two = tasks()
    entry.run(one.id)
    begin_writing(db.session())
    db.session.execute(update(OutboxTask).where(OutboxTask.id == two.id).values(failed_at=runtime().clock.now()))
    db.session.commit()
    for _time in range(2):
        redis.flushall()
        assert outbox.dispatch(redis) == 0
        later(timedelta(hours=1))


def test_an_emptied_redis_is_noticed_at_once_and_filled_again(any_app: Flask, redis: Redis) -> None:
    """No waiting for the lease: the epoch key is gone."""
    owe_some(5)
    assert outbox.dispatch(redis) == 5
    redis.flushall()
    assert outbox.dispatch(redis) == 5
    assert len(queued(redis)) == 5


def test_while_redis_is_gone_nothing_is_lost(app: Flask, redis: Redis) -> None:
    owe_some(2)
    nobody = Redis(unix_socket_path="/nonexistent/redis.sock")
    with pytest.raises(RedisGone):
        outbox.dispatch(nobody)
    assert all(task.handed_at is None for task in tasks())
    assert outbox.dispatch(redis) == 2


def test_a_redis_that_dies_between_claim_and_queue_loses_nothing(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe_some(3)

    class Dying:
        def enqueue(self, *_args: object, **_options: object) -> None:
            raise RedisGone("gone")

    assert outbox.dispatch(redis) == 3
    redis.flushall()
    monkeypatch.setattr(outbox, "queue", lambda _redis: Dying())
    with pytest.raises(RedisGone):
        outbox.dispatch(redis)
    monkeypatch.undo()
    later(outbox.LEASE + SECOND)
    assert outbox.dispatch(redis) == 3


def test_a_long_outbox_is_handed_out_in_batches_the_oldest_first(app: Flask, redis: Redis) -> None:
    owe_some(outbox.BATCH + 5)
    begin_writing(db.session())
    oldest = tasks()[-1].id
    db.session.execute(update(OutboxTask).where(OutboxTask.id == oldest).values(due_at=day(11, 1)))
    db.session.commit()
    assert [outbox.dispatch(redis) for _time in range(3)] == [outbox.BATCH, 5, 0]
    assert queued(redis)[0] == oldest
    assert len(set(queued(redis))) == outbox.BATCH + 5


def test_two_dispatchers_at_once_hand_out_each_task_once(any_app: Flask, redis: Redis) -> None:
    outbox.dispatch(redis)
    for number in range(5):
        with chore("task.run", "a test") as done:
            for task in range(8):
                owe(done.session(), "close_periods", f"{number}:{task}", {}, done.at)
        db.session.rollback()
        handed = together(any_app, [lambda: outbox.dispatch(redis)] * 4)
        assert sum(number for number in handed if isinstance(number, int)) == 8
    assert len(queued(redis)) == len(set(queued(redis))) == 40


def test_the_audit_trail_being_full_stops_the_deed(app: Flask, operator: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """L3: a deed that cannot be recorded is refused, with everything that it had done."""
    report_id = handed_in(operator, "CAR-03", "week-3")

    def full(_deed: Deed) -> AuditRecord:
        return AuditRecord(id=None, at=None)

    before = count(Report), version(report_id)
    monkeypatch.setattr(Deed, "record", full)
    for act in _deeds(operator, report_id):
        with pytest.raises(Exception, match="audit_record"):
            act()
        db.session.rollback()
    monkeypatch.undo()
    assert (count(Report), version(report_id)) == before
    assert tasks() == []


def _deeds(operator: Actor, report_id: str) -> list[Callable[[], object]]:
    return [
        lambda: submit(operator, "CAR-03", "week-3", 2),
        lambda: reports.withdraw(operator, report_id, version(report_id)),
        lambda: review.claim(actor("inspector"), report_id),
    ]
