"""The audit trail and the inbox, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.domain.text import Text
from core.store.models import AuditRecord, Notification


@dataclass(frozen=True, slots=True)
class AuditRow:
    id: int
    at: datetime
    actor: str
    action: str
    outcome: str
    object_type: str
    object_id: str
    detail: dict[str, Any]
    address: str
    request_id: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    actor: str = ""
    action: str = ""
    outcome: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def audit(session: Session, chosen: AuditFilter, offset: int, limit: int) -> tuple[list[AuditRow], int]:
    """A page of the audit trail, the newest first."""
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (AuditRecord.actor, chosen.actor),
        (AuditRecord.action, chosen.action),
        (AuditRecord.outcome, chosen.outcome),
        (AuditRecord.object_id, chosen.object_id),
    ):
        if value:
            conditions.append(column == value)
    if chosen.since:
        conditions.append(AuditRecord.at >= chosen.since)
    if chosen.until:
        conditions.append(AuditRecord.at < chosen.until)
    total = session.scalar(select(func.count(AuditRecord.id)).where(*conditions)) or 0
    rows = session.execute(
        select(
            AuditRecord.id,
            AuditRecord.at,
            AuditRecord.actor,
            AuditRecord.action,
            AuditRecord.outcome,
            AuditRecord.object_type,
            AuditRecord.object_id,
            AuditRecord.detail,
            AuditRecord.address,
            AuditRecord.request_id,
        )
        .where(*conditions)
        .order_by(AuditRecord.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [AuditRow(*row) for row in rows], total


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A line of a person's inbox."""

    id: int
    at: datetime
    title: Text
    body: Text
    url: str
    tone: str
    read: bool


def inbox(session: Session, user_id: int, offset: int, limit: int) -> tuple[list[NoticeRow], int]:
    """A page of a person's notices, the newest first."""
    total = session.scalar(select(func.count(Notification.id)).where(Notification.user_id == user_id)) or 0
    rows = session.scalars(
        select(Notification)
        .where(Notification.user_id == user_id)
        .order_by(Notification.at.desc(), Notification.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [
        NoticeRow(r.id, r.at, Text(*r.title), Text(*r.body), r.url, r.tone, r.read_at is not None)
        for r in rows
    ], total


def unread(session: Session, user_id: int) -> int:
    """How many notices a person has not read."""
    statement = select(func.count(Notification.id)).where(
        Notification.user_id == user_id, Notification.read_at.is_(None)
    )
    return session.scalar(statement) or 0
