"""Hints of capture time and place for a report's files; computed when they are shown, from what examining found."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.domain import capture
from core.domain.calendar import Span
from core.domain.capture import Place
from core.domain.findings import Finding
from core.services.runtime import runtime
from core.store.models import BlobFacts, Region, Unit
from core.store.queries.reports import ReportView


def of_report(session: Session, report: ReportView, span: Span) -> dict[str, tuple[Finding, ...]]:
    """The hints by the id of each file's use; files without any are left out. Two statements for any number."""
    rows = session.execute(
        select(BlobFacts.sha256, BlobFacts.facts).where(
            BlobFacts.sha256.in_([file.sha256 for file in report.files])
        )
    )
    facts = {row.sha256: row.facts for row in rows}
    near = _near(session, report.unit_id) if any("gps" in fact for fact in facts.values()) else ()
    found = {
        file.id: capture.hints(facts.get(file.sha256, {}), span, file.added_at, runtime().clock.zone, near)
        for file in report.files
    }
    return {use_id: hints for use_id, hints in found.items() if hints}


def _near(session: Session, unit_id: int) -> tuple[Place, ...]:
    """The nearest region above the unit whose centre is known; for one of the whole province, all that are known."""
    path = session.scalar(select(Unit.region_path).where(Unit.id == unit_id)) or ""
    above = [code for code in path.split("/") if code]
    known = list(
        session.execute(
            select(Region.code, Region.path, Region.name, Region.latitude, Region.longitude).where(
                Region.latitude.is_not(None), Region.longitude.is_not(None)
            )
        )
    )
    for code in reversed(above):
        found = [row for row in known if row.code == code]
        if found:
            return tuple(Place(row.name, row.latitude, row.longitude) for row in found)
    return tuple(Place(row.name, row.latitude, row.longitude) for row in known if row.path.startswith(path))
