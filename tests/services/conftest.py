"""The common fixtures with a clock that stands still."""

from __future__ import annotations

import pytest
from flask import Flask

from core.domain.access import Actor
from tests.conftest import NOW, actor
from tests.services.helpers import add_unit, at, clerk


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application on SQLite, its clock stopped."""
    at(NOW)
    return app


@pytest.fixture
def postgres_app(postgres_app: Flask) -> Flask:
    """The application on PostgreSQL, its clock stopped."""
    at(NOW)
    return postgres_app


@pytest.fixture
def operator(app: Flask) -> Actor:
    """The reporter of an operator that has reported nothing yet."""
    return clerk(add_unit("test-operator"))


@pytest.fixture
def inspector(app: Flask) -> Actor:
    return actor("inspector")
