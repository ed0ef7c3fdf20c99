"""A campaign as its notice orders it, with the frozen copy of its duties."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.types import Instant


class Campaign(Base):
    """The publicity month: notice, days, titles in both languages. `revision` grows when duties join it."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    number: Mapped[str] = mapped_column(String(60))
    title: Mapped[list[str]] = mapped_column(JSON)
    issuer: Mapped[list[str]] = mapped_column(JSON)
    addressees: Mapped[list[str]] = mapped_column(JSON)
    purpose: Mapped[list[str]] = mapped_column(JSON)
    issued: Mapped[date]
    starts: Mapped[date]
    ends: Mapped[date]
    published_at: Mapped[datetime] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")


class CampaignPhase(Base):
    """A phase with its theme."""

    __tablename__ = "campaign_phase"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    starts: Mapped[date]
    ends: Mapped[date]
    theme: Mapped[list[str]] = mapped_column(JSON)
    focus: Mapped[list[str]] = mapped_column(JSON)


class Clause(Base):
    """A sentence of the notice. `requires` is duty, product (then `lives_in` says where) or background."""

    __tablename__ = "clause"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    position: Mapped[int]
    part: Mapped[int]
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    requires: Mapped[str] = mapped_column(String(20))
    lives_in: Mapped[str | None] = mapped_column(String(20))


class CampaignDuty(Base):
    """The frozen copy of a duty, as `DutyRule.to_json` wrote it when the campaign was published."""

    __tablename__ = "campaign_duty"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
