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


def _plain(kind: str, item: object, _context: object) -> str | bool:
    """Write our column types as what they are stored as: a migration must not depend on today's code."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Instant) else False


context.configure(
    connection=attributes["connection"],
    target_metadata=Base.metadata,
    version_table=attributes.get("version_table", "alembic_version"),
    render_as_batch=True,
    compare_type=True,
    render_item=_plain,
    transaction_per_migration=True,
)
context.run_migrations()
