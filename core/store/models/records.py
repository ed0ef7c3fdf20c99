"""The audit trail, and keys of deeds already done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.types import Instant


class AuditRecord(Base):
    """One deed or one refusal. Rows are only ever added; `sealed` is for the chain that seals them."""

    __tablename__ = "audit_record"
    __table_args__ = (
        Index("audit_at", "at"),
        Index("audit_actor", "actor", "at"),
        Index("audit_action", "action", "at"),
        Index("audit_object", "object_type", "object_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(20))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[int | None] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    address: Mapped[str] = mapped_column(String(60))
    request_id: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[str | None] = mapped_column(String(200))


class Idempotency(Base):
    """A key that a client gave a deed: the same key again gets the same answer, never a second deed."""

    __tablename__ = "idempotency"
    __table_args__ = (UniqueConstraint("user_id", "key", name="idempotency_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    key: Mapped[str] = mapped_column(String(100))
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
