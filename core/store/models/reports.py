"""Reports and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.scope import Scoped
from core.store.types import Instant


class FormVersion(Base):
    """A form as data, by its version: what stored reports are read with."""

    __tablename__ = "form_version"

    version: Mapped[str] = mapped_column(String(12), primary_key=True)
    schema: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class Report(Scoped, Base):
    """A unit's filled form for a duty and a period.

    `entries` is what was typed, however wrong; `record` and `topics` are what was last submitted and validated.
    `version` grows with every change; whoever changes names the version that was read.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index("report_obligation", "unit_id", "campaign_id", "duty_code", "period_key"),
        # The queue and the office's list: everything that they filter by, so that counting reads the index alone.
        Index("report_queue", "state", "submitted_at", "id", "region_path", "unit_type", "duty_code"),
        Index(
            "report_list",
            "campaign_id",
            "submitted_at",
            "id",
            "state",
            "region_path",
            "unit_type",
            "duty_code",
        ),
        Index("report_duty", "campaign_id", "duty_code", "submitted_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    unit_type: Mapped[str] = mapped_column(String(40))
    unit_kind: Mapped[str] = mapped_column(String(40))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    region_path: Mapped[str] = mapped_column(String(60))
    duty_code: Mapped[str] = mapped_column(String(40))
    period_key: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    form_version: Mapped[str] = mapped_column(ForeignKey("form_version.version"))
    entries: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    record: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    topics: Mapped[list[str]] = mapped_column(JSON)
    late: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)


class ReportStep(Base):
    """One step of a report's history, with what was submitted by it and which files were attached."""

    __tablename__ = "report_step"

    report_id: Mapped[str] = mapped_column(ForeignKey("report.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    user_name: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    form_version: Mapped[str | None] = mapped_column(String(12))
    record: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    files: Mapped[list[str] | None] = mapped_column(JSON)
