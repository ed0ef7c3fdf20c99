"""INSERT … ON CONFLICT on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
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


def upsert(session: Session, table: type[Base], row: Mapping[str, Any]) -> None:
    """Insert a row, or replace the one with its key."""
    key = cast("Table", table.__table__).primary_key.columns
    statement = _insert(session, table).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in key}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def add_up(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add numbers to rows; one begins at zero where it does not exist. Each row holds its whole key and the numbers."""
    if rows:
        session.execute(_adding(session.get_bind().dialect.name, table), list(rows))


@cache
def _adding(dialect_name: str, table: type[Base]) -> Any:
    """INSERT … ON CONFLICT DO UPDATE SET number = number + new number, made once a table."""
    whole = cast("Table", table.__table__)
    key = list(whole.primary_key.columns)
    statement = (sqlite if dialect_name == "sqlite" else postgresql).insert(whole)
    return statement.on_conflict_do_update(
        index_elements=key,
        set_={
            column.name: column + statement.excluded[column.name]
            for column in whole.c
            if column not in set(key)
        },
    )
