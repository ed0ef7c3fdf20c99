"""The campaign that is under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.domain.calendar import Calendar, Span
from core.domain.campaigns import CampaignFacts, ClauseFacts, Phase
from core.domain.duties import DutyRule
from core.domain.text import Text
from core.store.models import Campaign, CampaignDuty, CampaignPhase, Clause


def newest(session: Session) -> tuple[int, datetime, int] | None:
    """Id, time of publishing and revision of the campaign published last."""
    statement = select(Campaign.id, Campaign.published_at, Campaign.revision).order_by(
        Campaign.published_at.desc(), Campaign.id.desc()
    )
    row = session.execute(statement.limit(1)).first()
    return (row.id, row.published_at, row.revision) if row else None


def load(session: Session, campaign_id: int) -> CampaignFacts:
    """A campaign whole, as frozen facts."""
    row = session.get_one(Campaign, campaign_id)
    phases = session.scalars(
        select(CampaignPhase).where(CampaignPhase.campaign_id == campaign_id).order_by(CampaignPhase.number)
    ).all()
    clauses = session.scalars(
        select(Clause).where(Clause.campaign_id == campaign_id).order_by(Clause.position)
    ).all()
    rules = session.scalars(
        select(CampaignDuty.rule)
        .where(CampaignDuty.campaign_id == campaign_id)
        .order_by(CampaignDuty.position)
    ).all()
    return CampaignFacts(
        id=row.id,
        key=row.key,
        number=row.number,
        title=Text(*row.title),
        issuer=Text(*row.issuer),
        addressees=Text(*row.addressees),
        purpose=Text(*row.purpose),
        issued=row.issued,
        calendar=Calendar(Span(row.starts, row.ends), tuple(Span(p.starts, p.ends) for p in phases)),
        phases=tuple(Phase(p.number, p.starts, p.ends, Text(*p.theme), Text(*p.focus)) for p in phases),
        clauses=tuple(ClauseFacts(c.key, c.part, Text(c.zh, c.en), c.requires, c.lives_in) for c in clauses),
        duties=tuple(DutyRule.from_json(rule) for rule in rules),
    )
