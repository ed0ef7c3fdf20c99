"""Reports as obligations and tallies see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
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


def obligations_with_reports(session: Session, campaign_id: int, unit_id: int) -> list[tuple[str, str]]:
    """(duty code, period key) of everything that a unit has reported on."""
    rows = session.execute(
        select(Report.duty_code, Report.period_key)
        .where(Report.unit_id == unit_id, Report.campaign_id == campaign_id, Report.state.not_in(UNCOUNTED))
        .distinct()
        # One order for all: two units of a region that are switched at once touch the same leaves.
        .order_by(Report.duty_code, Report.period_key)
    )
    return [(row.duty_code, row.period_key) for row in rows]


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


def everything(session: Session, campaign_id: int, duties: dict[str, DutyRule]) -> Iterator[Reported]:
    """Every obligation with reports in a campaign, read as a stream: the ground of a recount."""
    rows = session.execute(
        select(
            Unit.id,
            Unit.region_path,
            Unit.unit_type,
            Unit.kind,
            Report.duty_code,
            Report.period_key,
            Report.state,
            Report.late,
            Report.topics,
            Report.record,
        )
        .join(Unit, Unit.id == Report.unit_id)
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


def all_intervals(session: Session) -> dict[int, list[Interval]]:
    """The intervals of every unit, in one statement."""
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    for unit_id, starts, ends in session.execute(
        select(UnitInterval.unit_id, UnitInterval.starts, UnitInterval.ends).order_by(UnitInterval.starts)
    ):
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
