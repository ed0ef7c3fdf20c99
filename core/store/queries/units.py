"""Units, regions, and what is switched on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import Session

from core.domain.access import Scope
from core.domain.obligations import Interval
from core.domain.units import UnitFacts
from core.store.models import PluginState, Region, Unit, UnitInterval


def plugins_on(session: Session) -> dict[str, frozenset[str]]:
    """The plugins that are switched on, with their parked parts. Read once per request, job and command."""
    rows = session.execute(select(PluginState.key, PluginState.parked).where(PluginState.enabled))
    return {key: frozenset(parked) for key, parked in rows}


def unit(session: Session, unit_id: int) -> UnitFacts | None:
    """A unit in the session's scope."""
    return next(iter(several(session, [unit_id])), None)


def several(session: Session, ids: Collection[int]) -> list[UnitFacts]:
    """Those of some units that lie in the session's scope, by id."""
    joined = select(Unit, Region.name).join(Region, Region.code == Unit.region_code)
    return _facts(session, joined.where(Unit.id.in_(ids)).order_by(Unit.id))


def types(session: Session, ids: Collection[int]) -> list[tuple[int, str]]:
    """Id and unit type of some units."""
    rows = session.execute(select(Unit.id, Unit.unit_type).where(Unit.id.in_(ids)).order_by(Unit.id))
    return [(row.id, row.unit_type) for row in rows]


def _facts(session: Session, statement: Select[Unit, str]) -> list[UnitFacts]:
    rows = session.execute(statement).all()
    intervals: dict[int, list[UnitInterval]] = {row.Unit.id: [] for row in rows}
    for interval in session.scalars(
        select(UnitInterval).where(UnitInterval.unit_id.in_(intervals)).order_by(UnitInterval.starts)
    ):
        intervals[interval.unit_id].append(interval)
    return [_fact(row.Unit, row.name, intervals[row.Unit.id]) for row in rows]


