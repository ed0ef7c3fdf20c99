"""Work for the background and what comes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.types import Instant


class OutboxTask(Base):
    """A job owed, written in the transaction that caused it; `key` makes its effect happen once."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_due", "done_at", "due_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    job: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    handed_at: Mapped[datetime | None] = mapped_column(Instant)
    begun: Mapped[int] = mapped_column(default=0, server_default="0")
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")


class Notification(Base):
    """A line in a person's inbox. `key` keeps a repeated job from writing it twice."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "key", name="notification_once"),
        Index("notification_inbox", "user_id", "read_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    key: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(Instant)
    title: Mapped[list[str]] = mapped_column(JSON)
    body: Mapped[list[str]] = mapped_column(JSON)
    url: Mapped[str] = mapped_column(String(300))
    tone: Mapped[str] = mapped_column(String(20))
    read_at: Mapped[datetime | None] = mapped_column(Instant)


class PeriodClosing(Base):
    """A duty's period that was closed, once, with the counts of that moment."""

    __tablename__ = "period_closing"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    duty_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    period_key: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime] = mapped_column(Instant)
    owed: Mapped[int]
    filed: Mapped[int]
    done: Mapped[int]
    late: Mapped[int]


class Remembered(Base):
    """Small facts of an installation, by name, e.g. how a demo's clock was set."""

    __tablename__ = "remembered"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
