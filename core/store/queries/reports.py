"""Reports as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.domain.facts import Member
from core.domain.obligations import Filing
from core.domain.schema import FormSchema
from core.store.models import FormVersion, Region, Report, ReportStep, Unit, User
from core.store.queries import files
from core.store.queries.files import FileView


@dataclass(frozen=True, slots=True)
class ReportBrief:
    """A report on its unit's home page."""

    id: str
    duty_code: str
    period_key: str
    state: str
    late: bool
    topics: tuple[str, ...]
    reason: str
    changed_at: datetime

    def filing(self) -> Filing:
        return Filing(self.state, self.late, frozenset(self.topics))


def of_unit(session: Session, campaign_id: int, unit_id: int) -> list[ReportBrief]:
    """All reports of a unit in a campaign, the oldest first."""
    rows = session.execute(
        select(
            Report.id,
            Report.duty_code,
            Report.period_key,
            Report.state,
            Report.late,
            Report.topics,
            Report.reason,
            func.coalesce(Report.decided_at, Report.submitted_at, Report.created_at),
        )
        .where(Report.unit_id == unit_id, Report.campaign_id == campaign_id)
        .order_by(Report.created_at, Report.id)
    )
    return [
        ReportBrief(i, code, period, state, late, tuple(topics), reason, at)
        for i, code, period, state, late, topics, reason, at in rows
    ]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a report's history."""

    version: int
    at: datetime
    user_name: str
    action: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report whole: what was typed, what was submitted and with which form, files, history."""

    id: str
    campaign_id: int
    unit: Member
    unit_name: str
    unit_type: str
    unit_kind: str
    region_name: str
    duty_code: str
    period_key: str
    state: str
    version: int
    late: bool
    entries: dict[str, list[str]]
    record: dict[str, Any] | None
    schema: FormSchema
    submitted_at: datetime | None
    submitted_by_name: str | None
    claimed_by: int | None
    claimed_by_name: str | None
    claimed_at: datetime | None
    reason: str
    files: tuple[FileView, ...]
    steps: tuple[StepView, ...]

    @property
    def unit_id(self) -> int:
        return self.unit.id

    @property
    def submission(self) -> int:
        """The version of the last submission; 0 before the first one."""
        return max((step.version for step in self.steps if step.action == "submit"), default=0)


def view(session: Session, report_id: str, *, as_submitted: bool = False) -> ReportView | None:
    """A report in scope with everything that belongs to it.

    `as_submitted` shows the files of the last submission, not those of a draft that its unit is mending.
    """
    row = session.execute(
        select(Report, Unit, Region.name, FormVersion.schema)
        .join(Unit, Unit.id == Report.unit_id)
        .join(Region, Region.code == Report.region_code)
        .join(FormVersion, FormVersion.version == Report.form_version)
        .where(Report.id == report_id)
    ).first()
    if row is None:
        return None
    report, unit, region_name, schema = row
    names = _names(session, {report.submitted_by, report.claimed_by})
    return ReportView(
        id=report.id,
        campaign_id=report.campaign_id,
        unit=Member(
            unit.id,
            unit.code,
            unit.name,
            unit.unit_type,
            unit.kind,
            unit.region_code,
            region_name,
            unit.parent_id,
        ),
        unit_name=unit.name,
        unit_type=report.unit_type,
        unit_kind=report.unit_kind,
        region_name=region_name,
        duty_code=report.duty_code,
        period_key=report.period_key,
        state=report.state,
        version=report.version,
        late=report.late,
        entries=report.entries,
        record=report.record,
        schema=FormSchema.from_json(schema),
        submitted_at=report.submitted_at,
        submitted_by_name=names.get(report.submitted_by),
        claimed_by=report.claimed_by,
        claimed_by_name=names.get(report.claimed_by),
        claimed_at=report.claimed_at,
        reason=report.reason,
        files=files.of_report(session, report_id, as_submitted=as_submitted),
        steps=_steps(session, report_id),
    )


def _names(session: Session, ids: set[int | None]) -> dict[int | None, str]:
    wanted = [i for i in ids if i is not None]
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def _steps(session: Session, report_id: str) -> tuple[StepView, ...]:
    rows = session.execute(
        select(
            ReportStep.version,
            ReportStep.at,
            ReportStep.user_name,
            ReportStep.action,
            ReportStep.state,
            ReportStep.reason,
        )
        .where(ReportStep.report_id == report_id)
        .order_by(ReportStep.version)
    )
    return tuple(StepView(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A line of the office's list of reports."""

    id: str
    unit_name: str
    region_name: str
    unit_type: str
    duty_code: str
    period_key: str
    state: str
    late: bool
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportFilter:
    region_path: str | None = None
    unit_type: str | None = None
    duty_code: str | None = None
    state: str | None = None


def list_reports(
    session: Session, campaign_id: int, chosen: ReportFilter, offset: int, limit: int
) -> tuple[list[ReportRow], int]:
    """A page of submitted reports in scope, the newest first; drafts stay with their units."""
    conditions = [Report.campaign_id == campaign_id, Report.submitted_at.is_not(None)]
    if chosen.region_path:
        conditions.append(Report.region_path.startswith(chosen.region_path, autoescape=True))
    if chosen.unit_type:
        conditions.append(Report.unit_type == chosen.unit_type)
    if chosen.duty_code:
        conditions.append(Report.duty_code == chosen.duty_code)
    if chosen.state:
        conditions.append(Report.state == chosen.state)
    total = session.scalar(select(func.count(Report.id)).where(*conditions)) or 0
    page = (
        select(Report.id)
        .where(*conditions)
        .order_by(Report.submitted_at.desc(), Report.id)
        .offset(offset)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(
            Report.id,
            Unit.name,
            Region.name,
            Report.unit_type,
            Report.duty_code,
            Report.period_key,
            Report.state,
            Report.late,
            Report.submitted_at,
        )
        .join(page, page.c.id == Report.id)
        .join(Unit, Unit.id == Report.unit_id)
        .join(Region, Region.code == Report.region_code)
        .order_by(Report.submitted_at.desc(), Report.id)
    )
    return [ReportRow(*row) for row in rows], total
