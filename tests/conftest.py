"""Fixtures for all tests: a real, seeded installation on SQLite or PostgreSQL, copied for each test that writes.

The world is made once a session by the product's own seed, at a fixed moment: Thursday 2020-11-12, 09:00 in Shanghai.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.app import create_app
from core.config import Settings, from_environment
from core.domain.access import Actor, Everything
from core.services import people, seed
from core.store import migrations
from core.store.db import db
from core.store.models import User
from core.store.scope import set_scope
from tests import servers

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2020, 11, 12, 9, 0, tzinfo=ZONE)
PASSWORD = "for-tests-only-7"


def settings_for(data: Path, *, now: datetime = NOW, database_url: str = "", **more: str) -> Settings:
    """Settings of a test installation in a folder of its own, its clock started at `now`."""
    environment = {"DUDAO_TESTING": "1", "DUDAO_NOW": now.isoformat(), "DUDAO_DATABASE_URL": database_url, **more}
    return from_environment(environment, data=data)


def fill(app: Flask) -> None:
    """Tables and the world."""
    with app.app_context():
        set_scope(db.session, Everything("a test's world"))
        migrations.upgrade()
        seed.everything(PASSWORD, fixture=True)
        db.session.remove()
        db.engine.dispose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: at the end of a run on several processes none must wait for one of them."""
    slow = {"faults", "e2e", "examine"}
    items.sort(key=lambda item: slow.isdisjoint(item.path.parts))


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the seeded world on SQLite, made once and only ever copied."""
    folder = tmp_path_factory.mktemp("world") / "data"
    fill(create_app(settings_for(folder)))
    return folder


@pytest.fixture
def data_folder(filled_folder: Path, tmp_path: Path) -> Path:
    """A fresh copy of the seeded world's folder."""
    target = tmp_path / "data"
    shutil.copytree(filled_folder, target)
    return target


@pytest.fixture
def app(data_folder: Path) -> Iterator[Flask]:
    """The application on its own copy of the world (SQLite), with an application context open for everything."""
    application = create_app(settings_for(data_folder))
    with application.app_context():
        set_scope(db.session, Everything("a test"))
        yield application
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throwaway PostgreSQL server, started once."""
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def filled_database(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A PostgreSQL database with the seeded world and its data folder, made once and only ever copied."""
    folder = tmp_path_factory.mktemp("postgres-world") / "data"
    with servers.fresh_database(postgres_server) as url:
        fill(create_app(settings_for(folder, database_url=url)))
        yield url, folder


@pytest.fixture
def postgres_app(
    postgres_server: str, filled_database: tuple[str, Path], tmp_path: Path
) -> Iterator[Flask]:
    """The application on its own copy of the world on PostgreSQL."""
    template, folder = filled_database
    shutil.copytree(folder, tmp_path / "data")
    with servers.fresh_database(postgres_server, like=template) as url:
        application = create_app(settings_for(tmp_path / "data", database_url=url))
        with application.app_context():
            set_scope(db.session, Everything("a test"))
            yield application
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_app(request: pytest.FixtureRequest) -> Flask:
    """The same test on both databases."""
    fixture = "app" if request.param == "sqlite" else "postgres_app"
    return request.getfixturevalue(fixture)  # type: ignore[no-any-return]


@pytest.fixture
def acting(app: Flask) -> Callable[[str], Actor]:
    """The person behind a login, for calling services directly."""
    return actor


def actor(login: str) -> Actor:
    """The person behind a login; needs an application context."""
    user_id = db.session.scalar(select(User.id).where(User.login == login))
    assert user_id is not None, f"no account {login}"
    found = people.actor(db.session(), user_id)
    assert found is not None, f"{login} is disabled"
    return found


def move_clock(app: Flask, by: timedelta) -> None:
    """Let time pass for the application."""
    runtime = app.extensions["dudao"]
    runtime.clock = type(runtime.clock)(runtime.clock.zone, runtime.clock.offset + by)


@dataclass
class Browser:
    """A signed-in client without JavaScript: follows forms by their CSRF token."""

    client: FlaskClient

    def get(self, url: str, status: int = 200) -> TestResponse:
        answer = self.client.get(url)
        assert answer.status_code == status, f"GET {url}: {answer.status_code}"
        return answer

    def token(self, page: str = "/account") -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.client.get(page).text)
        assert found, f"no form on {page}"
        return found[1]

    def post(self, url: str, data: dict[str, object] | None = None, status: int = 302) -> TestResponse:
        answer = self.client.post(url, data={"csrf_token": self.token(), **(data or {})})
        assert answer.status_code == status, f"POST {url}: {answer.status_code}"
        return answer


def sign_in(app: Flask, login: str, password: str = PASSWORD) -> Browser:
    """A browser signed in through the login page."""
    browser = Browser(app.test_client())
    token = browser.token("/login")
    answer = browser.client.post("/login", data={"csrf_token": token, "login": login, "password": password})
    assert answer.status_code == 302, f"{login} could not sign in: {answer.status_code}"
    return browser
