"""Reports as obligations and tallies see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, null, select
from sqlalchemy.orm import Session

from core.domain.duties import DutyRule
from core.domain.obligations import Filing, Interval
from core.domain.schema import metric_values
from core.domain.tallies import Counted
from core.store.models import Report, TallyLeaf, TallyMetric, Unit, UnitInterval

#: States that neither an obligation nor a tally counts.
UNCOUNTED = ("draft", "withdrawn")


def counted(
    duty: DutyRule, state: str, late: bool, topics: list[str], record: dict[str, Any] | None
) -> Counted:
    """A stored report as the tally counts it."""
    metrics = metric_values(duty.schema, record) if record and state == "accepted" else {}
    return Counted(Filing(state, late, frozenset(topics)), metrics)


def of_obligation(
    session: Session, campaign_id: int, unit_id: int, duty: DutyRule, period_key: str
) -> dict[str, Counted]:
    """A unit's reports for one duty and period, by id."""
    rows = session.execute(
        select(Report.id, Report.state, Report.late, Report.topics, Report.record).where(
            Report.unit_id == unit_id,
            Report.campaign_id == campaign_id,
            Report.duty_code == duty.code,
            Report.period_key == period_key,
            Report.state.not_in(UNCOUNTED),
        )
    )
    return {report_id: counted(duty, *facts) for report_id, *facts in rows}


def intervals(session: Session, unit_id: int) -> list[Interval]:
    rows = session.execute(
        select(UnitInterval.starts, UnitInterval.ends)
        .where(UnitInterval.unit_id == unit_id)
        .order_by(UnitInterval.starts)
    )
    return [Interval(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class LeafKey:
    """Where a contribution is added."""

    campaign_id: int
    region_path: str
    unit_type: str
    unit_kind: str
    duty_code: str
    period_key: str


@dataclass(frozen=True, slots=True)
class Reported:
    """All that one unit reported for one duty and period."""

    leaf: LeafKey
    unit_id: int
    reports: list[Counted]


#: What `_grouped` reads of each report, but for its record.
_COLUMNS = (
    Unit.id,
    Unit.region_path,
    Unit.unit_type,
    Unit.kind,
    Report.duty_code,
    Report.period_key,
    Report.state,
    Report.late,
    Report.topics,
)


def everything(session: Session, campaign_id: int, duties: dict[str, DutyRule]) -> Iterator[Reported]:
    """Every obligation with reports in a campaign, read as a stream: the ground of a recount."""
    return _grouped(session, campaign_id, duties, select(*_COLUMNS, Report.record))


def standings(
    session: Session, campaign_id: int, duties: dict[str, DutyRule], which: ColumnElement[bool]
) -> Iterator[Reported]:
    """The obligations with reports of some units, without the reports' content, and so without metrics."""
    return _grouped(session, campaign_id, duties, select(*_COLUMNS, null()).where(which))


def in_periods(keys: Iterable[str]) -> ColumnElement[bool]:
    """Reports for some periods."""
    return Report.period_key.in_(sorted(set(keys)))


def _grouped(
    session: Session, campaign_id: int, duties: dict[str, DutyRule], reports: Select[*tuple[Any, ...]]
) -> Iterator[Reported]:
    rows = session.execute(
        reports.join(Unit, Unit.id == Report.unit_id)
        .where(Report.campaign_id == campaign_id, Report.state.not_in(UNCOUNTED))
        .order_by(Unit.id, Report.duty_code, Report.period_key)
        .execution_options(yield_per=2000)
    )
    current: Reported | None = None
    for unit_id, path, unit_type, kind, code, period, *facts in rows:
        leaf = LeafKey(campaign_id, path, unit_type, kind, code, period)
        if current is None or (current.unit_id, current.leaf) != (unit_id, leaf):
            if current is not None:
                yield current
            current = Reported(leaf, unit_id, [])
        current.reports.append(counted(duties[code], *facts))
    if current is not None:
        yield current


def all_intervals(session: Session, *which: ColumnElement[bool]) -> dict[int, list[Interval]]:
    """The intervals of every unit, or of those that some conditions on intervals let through, in one statement."""
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    wanted = select(UnitInterval.unit_id, UnitInterval.starts, UnitInterval.ends).where(*which)
    for unit_id, starts, ends in session.execute(wanted.order_by(UnitInterval.starts)):
        found[unit_id].append(Interval(starts, ends))
    return found


def leaves(
    session: Session, campaign_id: int
) -> tuple[dict[LeafKey, TallyLeaf], dict[tuple[LeafKey, str], int]]:
    """The stored tallies of a campaign: counts by leaf, and metric sums by leaf and metric."""
    counts = {
        _key(row): row
        for row in session.scalars(select(TallyLeaf).where(TallyLeaf.campaign_id == campaign_id))
    }
    sums = {
        (_key(row), row.metric): row.total
        for row in session.scalars(select(TallyMetric).where(TallyMetric.campaign_id == campaign_id))
    }
    return counts, sums


def _key(row: TallyLeaf | TallyMetric) -> LeafKey:
    return LeafKey(
        row.campaign_id, row.region_path, row.unit_type, row.unit_kind, row.duty_code, row.period_key
    )
