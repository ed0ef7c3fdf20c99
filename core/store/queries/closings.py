"""Which periods are closed."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.store.models import PeriodClosing


def closed(session: Session, campaign_id: int) -> set[tuple[str, str]]:
    """(duty code, period key) of everything that is closed."""
    rows = session.execute(
        select(PeriodClosing.duty_code, PeriodClosing.period_key).where(
            PeriodClosing.campaign_id == campaign_id
        )
    )
    return {(code, period) for code, period in rows}


def last_number(session: Session) -> int:
    """The number of the closing made last; 0 before the first."""
    return session.scalar(select(func.coalesce(func.max(PeriodClosing.number), 0))) or 0