def _fact(row: Unit, region_name: str, intervals: list[UnitInterval]) -> UnitFacts:
    return UnitFacts(
        id=row.id,
        code=row.code,
        name=row.name,
        unit_type=row.unit_type,
        kind=row.kind,
        region_code=row.region_code,
        region_name=region_name,
        region_path=row.region_path,
        intervals=tuple(Interval(i.starts, i.ends) for i in intervals),
        disabled_reason=intervals[-1].disabled_reason if intervals else "",
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A region for a filter or a heading."""

    code: str
    name: str
    level: str
    path: str
    parent_code: str | None


def place(session: Session, code: str) -> Place | None:
    row = session.get(Region, code)
    return _place(row) if row else None


def place_by_path(session: Session, path: str) -> Place | None:
    row = session.scalars(select(Region).where(Region.path == path)).first()
    return _place(row) if row else None


def root(session: Session) -> Place | None:
    """The topmost region: the province."""
    row = session.scalars(select(Region).where(Region.parent_code.is_(None)).order_by(Region.code)).first()
    return _place(row) if row else None


def children(session: Session, code: str) -> list[Place]:
    rows = session.scalars(select(Region).where(Region.parent_code == code).order_by(Region.code))
    return [_place(row) for row in rows]


def choices(session: Session, scope: Scope) -> list[Place]:
    """The choices of a region filter: province and cities, or in a narrower scope its regions and what lies below."""
    inside = [reach.region_path for reach in scope.reaches if reach.unit_id is None]
    statement = select(Region).order_by(Region.code)
    if None in inside:
        statement = statement.where(Region.level != "county")
    else:
        paths = [Region.path.startswith(path, autoescape=True) for path in inside if path is not None]
        statement = statement.where(or_(false(), *paths))
    return [_place(row) for row in session.scalars(statement)]


def _place(row: Region) -> Place:
    return Place(row.code, row.name, row.level, row.path, row.parent_code)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A line of the office's list of units."""

    id: int
    code: str
    name: str
    unit_type: str
    kind: str
    region_name: str
    enabled: bool
    since: date | None


@dataclass(frozen=True, slots=True)
class Relatives:
    """A unit's place in the unit tree: the unit above, those next below and how many there are.

    `whole` counts the unit and all below it, down to the last.
    """

    above: tuple[int, str] | None
    below: tuple[tuple[int, str], ...]
    count: int
    whole: int


def relatives(session: Session, unit_id: int, most: int = 50) -> Relatives:
    """The units next above and below a unit, as far as they lie in the session's scope."""
    parent = select(Unit.parent_id).where(Unit.id == unit_id).scalar_subquery()
    above = session.execute(select(Unit.id, Unit.name).where(Unit.id == parent)).first()
    children = select(Unit.id, Unit.name).where(Unit.parent_id == unit_id).order_by(Unit.region_path, Unit.id)
    count = session.scalar(select(func.count(Unit.id)).where(Unit.parent_id == unit_id)) or 0
    whole = session.scalar(select(func.count(Unit.id)).where(below(unit_id))) or 0
    shown = [(row.id, row.name) for row in session.execute(children.limit(most))]
    return Relatives((above.id, above.name) if above else None, tuple(shown), count, whole)


def below(unit_id: int) -> ColumnElement[bool]:
    """A unit and all below it. The walk passes units outside the scope, so that none of the scope behind them is lost."""
    table = Unit.__table__
    tree = select(table.c.id).where(table.c.id == unit_id).cte("tree", recursive=True)
    # UNION, not UNION ALL: a tree that was imported in a circle ends as well.
    tree = tree.union(select(table.c.id).join(tree, table.c.parent_id == tree.c.id))
    return Unit.id.in_(select(tree.c.id))


@dataclass(frozen=True, slots=True)
class UnitFilter:
    region_path: str | None = None
    unit_type: str | None = None
    words: str = ""
    enabled: bool | None = None


def is_on() -> ColumnElement[bool]:
    """Whether a unit is enabled now: one of its intervals is open."""
    return exists().where(UnitInterval.unit_id == Unit.id, UnitInterval.ends.is_(None))


def conditions(chosen: UnitFilter) -> Iterator[ColumnElement[bool]]:
    """What a filter asks of a unit."""
    if chosen.region_path:
        yield Unit.region_path.startswith(chosen.region_path, autoescape=True)
    if chosen.unit_type:
        yield Unit.unit_type == chosen.unit_type
    if chosen.words:
        yield Unit.name.contains(chosen.words, autoescape=True)
    if chosen.enabled is not None:
        yield is_on() if chosen.enabled else ~is_on()


def list_units(session: Session, chosen: UnitFilter, offset: int, limit: int) -> tuple[list[UnitRow], int]:
    """A page of the units in scope, and how many there are."""
    open_since = (
        select(func.max(UnitInterval.starts))
        .where(UnitInterval.unit_id == Unit.id, UnitInterval.ends.is_(None))
        .scalar_subquery()
    )
    statement = select(Unit, Region.name.label("region_name"), open_since.label("since")).join(
        Region, Region.code == Unit.region_code
    )
    statement = statement.where(*conditions(chosen))
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = session.execute(
        statement.order_by(Unit.region_path, Unit.unit_type, Unit.id).offset(offset).limit(limit)
    )
    return [
        UnitRow(
            r.Unit.id,
            r.Unit.code,
            r.Unit.name,
            r.Unit.unit_type,
            r.Unit.kind,
            r.region_name,
            r.since is not None,
            r.since,
        )
        for r in rows
    ], total


def count_by_type(session: Session) -> dict[str, int]:
    """How many units in scope each unit type has."""
    rows = session.execute(select(Unit.unit_type, func.count(Unit.id)).group_by(Unit.unit_type))
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class Census:
    """How many units of a kind in a region share an interval of being enabled."""

    region_path: str
    unit_type: str
    kind: str
    starts: date
    ends: date | None
    units: int


def census(session: Session, region_path: str | None = None, prefix: int | None = None) -> list[Census]:
    """The units in scope, counted by what decides what they owe: a few rows however many units there are.

    `prefix` cuts region paths to so many characters, e.g. to count by city.
    """
    region = Unit.region_path if prefix is None else func.substr(Unit.region_path, 1, prefix)
    statement = (
        select(region, Unit.unit_type, Unit.kind, UnitInterval.starts, UnitInterval.ends, func.count())
        .select_from(Unit)
        .join(UnitInterval, UnitInterval.unit_id == Unit.id)
        .group_by(region, Unit.unit_type, Unit.kind, UnitInterval.starts, UnitInterval.ends)
    )
    if region_path:
        statement = statement.where(Unit.region_path.startswith(region_path, autoescape=True))
    return [Census(*row) for row in session.execute(statement)]
