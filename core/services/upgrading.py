"""Bringing an installation's tables up to date: the core's, then those of each plugin that has its own."""

from __future__ import annotations

from collections.abc import Iterator

from core.domain.errors import Missing
from core.extend.host import HookFailed
from core.services import failures, plugins
from core.services.runtime import runtime
from core.store import migrations
from core.store.migrations import History


def upgrade() -> None:
    """Upgrade the core's tables, then each plugin's; a plugin whose migration fails is put on record, all else goes on."""
    migrations.upgrade()
    failed = []
    for key, history in histories():
        try:
            migrations.upgrade(history=history)
        except Exception as error:  # noqa: BLE001 - a plugin's migration is its own code
            failed.append(HookFailed(key, "migrations", error))
    failures.record(failed)
    plugins.note_versions()


def histories() -> Iterator[tuple[str, History]]:
    """The plugins that have tables of their own, and where their migrations lie."""
    registry = runtime().registry
    for key, plugin in registry.plugins.items():
        folder = registry.installed[key].folder
        if plugin.tables is not None and folder is not None:
            yield key, migrations.of_plugin(key, folder, plugin.tables.metadata)


def behind(key: str) -> bool:
    """Whether a plugin's tables are not what its version needs."""
    return any(
        migrations.current(history) != migrations.newest(history)
        for owner, history in histories()
        if owner == key
    )


def migrate(key: str, revision: str = "head", message: str | None = None) -> str:
    """Bring a plugin's tables to a revision, up or down, or write its next migration; answers with where they stand.

    Raises Missing where the plugin has no tables of its own.
    """
    history = next((history for owner, history in histories() if owner == key), None)
    if history is None or history.folder is None:
        raise Missing
    if message is not None:
        number = f"{len(list(history.folder.glob('*.py'))) + 1:04}"
        history.folder.mkdir(exist_ok=True)
        migrations.revision(message, number, history)
        return f"wrote migration {number}"
    if revision == "base" or migrations.is_below(revision, history):
        migrations.downgrade(revision, history)
    else:
        migrations.upgrade(revision, history)
    return str(migrations.current(history) or "no tables")
