"""Which units somebody chose to switch: named, a unit with all below it, what a filter finds, a list of codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import Session

from core.domain.access import Actor, AnyScope, Everything, Permission
from core.domain.errors import Missing
from core.services.work import SYSTEM
from core.store.models import Unit
from core.store.queries import switching as queries
from core.store.queries import units
from core.store.queries.units import UnitFilter

#: Ids are 32-bit numbers on PostgreSQL: a larger one names nothing.
MAX_ID = 2**31 - 1


@dataclass(frozen=True)
class Named:
    """Units named one by one."""

    ids: tuple[int, ...]

    def which(self) -> ColumnElement[bool]:
        return Unit.id.in_(self.ids)

    def named(self) -> frozenset[int]:
        return frozenset(self.ids)

    def told(self) -> dict[str, Any]:
        return {"how": "ids"}


@dataclass(frozen=True)
class Below:
    """A unit and all below it in the unit tree."""

    unit_id: int

    def which(self) -> ColumnElement[bool]:
        return units.below(self.unit_id)

    def named(self) -> frozenset[int]:
        return frozenset({self.unit_id})

    def told(self) -> dict[str, Any]:
        return {"how": f"subtree of {self.unit_id}"}


@dataclass(frozen=True)
class Matching:
    """All units that a filter of the units page finds."""

    chosen: UnitFilter

    def which(self) -> ColumnElement[bool]:
        return and_(true(), *units.conditions(self.chosen))

    def named(self) -> frozenset[int]:
        return frozenset()

    def told(self) -> dict[str, Any]:
        asked = {name: value for name, value in asdict(self.chosen).items() if value not in (None, "")}
        return {"how": "filter", "filter": asked}


@dataclass(frozen=True)
class Listed:
    """Units of a list of codes that was checked before, with the reasons that it gives for some of them."""

    source: str
    ids: tuple[int, ...]
    reasons: Mapping[int, str] = field(default_factory=dict)

    def which(self) -> ColumnElement[bool]:
        return Unit.id.in_(self.ids)

    def named(self) -> frozenset[int]:
        return frozenset(self.ids)

    def told(self) -> dict[str, Any]:
        return {"how": "list", "source": self.source}


Choice = Named | Below | Matching | Listed


def scope_of(actor: Actor) -> AnyScope:
    """The units that are there for an actor who switches."""
    return Everything("the command line") if actor is SYSTEM else actor.scope(Permission.SWITCH_UNITS)


def refuse_missing(session: Session, choice: Choice) -> None:
    """Raise Missing where a unit that is named is not in the session's scope; a filter just does not find it."""
    named = choice.named()
    known = named and all(0 < unit_id <= MAX_ID for unit_id in named)
    if named and not (known and queries.count(session, Unit.id.in_(named)) == len(named)):
        raise Missing
