"""Scope in one place: every ORM query is cut to what the session's scope opens, and refused without one.

`session.info["scope"]` is set at the start of each request, job and command; the listener below adds its limits to
whatever the statement selects from scoped tables, joins and counts included. Foreign and missing look the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, event, false, or_, true
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from core.domain.access import AnyScope, Everything, Reach, Scope
from core.domain.errors import ScopeMissing


class Scoped:
    """Mixin of tables whose rows belong to a unit: frozen where the row was made, so that history stays put."""

    unit_id: Mapped[int] = mapped_column(index=True)
    region_path: Mapped[str] = mapped_column()
    unit_type: Mapped[str] = mapped_column()

    @classmethod
    def unit_column(cls) -> Any:
        return cls.unit_id


def limit(table: Any, scope: Scope) -> ColumnElement[bool]:
    """The condition under which rows of a scoped table lie in the scope; none do in an empty one."""
    return or_(false(), *(_reach(table, reach) for reach in scope.reaches))


def _reach(table: Any, reach: Reach) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if reach.unit_id is not None:
        conditions.append(table.unit_column() == reach.unit_id)
    if reach.region_path is not None:
        conditions.append(table.region_path.startswith(reach.region_path, autoescape=True))
    if reach.unit_types is not None:
        conditions.append(table.unit_type.in_(sorted(reach.unit_types)))
    return and_(true(), *conditions)


def set_scope(session: Any, scope: AnyScope | None) -> None:
    """Say for whom the session works from now on; None closes it for every query."""
    session.info["scope"] = scope


def install(tables: tuple[type[Scoped], ...]) -> None:
    """Guard every ORM statement of every session of the process."""

    @lru_cache(maxsize=4096)
    def limits(scope: Scope) -> tuple[Any, ...]:
        return tuple(
            with_loader_criteria(table, limit(table, scope), include_aliases=True) for table in tables
        )

    def guard(state: ORMExecuteState) -> None:
        if state.is_column_load or state.is_relationship_load or state.is_insert:
            return
        scope = state.session.info.get("scope")
        if scope is None:
            raise ScopeMissing("a query ran before anyone said for whom: set_scope() first")
        if isinstance(scope, Everything):
            return
        state.statement = state.statement.options(*limits(scope))

    event.listen(Session, "do_orm_execute", guard)
