"""Owing work: a row in the transaction that causes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.models import OutboxTask
from core.store.upsert import insert_or_ignore


def owed_keys(session: Session, job: str, keys: Iterable[str]) -> set[str]:
    """Those of the keys under which the job was ever owed."""
    wanted = {f"{job}:{key}": key for key in keys}
    found = session.scalars(select(OutboxTask.key).where(OutboxTask.key.in_(wanted)))
    return {wanted[key] for key in found}


def owe(session: Session, job: str, key: str, payload: dict[str, Any], at: datetime) -> bool:
    """Owe a job from `at` on; the same key is owed once only. Says whether it was new."""
    row = {
        "id": uuid.uuid4().hex,
        "job": job,
        "key": f"{job}:{key}",
        "payload": payload,
        "created_at": at,
        "due_at": at,
        "attempts": 0,
        "error": "",
    }
    return insert_or_ignore(session, OutboxTask, row)


def is_owed(session: Session, job: str, key: str) -> bool:
    """Whether a job is owed under this key and neither done nor given up."""
    statement = select(OutboxTask.id).where(
        OutboxTask.key == f"{job}:{key}", OutboxTask.done_at.is_(None), OutboxTask.failed_at.is_(None)
    )
    return session.scalar(statement) is not None
