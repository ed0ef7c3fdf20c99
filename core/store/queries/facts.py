"""What plugins are told, read within a scope and a plugin's unit types: a constant number of statements each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from core.domain import facts
from core.domain.access import AnyScope, Scope
from core.domain.campaigns import CampaignFacts
from core.domain.facts import EvidenceFact, Member, ReportFact
from core.domain.obligations import Filing, Interval
from core.domain.units import UnitFacts
from core.store.filetypes import as_sent
from core.store.models import Blob, EvidenceFile, Region, Report, ReportStep, Unit, UnitInterval
from core.store.queries import units as unit_queries
from core.store.queries.reports import ReportBrief
from core.store.scope import limit


@dataclass(frozen=True, slots=True)
class Sight:
    """What a plugin may see: a scope, some unit types (None for all), and perhaps only these units and all below."""

    scope: AnyScope
    unit_types: frozenset[str] | None = None
    above: tuple[int, ...] | None = None
    below: bool = False

    def covers(self, table: Any, unit_id: Any) -> list[ColumnElement[bool]]:
        """The conditions on a table whose rows belong to units."""
        conditions: list[ColumnElement[bool]] = []
        if self.above is not None:
            conditions.append(unit_id.in_(_with_all_below(self.above) if self.below else self.above))
        elif isinstance(self.scope, Scope):
            conditions.append(limit(table, self.scope))
        if self.unit_types is not None:
            conditions.append(table.unit_type.in_(sorted(self.unit_types)))
        return conditions


def _with_all_below(ids: Sequence[int]) -> Any:
    tree = select(Unit.id).where(Unit.id.in_(ids)).cte("tree", recursive=True)
    return select(tree.union(select(Unit.id).join(tree, Unit.parent_id == tree.c.id)).c.id)


def members(session: Session, sight: Sight, region: str | None = None) -> Iterator[Member]:
    """The enabled units in sight, by region and code; only those of a region and all below it where one is named."""
    is_open = exists().where(UnitInterval.unit_id == Unit.id, UnitInterval.ends.is_(None))
    conditions = [is_open, *sight.covers(Unit, Unit.id)]
    if region is not None:
        conditions.append(Unit.region_path.contains(f"/{region}/", autoescape=True))
    rows = session.execute(
        select(Unit, Region.name)
        .join(Region, Region.code == Unit.region_code)
        .where(*conditions)
        .order_by(Unit.region_path, Unit.code)
    )
    yield from (_member(row, name) for row, name in rows)


def _member(row: Unit, region_name: str) -> Member:
    return Member(
        row.id, row.code, row.name, row.unit_type, row.kind, row.region_code, region_name, row.parent_id
    )


def member(session: Session, unit_id: int) -> Member | None:
    """A unit as plugins see it, whatever the scope."""
    joined = select(Unit, Region.name).join(Region, Region.code == Unit.region_code)
    row = session.execute(joined.where(Unit.id == unit_id)).first()
    return _member(*row) if row else None


def unit(session: Session, sight: Sight, unit_id: int) -> UnitFacts | None:
    """A unit in sight with the intervals on which it is enabled."""
    seen = session.scalar(select(Unit.id).where(Unit.id == unit_id, *sight.covers(Unit, Unit.id)))
    return unit_queries.unit(session, unit_id) if seen is not None else None


def regions(session: Session) -> Iterator[facts.Region]:
    """All regions, those above before those below."""
    rows = session.execute(select(Region.code, Region.name, Region.path).order_by(Region.path))
    return (facts.Region(code, name, tuple(path.strip("/").split("/"))) for code, name, path in rows)


def intervals(session: Session, sight: Sight) -> defaultdict[int, list[Interval]]:
    """When the units in sight were enabled, by their ids."""
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    rows = session.execute(
        select(UnitInterval.unit_id, UnitInterval.starts, UnitInterval.ends)
        .join(Unit, Unit.id == UnitInterval.unit_id)
        .where(*sight.covers(Unit, Unit.id))
        .order_by(UnitInterval.starts)
    )
    for unit_id, starts, ends in rows:
        found[unit_id].append(Interval(starts, ends))
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports: of some duties (all where none is named), of one unit, in some states."""

    duties: tuple[str, ...] = ()
    unit: int | None = None
    states: tuple[str, ...] = ("submitted", "in_review", "accepted")
    at_most: int = 2000


