"""INSERT … ON CONFLICT on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.store.db import Base


def _insert(session: Session, table: type[Base]) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(cast("Table", table.__table__))


def insert_or_ignore(session: Session, table: type[Base], row: Mapping[str, Any]) -> bool:
    """Insert a row unless it breaks a unique key; says whether it was inserted."""
    # RETURNING says it on both databases; on PostgreSQL the row count is -1 where the key is made by the database.
    key = cast("Table", table.__table__).primary_key.columns
    statement = _insert(session, table).values(**row).on_conflict_do_nothing().returning(*key)
    return bool(session.execute(statement).all())


def insert_all_or_ignore(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that break no unique key."""
    if rows:
        session.execute(_insert(session, table).on_conflict_do_nothing(), list(rows))


def add_up(session: Session, table: type[Base], key: Mapping[str, Any], changes: Mapping[str, int]) -> None:
    """Add numbers to a row's columns; the row begins at zero where it does not exist."""
    statement = _insert(session, table).values(**key, **changes)
    columns = cast("Table", table.__table__).c
    session.execute(
        statement.on_conflict_do_update(
            index_elements=list(cast("Table", table.__table__).primary_key.columns),
            set_={name: columns[name] + statement.excluded[name] for name in changes},
        )
    )
