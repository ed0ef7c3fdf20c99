"""The common fixtures with a clock that stands still, and a PostgreSQL world that is filled once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from core.app import create_app
from core.domain.access import Actor, Everything
from core.store.db import db
from core.store.scope import set_scope
from tests import servers
from tests.conftest import NOW, actor, fill, settings_for
from tests.services.helpers import add_unit, at, clerk


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application on SQLite, its clock stopped."""
    at(NOW)
    return app


@pytest.fixture(scope="session")
def filled_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """URL and data folder of the seeded world on PostgreSQL, made once and only ever copied."""
    folder = tmp_path_factory.mktemp("postgres-world") / "data"
    url = servers.fresh_database(postgres_server)
    fill(create_app(settings_for(folder, database_url=url)))
    return url, folder


@pytest.fixture
def postgres_app(postgres_server: str, filled_postgres: tuple[str, Path], tmp_path: Path) -> Iterator[Flask]:
    """The application on its own copy of the world (PostgreSQL), its clock stopped."""
    world, folder = filled_postgres
    shutil.copytree(folder, tmp_path / "data")
    url = servers.fresh_database(postgres_server, like=world)
    application = create_app(settings_for(tmp_path / "data", database_url=url))
    with application.app_context():
        set_scope(db.session, Everything("a test"))
        at(NOW)
        yield application
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def operator(app: Flask) -> Actor:
    """The reporter of an operator that has reported nothing yet."""
    return clerk(add_unit("test-operator"))


@pytest.fixture
def inspector(app: Flask) -> Actor:
    return actor("inspector")
