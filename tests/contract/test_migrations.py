"""Migrations lead to exactly the tables that the models describe, up and down, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from core.app import create_app
from core.store import migrations
from core.store.db import Base, db
from tests import servers
from tests.conftest import settings_for


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on an empty database."""
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(servers.fresh_database(request.getfixturevalue("postgres_server")))
        app = create_app(settings_for(tmp_path / "data", database_url=url))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again_leads_to_the_same_tables(empty: Flask) -> None:
    assert migrations.current() is None
    migrations.upgrade()
    assert migrations.current() == migrations.newest() is not None
    there = tables()
    assert there == set(Base.metadata.tables)
    migrations.downgrade("base")
    assert tables() == set()
    assert migrations.current() is None
    migrations.upgrade()
    assert tables() == there
    migrations.upgrade()
    assert migrations.current() == migrations.newest()


def differences() -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": Base.metadata}
        )
        return list(compare_metadata(context, Base.metadata))


def test_the_migrated_tables_are_those_of_the_models(empty: Flask) -> None:
    migrations.upgrade()
    assert differences() == []


def test_a_difference_would_be_noticed(empty: Flask) -> None:
    migrations.upgrade()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX report_queue")
        connection.exec_driver_sql("ALTER TABLE region ADD COLUMN extra INTEGER")
    assert len(differences()) == 2
