"""Where else bytes, or pictures like them, are used: in the reader's scope with everything, beyond it by place alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, not_, or_, select
from sqlalchemy.orm import Session

from core.domain.access import Scope
from core.store.models import EvidenceFile, Region, Report, Resemblance, Unit
from core.store.scope import limit

#: A platform's screenshots all look alike: so many resemblances of a report's files are read, the strongest first.
MOST = 400
#: Uses of the same bytes that are named.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Use:
    """A file's use in a submitted report. `of` says how many such uses of its bytes there are in scope."""

    id: str
    sha256: str
    name: str
    report_id: str
    campaign_id: int
    unit_id: int
    unit_name: str
    region_name: str
    duty_code: str
    period_key: str
    submitted_at: datetime
    of: int


@dataclass(frozen=True, slots=True)
class Beyond:
    """Units of a region beyond the reader's scope that use some bytes."""

    sha256: str
    region_path: str
    units: int


def of_pictures(session: Session, hashes: Collection[str]) -> list[Resemblance]:
    """What is known to look like one of these pictures, the strongest first."""
    wanted = list(hashes)
    return list(
        session.scalars(
            select(Resemblance)
            .where(or_(Resemblance.first.in_(wanted), Resemblance.second.in_(wanted)))
            .order_by(Resemblance.level.desc(), Resemblance.distance, Resemblance.first, Resemblance.second)
            .limit(MOST)
        )
    )


def of_pair(session: Session, one: str, other: str) -> Resemblance | None:
    return session.get(Resemblance, (min(one, other), max(one, other)))


def _used(statement: Any, report_id: str) -> Any:
    """Only what stands in other reports as they were submitted: drafts stay with their units."""
    return statement.join(Report, Report.id == EvidenceFile.report_id).where(
        EvidenceFile.report_id != report_id,
        EvidenceFile.removed_at.is_(None),
        Report.submitted_at.is_not(None),
        EvidenceFile.added_at <= Report.submitted_at,
    )


def uses(session: Session, hashes: Collection[str], report_id: str) -> list[Use]:
    """Uses of some bytes in other reports in scope, of each at most NAMED, the newest first."""
    place = (
        func.row_number()
        .over(partition_by=EvidenceFile.sha256, order_by=[Report.submitted_at.desc(), EvidenceFile.id.asc()])
        .label("place")
    )
    number = func.count().over(partition_by=EvidenceFile.sha256).label("number")
    chosen = _used(
        select(EvidenceFile.id.label("id"), place, number).where(EvidenceFile.sha256.in_(list(hashes))),
        report_id,
    ).subquery()
    statement = (
        _view(chosen.c.number)
        .join(chosen, chosen.c.id == EvidenceFile.id)
        .where(chosen.c.place <= NAMED)
        .order_by(Report.submitted_at.desc(), EvidenceFile.id)
    )
    return [Use(*row) for row in session.execute(statement)]


def use(session: Session, use_id: str, report_id: str) -> Use | None:
    """One use in another report in scope."""
    statement = select(EvidenceFile.id).where(EvidenceFile.id == use_id)
    chosen = _used(statement, report_id).subquery()
    row = session.execute(_view(literal(1)).join(chosen, chosen.c.id == EvidenceFile.id)).first()
    return Use(*row) if row else None


def _view(number: Any) -> Any:
    return (
        select(
            EvidenceFile.id,
            EvidenceFile.sha256,
            EvidenceFile.name,
            Report.id,
            Report.campaign_id,
            Unit.id,
            Unit.name,
            Region.name,
            Report.duty_code,
            Report.period_key,
            Report.submitted_at,
            number,
        )
        .join(Report, Report.id == EvidenceFile.report_id)
        .join(Unit, Unit.id == Report.unit_id)
        .join(Region, Region.code == Report.region_code)
    )


def beyond(session: Session, hashes: Collection[str], report_id: str, scope: Scope) -> list[Beyond]:
    """Uses of some bytes outside a scope, counted by region; the session must see everything."""
    statement = _used(
        select(EvidenceFile.sha256, EvidenceFile.region_path, func.count(EvidenceFile.unit_id.distinct())),
        report_id,
    )
    statement = statement.where(
        EvidenceFile.sha256.in_(list(hashes)), not_(limit(EvidenceFile, scope))
    ).group_by(EvidenceFile.sha256, EvidenceFile.region_path)
    return [Beyond(*row) for row in session.execute(statement)]


def region_names(session: Session, paths: Collection[str]) -> dict[str, str]:
    rows = session.execute(select(Region.path, Region.name).where(Region.path.in_(list(paths))))
    return {row.path: row.name for row in rows}
