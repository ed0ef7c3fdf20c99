"""What goes into a hand-over pack: submitted reports with files and history, in the session's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.domain.files import FileState, Scan
from core.domain.schema import FormSchema
from core.store.filetypes import as_sent
from core.store.models import (
    BagFile,
    Blob,
    BlobFacts,
    Campaign,
    EvidenceFile,
    FormVersion,
    Region,
    Report,
    ReportStep,
    Unit,
    User,
)

#: Reports are read so many at a time.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much a pack would hold; `bytes` are those of the evidence."""

    reports: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a report. `withheld` says why its bytes stay here, empty where they go along."""

    name: str
    sha256: str
    size: int
    media_type: str
    added_at: datetime
    proves: str
    verdict: str
    verdict_reason: str
    scan: str
    withheld: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {
            "added_at": self.added_at.isoformat()
        }


@dataclass(frozen=True, slots=True)
class PackedReport:
    """A submitted report with all that belongs to it."""

    id: str
    unit: dict[str, Any]
    unit_code: str
    duty_code: str
    period_key: str
    state: str
    version: int
    late: bool
    submitted_at: datetime | None
    submitted_by: str | None
    form_version: str
    record: dict[str, Any]
    schema: FormSchema
    files: tuple[PackedFile, ...]
    history: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        names = ("id", "unit", "state", "version", "late", "submitted_by", "form_version", "record")
        return {name: getattr(self, name) for name in names} | {
            "submitted_at": self.submitted_at.isoformat() if self.submitted_at else None,
            "history": list(self.history),
        }


def _chosen(campaign_id: int, kind: str, key: str) -> list[ColumnElement[bool]]:
    conditions = [Report.campaign_id == campaign_id, Report.submitted_at.is_not(None)]
    if kind == "report":
        conditions.append(Report.id == key)
    elif kind == "unit":
        conditions.append(Report.unit_id == int(key))
    return conditions


def title(session: Session, campaign_id: int, kind: str, key: str) -> str | None:
    """What a pack is about, in Chinese; None where there is no such thing in scope."""
    if kind == "report":
        found = session.execute(
            select(Unit.name, Report.duty_code, Report.period_key)
            .join(Unit, Unit.id == Report.unit_id)
            .where(*_chosen(campaign_id, kind, key))
        ).first()
        return f"{found[0]} {found[1]} {found[2]}" if found else None
    if kind == "unit":
        # No database takes a number of any length.
        known = key.isdecimal() and len(key) < 10
        return session.scalar(select(Unit.name).where(Unit.id == int(key))) if known else None
    if kind == "campaign":
        row = session.execute(select(Campaign.key, Campaign.title).where(Campaign.id == campaign_id)).first()
        return row.title[0] if row and row.key == key else None
    return None


def size(session: Session, campaign_id: int, kind: str, key: str) -> Size:
    """Reports, files of their present state and bytes."""
    chosen = _chosen(campaign_id, kind, key)
    reports = session.scalar(select(func.count(Report.id)).where(*chosen)) or 0
    files, total = session.execute(
        select(func.count(EvidenceFile.id), func.coalesce(func.sum(Blob.size), 0))
        .join(Report, Report.id == EvidenceFile.report_id)
        .join(Blob, Blob.sha256 == EvidenceFile.sha256)
        .where(*chosen, EvidenceFile.removed_at.is_(None))
    ).one()
    return Size(reports, files, total)


def reports(session: Session, campaign_id: int, kind: str, key: str) -> Iterator[PackedReport]:
    """All reports of a pack in the order of their ids, read in chunks: memory stays the same."""
    last = ""
    while True:
        page = session.execute(
            select(Report, Unit, Region.name, FormVersion.schema, User.name)
            .join(Unit, Unit.id == Report.unit_id)
            .join(Region, Region.code == Report.region_code)
            .join(FormVersion, FormVersion.version == Report.form_version)
            .outerjoin(User, User.id == Report.submitted_by)
            .where(*_chosen(campaign_id, kind, key), Report.id > last)
            .order_by(Report.id)
            .limit(CHUNK)
        ).all()
        if not page:
            return
        ids = [row[0].id for row in page]
        steps, submitted = _steps(session, ids)
        files = _files(session, [file_id for wanted in submitted.values() for file_id in wanted])
        for report, unit, region, schema, by in page:
            yield PackedReport(
                id=report.id,
                unit={
                    "code": unit.code,
                    "name": unit.name,
                    "type": unit.unit_type,
                    "kind": unit.kind,
                    "region": region,
                },
                unit_code=unit.code,
                duty_code=report.duty_code,
                period_key=report.period_key,
                state=report.state,
                version=report.version,
                late=report.late,
                submitted_at=report.submitted_at,
                submitted_by=by,
                form_version=report.form_version,
                record=report.record or {},
                schema=FormSchema.from_json(schema),
                files=tuple(files[i] for i in submitted.get(report.id, ()) if i in files),
                history=tuple(steps[report.id]),
            )
        last = ids[-1]
        session.expunge_all()


def _steps(
    session: Session, ids: Sequence[str]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[str]]]:
    """The history of reports, and the files of the last submission of each."""
    steps: dict[str, list[dict[str, Any]]] = defaultdict(list)
    submitted: dict[str, list[str]] = {}
    for row in session.scalars(
        select(ReportStep)
        .where(ReportStep.report_id.in_(ids))
        .order_by(ReportStep.report_id, ReportStep.version)
    ):
        if row.files is not None:
            submitted[row.report_id] = row.files
        steps[row.report_id].append(
            {
                "version": row.version,
                "at": row.at.isoformat(),
                "by": row.user_name,
                "action": row.action,
                "state": row.state,
                "reason": row.reason,
            }
        )
    return steps, submitted


def _files(session: Session, ids: Sequence[str]) -> dict[str, PackedFile]:
    rows = session.execute(
        select(EvidenceFile, Blob.size, Blob.media_type, BagFile.state, BlobFacts.scan)
        .join(Blob, Blob.sha256 == EvidenceFile.sha256)
        .join(BagFile, BagFile.id == EvidenceFile.bag_id)
        .outerjoin(BlobFacts, BlobFacts.sha256 == EvidenceFile.sha256)
        .where(EvidenceFile.id.in_(ids))
    )
    return {
        row.id: PackedFile(
            name=row.name,
            sha256=row.sha256,
            size=size,
            media_type=as_sent(media_type, row.kind),
            added_at=row.added_at,
            proves=row.reason,
            verdict=row.verdict,
            verdict_reason=row.verdict_reason,
            scan=scan or Scan.NOT_SCANNED,
            withheld="infected" if scan == Scan.INFECTED else "refused" if state == FileState.REFUSED else "",
        )
        for row, size, media_type, state, scan in rows
    }
