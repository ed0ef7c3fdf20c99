"""The database connection: settings that every connection must have, and the two kinds of transaction.

SQLite (facts M1–M5): WAL with ``synchronous=FULL`` so that a commit survives a power cut; writers take the lock at
BEGIN, since a read transaction that turns into a write fails at once whatever the busy timeout; one process alone
does all checkpoints, since SQLite before 3.51.3 may corrupt a WAL file that two processes reset.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.globals import app_ctx
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, literal, select, text
from sqlalchemy.orm import DeclarativeBase, Session

from core.domain.foreign import is_foreign

BUSY_TIMEOUT_MS = 15_000
#: A WAL of so many pages of 4 KiB (32 MiB) is cut; writers wait for the cut no longer than this.
LARGE_WAL_PAGES = 8192
CUT_PATIENCE_MS = 300
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "trusted_schema": 0,
    "wal_autocheckpoint": 0,
}


class Base(DeclarativeBase):
    """Base of all tables."""


class Database(SQLAlchemy):
    """The database, closed to plugins: what they read they are lent, see `core.store.lending`."""

    @property
    def engines(self) -> Mapping[str | None, Engine]:
        _refuse_foreign()
        return super().engines


def _refuse_foreign() -> None:
    """Nothing is sent for a plugin's code, in a forked process neither: it shares its parent's connections."""
    if is_foreign():
        raise PermissionError(
            "a plugin has no session or connection of the core: it reads and writes through Data"
        )


def _session_key() -> int:
    """A session for each application context, as Flask-SQLAlchemy has it."""
    _refuse_foreign()
    return id(app_ctx._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - of a proxy


db = Database(model_class=Base, session_options={"expire_on_commit": False, "scopefunc": _session_key})


def connect(app: Flask) -> None:
    """Bind the database to the application and prepare each of its connections."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)


def engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    return {"pool_pre_ping": True, "pool_recycle": 1800, "pool_timeout": 10}


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """Refuse a server that may lose a commit it has acknowledged (fact in reliability.md, 4.3)."""
    with connection.cursor() as cursor:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute(f"SHOW {setting}")
            (value,) = cursor.fetchone()
            if value == "off":
                raise RuntimeError(f"PostgreSQL runs with {setting}=off: turn it on")
    connection.rollback()


def begin_writing(session: Session) -> None:
    """End what was read so far and start a transaction that may write."""
    session.rollback()
    session.connection(execution_options={"writing": True})


def checkpoint(engine: Engine | None = None) -> None:
    """Write SQLite's WAL back into the database file. Only the scheduler's process calls this.

    A passive checkpoint disturbs nobody; only a WAL that has grown large is cut, and then writers wait for it no
    longer than `CUT_PATIENCE_MS`.
    """
    target = engine or db.engine
    if target.dialect.name != "sqlite":
        return
    with target.connect() as connection:
        cursor = connection.connection.cursor()
        _busy, frames, _written = cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if frames > LARGE_WAL_PAGES:
            cursor.execute(f"PRAGMA busy_timeout={CUT_PATIENCE_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()


def lock_row(session: Session, table: type[Any], key: Any) -> None:
    """Hold a row's lock until the transaction ends; SQLite's writers are alone anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(
            select(literal(1))
            .select_from(table.__table__)
            .where(table.__table__.c.id == key)
            .with_for_update()
        )


def one_at_a_time(session: Session, what: str) -> None:
    """Let only one transaction at a time do `what`; SQLite's writers are alone anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": what})
