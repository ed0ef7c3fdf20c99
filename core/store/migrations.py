"""Bringing the database's tables up to date: core first, then each plugin that owns tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from core.config import resource
from core.store.db import db


@dataclass(frozen=True)
class History:
    """Whose tables: core's, or those of a plugin with its own migrations and version table."""

    version_table: str = "alembic_version"
    folder: Path | None = None
    metadata: MetaData | None = None
    prefix: str = ""


CORE = History()


def of_plugin(key: str, folder: Path, metadata: MetaData) -> History:
    """The history of a plugin's tables; its migrations lie in ``migrations/`` beside its package's module."""
    return History(f"{key}_version", folder / "migrations", metadata, f"{key}_")


def _config(connection: Connection, history: History) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    if history.folder is not None:
        config.set_main_option("version_locations", str(history.folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["history"] = history
    return config


def upgrade(revision: str = "head", history: History = CORE) -> None:
    """Bring tables to a revision; what is there already is left alone."""
    with db.engine.connect().execution_options(writing=True) as connection:
        command.upgrade(_config(connection, history), revision)
        connection.commit()


def downgrade(revision: str, history: History = CORE) -> None:
    with db.engine.connect().execution_options(writing=True) as connection:
        command.downgrade(_config(connection, history), revision)
        connection.commit()


def current(history: History = CORE) -> str | None:
    """The revision that the database stands at; None where it is empty."""
    with db.engine.connect() as connection:
        options = {"version_table": history.version_table}
        return MigrationContext.configure(connection, opts=options).get_current_revision()


def newest(history: History = CORE) -> str | None:
    """The revision that this version of the product, or of a plugin, needs."""
    with db.engine.connect() as connection:
        return ScriptDirectory.from_config(_config(connection, history)).get_current_head()


def is_below(revision: str, history: History) -> bool:
    """Whether a revision comes before the one that the database stands at."""
    standing = current(history)
    if standing is None or revision == "head":
        return False
    with db.engine.connect() as connection:
        script = ScriptDirectory.from_config(_config(connection, history))
        before = [found.revision for found in script.iterate_revisions(standing, "base")]
    return revision in before[1:]


def revision(message: str, revision_id: str, history: History = CORE) -> None:
    """Write a migration from the difference between tables and models (for developers)."""
    with db.engine.connect() as connection:
        where = str(history.folder) if history.folder else None
        config = _config(connection, history)
        command.revision(config, message, autogenerate=True, rev_id=revision_id, version_path=where)
