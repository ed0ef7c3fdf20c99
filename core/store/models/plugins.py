"""Which plugins are on, where they failed, and what they found and scored: readable without them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.types import Instant


class PluginState(Base):
    """Which plugins are on. One without a row is off.

    `parked` names the parts that failed too often and are not called until somebody puts them back to work.
    `title` and `version` are those last seen, so that a plugin that is gone can be named.
    """

    __tablename__ = "plugin_state"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500), default="")
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(String(60), default="")
    title: Mapped[list[str] | None] = mapped_column(JSON)
    version: Mapped[str] = mapped_column(String(40), default="", server_default="")
    parked: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")


class PluginFailure(Base):
    """A call of a plugin that failed. `incident` is the number that the page and the log show for it."""

    __tablename__ = "plugin_failure"
    __table_args__ = (Index("plugin_failure_recent", "plugin", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plugin: Mapped[str] = mapped_column(String(40))
    hook: Mapped[str] = mapped_column(String(80))
    part: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant)
    incident: Mapped[str] = mapped_column(String(20), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    detail: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(40), default="")


class CheckResult(Base):
    """What a plugin's check found in a submission, or in one file of it; `evidence_id` is empty for the report."""

    __tablename__ = "check_result"
    __table_args__ = (
        UniqueConstraint("report_id", "report_version", "evidence_id", "plugin", name="check_result_once"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("report.id"))
    report_version: Mapped[int]
    evidence_id: Mapped[str] = mapped_column(String(32), default="")
    plugin: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    ran: Mapped[bool]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    incident: Mapped[str] = mapped_column(String(20), default="")


class UnitScore(Base):
    """A plugin's score of a unit in a campaign, as it was computed last; `lines` is None while it is pending."""

    __tablename__ = "unit_score"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    plugin: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant)
    lines: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    incident: Mapped[str] = mapped_column(String(20), default="")
