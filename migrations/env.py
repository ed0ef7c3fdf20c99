"""Alembic's environment: one for core and for every plugin that owns tables.

The caller hands over the connection and the name of the version table, so that each history stands for itself and
a plugin can leave without breaking core's.
"""

from __future__ import annotations

from alembic import context

from core.store import models  # noqa: F401 - registers core's tables
from core.store.db import Base
from core.store.types import Instant

attributes = context.config.attributes
history = attributes["history"]


def _plain(kind: str, item: object, _context: object) -> str | bool:
    """Write our column types as what they are stored as: a migration must not depend on today's code."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Instant) else False


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the tables of others alone when the database is compared with the models."""
    known = history.metadata or Base.metadata
    return (
        kind != "table"
        or name in known.tables
        or bool(history.prefix and str(name).startswith(history.prefix))
    )


context.configure(
    connection=attributes["connection"],
    target_metadata=history.metadata or Base.metadata,
    version_table=history.version_table,
    include_name=_ours,
    render_as_batch=True,
    compare_type=True,
    render_item=_plain,
    transaction_per_migration=True,
)
context.run_migrations()