def reports(session: Session, campaign: CampaignFacts, sight: Sight, wanted: Wanted) -> Iterator[ReportFact]:
    """Submitted reports in sight, the newest first."""
    conditions = [
        Report.campaign_id == campaign.id,
        Report.submitted_at.is_not(None),
        Report.state.in_(wanted.states),
        *sight.covers(Report, Report.unit_id),
    ]
    if wanted.duties:
        conditions.append(Report.duty_code.in_(wanted.duties))
    if wanted.unit is not None:
        conditions.append(Report.unit_id == wanted.unit)
    newest = select(Report, Unit, Region.name).join(Unit, Unit.id == Report.unit_id)
    rows = session.execute(
        newest.join(Region, Region.code == Unit.region_code)
        .where(*conditions)
        .order_by(Report.submitted_at.desc(), Report.id)
        .limit(wanted.at_most)
    )
    for report, its_unit, region in rows:
        fact = _report(campaign, report, _member(its_unit, region), ())
        if fact is not None:
            yield fact


def report(
    session: Session, campaign: CampaignFacts, report_id: str, read: Callable[[str], Callable[[], bytes]]
) -> ReportFact | None:
    """One report as it was last submitted, with its files. `read` gives the reader of a file's bytes by hash."""
    row = session.execute(
        select(Report, Unit, Region.name)
        .join(Unit, Unit.id == Report.unit_id)
        .join(Region, Region.code == Unit.region_code)
        .where(Report.id == report_id)
    ).first()
    if row is None:
        return None
    found, its_unit, region = row
    return _report(campaign, found, _member(its_unit, region), tuple(_files(session, report_id, read)))


def _report(
    campaign: CampaignFacts, row: Report, unit: Member, files: tuple[EvidenceFact, ...]
) -> ReportFact | None:
    duty = campaign.duty(row.duty_code)
    period = campaign.period(duty, row.period_key) if duty else None
    if period is None:
        return None
    return ReportFact(
        id=row.id,
        unit=unit,
        duty=row.duty_code,
        period=row.period_key,
        days=period.span,
        state=row.state,
        version=row.version,
        late=row.late,
        submitted_at=row.submitted_at,
        record=MappingProxyType(dict(row.record or {})),
        files=files,
    )


def _files(
    session: Session, report_id: str, read: Callable[[str], Callable[[], bytes]]
) -> Iterator[EvidenceFact]:
    submitted = (
        select(ReportStep.files)
        .where(ReportStep.report_id == report_id, ReportStep.action == "submit")
        .order_by(ReportStep.version.desc())
        .limit(1)
    )
    rows = session.execute(
        select(EvidenceFile, Blob.media_type, Blob.size)
        .join(Blob, Blob.sha256 == EvidenceFile.sha256)
        .where(EvidenceFile.id.in_(session.scalar(submitted) or ()))
        .order_by(EvidenceFile.added_at, EvidenceFile.id)
    )
    for row, media_type, size in rows:
        yield EvidenceFact(
            id=row.id,
            report_id=report_id,
            name=row.name,
            kind=row.kind,
            media_type=as_sent(media_type, row.kind),
            size=size,
            sha256=row.sha256,
            added_at=row.added_at,
            read=read(row.sha256),
        )


def filings(briefs: Iterable[ReportBrief]) -> defaultdict[tuple[str, str], list[Filing]]:
    """A unit's reports as its obligations count them, by duty and period."""
    found: defaultdict[tuple[str, str], list[Filing]] = defaultdict(list)
    for brief in briefs:
        found[brief.duty_code, brief.period_key].append(brief.filing())
    return found


def filings_of(
    session: Session, campaign_id: int, sight: Sight, duty: str
) -> defaultdict[int, defaultdict[tuple[str, str], list[Filing]]]:
    """Reports of one duty as the obligations of the units in sight count them, by unit, duty and period."""
    found: defaultdict[int, defaultdict[tuple[str, str], list[Filing]]] = defaultdict(
        lambda: defaultdict(list)
    )
    rows = session.execute(
        select(Report.unit_id, Report.period_key, Report.state, Report.late, Report.topics).where(
            Report.campaign_id == campaign_id, Report.duty_code == duty, *sight.covers(Report, Report.unit_id)
        )
    )
    for unit_id, period, state, late, topics in rows:
        found[unit_id][duty, period].append(Filing(state, late, frozenset(topics)))
    return found
