"""Handing owed work to Redis: each task once, again after the lease, again when Redis was emptied."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from redis import ConnectionError as RedisGone
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import select, update

from core.jobs import entry, outbox
from core.jobs.queue import owe
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import begin_writing, db
from core.store.models import OutboxTask
from tests import servers
from tests.services.helpers import day, later
from tests.services.threads import together

SECOND = timedelta(seconds=1)


def tasks() -> list[OutboxTask]:
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxTask).order_by(OutboxTask.created_at, OutboxTask.id)))


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


def taken(redis: Redis) -> list[str]:
    """Workers take all that waits, and are never heard of again."""
    key = outbox.queue(redis).key
    found = [bytes(each) for each in redis.lrange(key, 0, -1)]  # type: ignore[arg-type]  # no decoding client
    redis.delete(key)
    return [each.decode("ascii", "replace") for each in found]


class Killed(BaseException):
    """The end of a worker's process, as far as a test can have one."""


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
    taken(redis)
    later(outbox.LEASE)
    assert outbox.dispatch(redis) == 0
    later(SECOND)
    assert outbox.dispatch(redis) == 1
    assert queued(redis) == [task.id for task in tasks()]


def test_work_waits_for_a_worker_once_however_long_none_comes(app: Flask, redis: Redis) -> None:
    """No worker for a day: nothing is given up, and Redis does not fill with the same jobs."""
    owe_some(3)
    redis.rpush(outbox.queue(redis).key, b"\xff not ours")
    assert outbox.dispatch(redis) == 3
    for _hour in range(24):
        later(timedelta(hours=1))
        assert outbox.dispatch(redis) == 0
    assert sorted(taken(redis)[1:]) == sorted(task.id for task in tasks())
    for task in tasks():
        entry.run(task.id)
    assert all(task.done_at is not None and task.begun == 1 for task in tasks())


def test_a_job_that_ends_its_process_each_time_is_given_up(app: Flask, redis: Redis) -> None:
    owe_some(2)
    one, other = (task.id for task in tasks())
    for number in range(outbox.MOST_BEGUN):
        assert outbox.dispatch(redis) == 2, number
        taken(redis)
        with pytest.raises(Killed), outbox.held(one):
            raise Killed
        later(outbox.LEASE + SECOND)
    assert outbox.dispatch(redis) == 1 and queued(redis) == [other]
    [lost] = [task for task in tasks() if task.failed_at is not None]
    assert lost.id == one and "begun" in lost.error


def test_the_lease_outlasts_the_longest_job(app: Flask) -> None:
    """Otherwise every long job would run twice. What is slower by nature renews its lease, with time to spare."""
    assert timedelta(seconds=outbox.JOB_TIMEOUT_SECONDS) < outbox.LEASE
    assert timedelta(seconds=3 * outbox.RENEW_SECONDS) < outbox.LEASE


def test_done_and_given_up_work_is_never_handed_out_again(app: Flask, redis: Redis) -> None:
    owe_some(2)
    one, two = tasks()
    entry.run(one.id)
    begin_writing(db.session())
    db.session.execute(
        update(OutboxTask).where(OutboxTask.id == two.id).values(failed_at=runtime().clock.now())
    )
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
    nobody = Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
    with pytest.raises(RedisGone):
        outbox.dispatch(nobody)
    assert all(task.handed_at is None for task in tasks())
    assert outbox.dispatch(redis) == 2


def test_a_redis_that_dies_between_claim_and_queue_loses_nothing(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe_some(3)

    class Dying:
        key = outbox.queue(redis).key

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
