"""Checks of a plugin's own tables and their migrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect

from core.store import migrations
from core.store.db import db
from core.store.migrations import History
from core.testing.kit import Collection, NotApplicable, none
from core.testing.subject import Subject

_C = Collection()
CHECKS = _C.checks


def _metadata(subject: Subject) -> MetaData:
    if subject.plugin.tables is None:
        raise NotApplicable("it has no tables of its own")
    found: MetaData = subject.plugin.tables.metadata
    return found


def _history(subject: Subject) -> History:
    metadata = _metadata(subject)
    if subject.folder is None or not (subject.folder / "migrations").is_dir():
        raise AssertionError(
            "it has tables, but no folder migrations/ beside its __init__.py that makes them"
        )
    return migrations.of_plugin(subject.key, subject.folder, metadata)


@_C.check("its tables begin with its key")
def tables_are_named(subject: Subject) -> None:
    none(
        f"table {name!r} does not begin with {subject.key}_"
        for name in _metadata(subject).tables
        if not name.startswith(f"{subject.key}_")
    )


@_C.check("its tables refer to no table of another")
def tables_stand_alone(subject: Subject) -> None:
    known = _metadata(subject).tables
    none(
        f"{table.name}.{key.parent.name} refers to {key.target_fullname}: keep the id alone, so that the plugin can leave"
        for table in known.values()
        for key in table.foreign_keys
        if key.target_fullname.split(".")[0] not in known
    )


@_C.check("migrations up, down and up again leave the same tables, and nothing when they are down")
def migrations_go_both_ways(subject: Subject) -> None:
    history = _history(subject)
    world = subject.world
    with world.apart(), world.inside():
        _run(lambda: migrations.upgrade(history=history))
        up = _tables(subject.key)
        _run(lambda: migrations.downgrade("base", history))
        left = _tables(subject.key).keys()
        none(
            f"the table {name!r} is left when migrations are down" for name in left - {history.version_table}
        )
        _run(lambda: migrations.upgrade(history=history))
        again = _tables(subject.key)
    none(f"the table {name!r} is another one after down and up" for name in up if up[name] != again.get(name))


def _run(step: Any) -> None:
    try:
        step()
    except Exception as error:
        raise AssertionError(f"a migration fails: {type(error).__name__}: {error}") from error


def _tables(key: str) -> dict[str, list[str]]:
    """Columns and indexes of each table that is the plugin's."""
    inspector = inspect(db.engine)
    return {
        name: [
            *(f"{c['name']} {c['type']} {c['nullable']}" for c in inspector.get_columns(name)),
            *sorted(str(index) for index in inspector.get_indexes(name)),
        ]
        for name in inspector.get_table_names()
        if name.startswith(f"{key}_")
    }


@_C.check("migrations make the tables that models.py declares")
def migrations_match_models(subject: Subject) -> None:
    history = _history(subject)
    world = subject.world
    with world.apart(), world.inside():
        _run(lambda: migrations.upgrade(history=history))
        none(_differences(subject, history))


def _differences(subject: Subject, history: History) -> Iterator[str]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or (str(name).startswith(history.prefix) and name != history.version_table)

    with db.engine.connect() as connection:
        options: dict[str, Any] = {"include_name": ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        for difference in compare_metadata(context, _metadata(subject)):
            yield f"the migrations differ from the models: {_words(difference)}"


def _words(difference: Any) -> str:
    parts = difference if isinstance(difference, tuple) else difference[0]
    return " ".join(str(getattr(part, "name", part)) for part in parts if part is not None)[:200]
