"""Which units somebody chose to switch together, and what they hold: as many statements for one as for thousands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.store.models import Region, Report, Unit, UnitInterval
from core.store.queries.units import UnitFilter, conditions, is_on

#: So many values fit into one statement of either database.
PART = 5000


def in_parts(values: Collection[Any]) -> Iterator[list[Any]]:
    """Values in portions that fit into a statement, in order."""
    ordered = sorted(values)
    for first in range(0, len(ordered), PART):
        yield ordered[first : first + PART]


def count(session: Session, which: ColumnElement[bool]) -> int:
    """How many units in scope are chosen."""
    return session.scalar(select(func.count(Unit.id)).where(which)) or 0


def split(session: Session, which: ColumnElement[bool]) -> dict[bool, int]:
    """How many of the chosen units are on, and how many are off."""
    on = is_on().label("is_on")
    rows = session.execute(select(on, func.count(Unit.id)).where(which).group_by(on))
    return {bool(row[0]): row[1] for row in rows}


def first(session: Session, which: ColumnElement[bool], most: int) -> list[tuple[int, str]]:
    """The first of the chosen units by place, with their names."""
    rows = session.execute(
        select(Unit.id, Unit.name)
        .where(which)
        .order_by(Unit.region_path, Unit.unit_type, Unit.id)
        .limit(most)
    )
    return [(row.id, row.name) for row in rows]


def kinds(session: Session, which: ColumnElement[bool]) -> list[tuple[int, str, str]]:
    """Id, unit type and kind of each chosen unit."""
    rows = session.execute(select(Unit.id, Unit.unit_type, Unit.kind).where(which))
    return [(row.id, row.unit_type, row.kind) for row in rows]


def reports_by_state(session: Session, which: ColumnElement[bool], campaign_id: int) -> dict[str, int]:
    """How many reports of a campaign the chosen units have in each state."""
    rows = session.execute(
        select(Report.state, func.count(Report.id))
        .where(Report.campaign_id == campaign_id, Report.unit_id.in_(select(Unit.id).where(which)))
        .group_by(Report.state)
    )
    return {row[0]: row[1] for row in rows}


def their_intervals(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The intervals of the chosen units."""
    return UnitInterval.unit_id.in_(select(Unit.id).where(which))


def codes(session: Session, wanted: Collection[str]) -> dict[str, int]:
    """The ids of those units in scope that have one of these codes."""
    found: dict[str, int] = {}
    for part in in_parts(wanted):
        rows = session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(part)))
        found |= {row.code: row.id for row in rows}
    return found


def lock(session: Session, which: ColumnElement[bool]) -> list[int]:
    """Hold the rows of the chosen units until the transaction ends, in one order for all; answers with their ids."""
    return list(session.scalars(select(Unit.id).where(which).order_by(Unit.id).with_for_update()))


def intervals(session: Session, ids: Collection[int]) -> dict[int, list[UnitInterval]]:
    """The intervals of units, each with at least an empty list, by when they begin."""
    found: dict[int, list[UnitInterval]] = {unit_id: [] for unit_id in ids}
    for part in in_parts(ids):
        rows = select(UnitInterval).where(UnitInterval.unit_id.in_(part)).order_by(UnitInterval.starts)
        for row in session.scalars(rows, execution_options={"populate_existing": True}):
            found[row.unit_id].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A unit as a line of a list that is taken away."""

    code: str
    name: str
    region_name: str
    unit_type: str
    enabled: bool


def lines(session: Session, chosen: UnitFilter) -> list[Line]:
    """All units in scope that a filter lets through."""
    rows = session.execute(
        select(Unit.code, Unit.name, Region.name.label("region"), Unit.unit_type, is_on().label("is_on"))
        .join(Region, Region.code == Unit.region_code)
        .where(*conditions(chosen))
        .order_by(Unit.region_path, Unit.unit_type, Unit.id)
    )
    return [Line(row.code, row.name, row.region, row.unit_type, bool(row.is_on)) for row in rows]
