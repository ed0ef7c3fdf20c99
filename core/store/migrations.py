"""Bringing the database's tables up to date: core first, then each plugin that owns tables."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.config import resource
from core.store.db import db


def _config(connection: Connection) -> Config:
    folder = resource("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


def upgrade(revision: str = "head") -> None:
    """Bring core's tables to a revision; what is there already is left alone."""
    with db.engine.connect().execution_options(writing=True) as connection:
        command.upgrade(_config(connection), revision)
        connection.commit()


def downgrade(revision: str) -> None:
    with db.engine.connect().execution_options(writing=True) as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()


def current() -> str | None:
    """The revision that the database stands at; None where it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision that this version of the product needs."""
    with db.engine.connect() as connection:
        return ScriptDirectory.from_config(_config(connection)).get_current_head()


def revision(message: str, revision_id: str) -> None:
    """Write a migration from the difference between tables and models (for developers)."""
    with db.engine.connect() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=revision_id)
