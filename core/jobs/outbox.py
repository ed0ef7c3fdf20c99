"""Handing owed work to RQ. Redis may be emptied or gone at any moment: what is owed stands in the database."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from flask import Flask, current_app
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.domain.access import Everything
from core.services.runtime import runtime
from core.services.work import reading
from core.store.db import begin_writing
from core.store.models import OutboxTask

log = logging.getLogger(__name__)

QUEUE = "dudao"
ENTRY = "core.jobs.entry.run"
#: Handed work that is not done after so long is handed again: its worker or Redis died. A job under way renews it.
LEASE = timedelta(seconds=90)
RENEW_SECONDS = 25.0
BATCH = 200
#: Begun so often and never done nor failed: it is given up. Each time its process ended, or the machine did.
MOST_BEGUN = 10
JOB_TIMEOUT_SECONDS = 60
#: Jobs that take seconds, with the seconds that they may take. A file of 2 GB is fetched from a store (minutes), looked
#: into (the child has 30) and scanned (at most 120).
SLOW = {
    "examine_file": 300,
    "find_likeness": 300,
    "make_mask": 300,
    "scan_again": 300,
    # One file may be of 2 GB, and come from a store far away.
    "scrub_evidence": 900,
    "settle_evidence": 900,
}
#: Only so many of them are in Redis at once: notices do not wait behind a thousand files, and a job is not handed out
#: again and again only because it waits for its turn. Eight workers are kept busy.
MOST_SLOW = 8
#: A key that an emptied Redis has lost: then everything handed is handed again at once.
EPOCH = "dudao:epoch"


_OPEN = and_(OutboxTask.done_at.is_(None), OutboxTask.failed_at.is_(None))


def queue(redis: Redis) -> Queue:
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_SECONDS)


def dispatch(redis: Redis) -> int:
    """Hand due work to RQ; says how many jobs. Raises redis' ConnectionError where it is gone; nothing is lost."""
    if redis.set(EPOCH, "1", nx=True):
        _forget_handed()
    target = queue(redis)
    tasks = _claim({_text(each) for each in redis.lrange(target.key, 0, -1)})
    for outbox_id, job in tasks:
        patience = SLOW.get(job, JOB_TIMEOUT_SECONDS)
        target.enqueue(
            ENTRY, outbox_id, job_id=outbox_id, job_timeout=patience, result_ttl=60, failure_ttl=3600
        )
    return len(tasks)


def _text(found: bytes | str) -> str:
    """A name in Redis; what is none of ours may be anything."""
    return found if isinstance(found, str) else found.decode("ascii", "replace")


def _claim(waiting: Collection[str] = ()) -> list[tuple[str, str]]:
    """Mark due work as handed and answer with the ids and jobs of what is not `waiting` in Redis, the oldest first.

    While no worker comes, for hours perhaps, what waits there waits on: once.
    """
    now = runtime().clock.now()
    under_way = OutboxTask.handed_at >= now - LEASE
    due = and_(_OPEN, OutboxTask.due_at <= now, or_(OutboxTask.handed_at.is_(None), ~under_way))
    with reading(Everything("the outbox")) as session:
        if session.scalar(select(OutboxTask.id).where(due).limit(1)) is None:
            session.rollback()
            return []
        begin_writing(session())
        tasks = _pending(session(), and_(due, OutboxTask.job.not_in(SLOW)), BATCH)
        slow = select(func.count(OutboxTask.id)).where(_OPEN, OutboxTask.job.in_(SLOW), under_way)
        room = MOST_SLOW - (session.scalar(slow) or 0)
        if room > 0:
            tasks += _pending(session(), and_(due, OutboxTask.job.in_(SLOW)), room)
        # A job that ends its own process never says that it failed: its beginnings tell.
        lost = {task.id for task in tasks if task.begun >= MOST_BEGUN}
        for task in tasks:
            if task.id in lost:
                task.failed_at, task.error = now, f"begun {MOST_BEGUN} times without an end"
            else:
                task.handed_at = now
        session.commit()
        return [(task.id, task.job) for task in tasks if task.id not in lost and task.id not in waiting]


def _pending(session: Session, due: ColumnElement[bool], at_most: int) -> list[OutboxTask]:
    statement = select(OutboxTask).where(due).order_by(OutboxTask.due_at, OutboxTask.id).limit(at_most)
    # What another part has changed meanwhile is read anew.
    fresh = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(session.scalars(fresh))


@contextmanager
def held(outbox_id: str) -> Iterator[None]:
    """Count a job's beginning, and renew its lease while it is under way.

    So a long one is not handed out again, one that died soon is, and one that always dies not for ever.
    """
    _write(outbox_id, begun=OutboxTask.begun + 1)
    ended = Event()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - of a proxy
    keeper = Thread(target=_renew, args=(app, outbox_id, ended), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def _renew(app: Flask, outbox_id: str, ended: Event) -> None:
    while not ended.wait(RENEW_SECONDS):
        try:
            with app.app_context():
                _write(outbox_id)
        except SQLAlchemyError as error:
            log.warning("the lease of job %s is not renewed: %s", outbox_id, error)


def _write(outbox_id: str, **more: Any) -> None:
    """Begin the lease of an open task anew."""
    with reading(Everything("the outbox")) as session:
        begin_writing(session())
        of_it = update(OutboxTask).where(OutboxTask.id == outbox_id, _OPEN)
        session.execute(
            of_it.values(handed_at=runtime().clock.now(), **more),
            execution_options={"synchronize_session": False},
        )
        session.commit()


def _forget_handed() -> None:
    with reading(Everything("the outbox")) as session:
        begin_writing(session())
        session.execute(update(OutboxTask).where(OutboxTask.done_at.is_(None)).values(handed_at=None))
        session.commit()
