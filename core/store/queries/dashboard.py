"""Adding leaves up: a dashboard reads tallies, never reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from core.domain.tallies import Tally
from core.store.models import TallyLeaf, TallyMetric

_COUNTS = (
    TallyLeaf.units_filed,
    TallyLeaf.units_done,
    TallyLeaf.units_late,
    TallyLeaf.reports_waiting,
    TallyLeaf.reports_returned,
    TallyLeaf.reports_accepted,
)


@dataclass(frozen=True, slots=True)
class LeafSum:
    """Leaves added up. `due_filed` counts what is filed among the periods whose deadline has passed."""

    tally: Tally
    due_filed: int


@dataclass(frozen=True, slots=True)
class CutSum(LeafSum):
    """Leaves added up for a region, unit type and duty."""

    region_path: str
    unit_type: str
    duty_code: str


def by_cut(
    session: Session, campaign_id: int, region_path: str, prefix: int, due: Iterable[tuple[str, str]]
) -> list[CutSum]:
    """Sums by region (its path cut to `prefix` characters), unit type and duty.

    `due` names the (duty code, period key) whose deadline has passed.
    """
    region = func.substr(TallyLeaf.region_path, 1, prefix)
    rows = session.execute(
        select(region, TallyLeaf.unit_type, TallyLeaf.duty_code, _due_filed(due), *_sums())
        .where(TallyLeaf.campaign_id == campaign_id, _inside(TallyLeaf, region_path))
        .group_by(region, TallyLeaf.unit_type, TallyLeaf.duty_code)
    )
    return [
        CutSum(Tally(*map(int, counts)), int(filed), path, kind, code)
        for path, kind, code, filed, *counts in rows
    ]


def by_period(
    session: Session, campaign_id: int, region_path: str, unit_types: Collection[str]
) -> dict[tuple[str, str], Tally]:
    """Sums of some unit types by (duty code, period key)."""
    rows = session.execute(
        select(TallyLeaf.duty_code, TallyLeaf.period_key, *_sums())
        .where(
            TallyLeaf.campaign_id == campaign_id,
            _inside(TallyLeaf, region_path),
            TallyLeaf.unit_type.in_(sorted(unit_types)),
        )
        .group_by(TallyLeaf.duty_code, TallyLeaf.period_key)
    )
    return {(code, period): Tally(*map(int, counts)) for code, period, *counts in rows}


def metric_sums(
    session: Session, campaign_id: int, region_path: str, unit_types: Collection[str]
) -> dict[tuple[str, str], int]:
    """Sums of some unit types by (duty code, metric), in smallest units."""
    rows = session.execute(
        select(TallyMetric.duty_code, TallyMetric.metric, func.sum(TallyMetric.total))
        .where(
            TallyMetric.campaign_id == campaign_id,
            _inside(TallyMetric, region_path),
            TallyMetric.unit_type.in_(sorted(unit_types)),
        )
        .group_by(TallyMetric.duty_code, TallyMetric.metric)
    )
    return {(code, metric): int(total) for code, metric, total in rows}


def _sums() -> list[Any]:
    return [func.sum(column) for column in _COUNTS]


def _inside(table: type[TallyLeaf | TallyMetric], region_path: str) -> ColumnElement[bool]:
    return table.region_path.startswith(region_path, autoescape=True)


def _due_filed(due: Iterable[tuple[str, str]]) -> Any:
    """The sum of what is filed among the due. Duties with the same due periods share a condition, so that it is short."""
    periods: defaultdict[str, set[str]] = defaultdict(set)
    for code, period in due:
        periods[code].add(period)
    codes: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for code, keys in periods.items():
        codes[frozenset(keys)].append(code)
    conditions = [
        and_(TallyLeaf.duty_code.in_(sorted(same)), TallyLeaf.period_key.in_(sorted(keys)))
        for keys, same in codes.items()
    ]
    return func.sum(case((or_(false(), *conditions), TallyLeaf.units_filed), else_=0))
