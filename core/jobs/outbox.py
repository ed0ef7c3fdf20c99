"""Handing owed work to RQ. Redis may be emptied or gone at any moment: what is owed stands in the database."""

from __future__ import annotations

from datetime import timedelta

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import and_, or_, select, update

from core.domain.access import Everything
from core.services.runtime import runtime
from core.services.work import reading
from core.store.db import begin_writing
from core.store.models import OutboxTask

QUEUE = "dudao"
ENTRY = "core.jobs.entry.run"
#: Handed work that is not done after so long is handed again: its worker or Redis died.
LEASE = timedelta(seconds=90)
BATCH = 200
#: Handed out so often and never done nor failed: it is given up. An outage of Redis or of workers takes some too.
MOST_HANDED = 20
JOB_TIMEOUT_SECONDS = 60
#: A key that an emptied Redis has lost: then everything handed is handed again at once.
EPOCH = "dudao:epoch"


def queue(redis: Redis) -> Queue:
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_SECONDS)


def dispatch(redis: Redis) -> int:
    """Hand due work to RQ; says how many jobs. Raises redis' ConnectionError where it is gone; nothing is lost."""
    if redis.set(EPOCH, "1", nx=True):
        _forget_handed()
    ids = _claim()
    if not ids:
        return 0
    target = queue(redis)
    for outbox_id in ids:
        target.enqueue(ENTRY, outbox_id, result_ttl=60, failure_ttl=3600)
    return len(ids)


def _claim() -> list[str]:
    """Mark due work as handed and answer with its ids, the oldest first."""
    now = runtime().clock.now()
    free = or_(OutboxTask.handed_at.is_(None), OutboxTask.handed_at < now - LEASE)
    due = and_(OutboxTask.done_at.is_(None), OutboxTask.failed_at.is_(None), OutboxTask.due_at <= now, free)
    with reading(Everything("the outbox")) as session:
        pending = select(OutboxTask.id).where(due).order_by(OutboxTask.due_at, OutboxTask.id).limit(BATCH)
        if session.scalar(pending.limit(1)) is None:
            session.rollback()
            return []
        begin_writing(session())
        ids = list(session.scalars(pending.with_for_update(skip_locked=True)))
        # A job that ends its own process never says that it failed: its hand-outs tell.
        lost = and_(OutboxTask.id.in_(ids), OutboxTask.handed >= MOST_HANDED)
        gone = set(session.scalars(select(OutboxTask.id).where(lost)))
        given_up = {"failed_at": now, "error": f"handed out {MOST_HANDED} times without an end"}
        session.execute(update(OutboxTask).where(OutboxTask.id.in_(gone)).values(**given_up))
        ids = [outbox_id for outbox_id in ids if outbox_id not in gone]
        handing = {"handed_at": now, "handed": OutboxTask.handed + 1}
        session.execute(update(OutboxTask).where(OutboxTask.id.in_(ids)).values(**handing))
        session.commit()
    return ids


def _forget_handed() -> None:
    with reading(Everything("the outbox")) as session:
        begin_writing(session())
        session.execute(update(OutboxTask).where(OutboxTask.done_at.is_(None)).values(handed_at=None))
        session.commit()
