"""The review queue."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from core.store.models import Region, Report, Unit, User


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What an inspector looks at: a region's subtree, a unit type, a duty. Empty means all in scope.

    `without` names duties that nobody may decide on now, because their plugin is off.
    """

    region_path: str | None = None
    unit_type: str | None = None
    duty_code: str | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A line of the queue."""

    id: str
    unit_name: str
    region_name: str
    unit_type: str
    duty_code: str
    period_key: str
    submitted_at: datetime | None
    late: bool
    state: str
    claimed_by: str | None
    claimed_by_id: int | None
    claimed_at: datetime | None


def _waiting(chosen: QueueFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Report.state.in_(("submitted", "in_review"))]
    if chosen.region_path:
        conditions.append(Report.region_path.startswith(chosen.region_path, autoescape=True))
    if chosen.unit_type:
        conditions.append(Report.unit_type == chosen.unit_type)
    if chosen.duty_code:
        conditions.append(Report.duty_code == chosen.duty_code)
    if chosen.without:
        conditions.append(Report.duty_code.not_in(chosen.without))
    return conditions


def queue(session: Session, chosen: QueueFilter, offset: int, limit: int) -> tuple[list[QueueRow], int]:
    """A page of what waits, the longest waiting first, and how many wait in all."""
    conditions = _waiting(chosen)
    total = session.scalar(select(func.count(Report.id)).where(*conditions)) or 0
    page = (
        select(Report.id)
        .where(*conditions)
        .order_by(Report.submitted_at, Report.id)
        .offset(offset)
        .limit(limit)
        .subquery()
    )
    statement = (
        select(
            Report.id,
            Unit.name,
            Region.name,
            Report.unit_type,
            Report.duty_code,
            Report.period_key,
            Report.submitted_at,
            Report.late,
            Report.state,
            User.name,
            Report.claimed_by,
            Report.claimed_at,
        )
        .join(page, page.c.id == Report.id)
        .join(Unit, Unit.id == Report.unit_id)
        .join(Region, Region.code == Report.region_code)
        .outerjoin(User, User.id == Report.claimed_by)
        .order_by(Report.submitted_at, Report.id)
    )
    return [QueueRow(*tuple(row)) for row in session.execute(statement)], total


def next_in_queue(
    session: Session, chosen: QueueFilter, user_id: int, lapsed: datetime, own_units: Collection[int]
) -> str | None:
    """The report that has waited longest and that this inspector may take."""
    free = or_(
        Report.state == "submitted",
        and_(Report.state == "in_review", or_(Report.claimed_by == user_id, Report.claimed_at < lapsed)),
    )
    statement = select(Report.id).where(*_waiting(chosen), free, Report.submitted_by != user_id)
    if own_units:
        statement = statement.where(Report.unit_id.not_in(list(own_units)))
    return session.scalar(statement.order_by(Report.submitted_at, Report.id).limit(1))
