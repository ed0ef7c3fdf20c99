"""A small installation on SQLite with the plugin under test in it: units, people, reports, all at a fixed moment.

Its people, units and regions have Latin names, so that whatever Chinese an English page holds comes from the plugin.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from core.app import create_app
from core.config import from_environment
from core.domain.access import Everything, Grant, Reach, Role
from core.domain.campaigns import CampaignFacts
from core.domain.declare import UnitType
from core.extend import discover
from core.extend.discover import Found
from core.services import campaigns, people, places, plugins, seed_reports, upgrading
from core.services.people import NewPerson
from core.services.places import NewUnit
from core.services.runtime import Runtime
from core.store.db import db
from core.store.models import PluginFailure
from core.store.scope import set_scope
from core.testing import stand_in

NOW = "2020-11-12T09:00:00+08:00"
_DATABASE = "dudao.sqlite3"
PASSWORD = "for-the-kit-only-7"  # noqa: S105 - of people who live in a temporary folder
REGIONS = """\
code,name,level,parent
410000,Province,province,
410100,First City,city,410000
410102,First County,county,410100
410103,Second County,county,410100
410200,Second City,city,410000
410202,Third County,county,410200
"""
_ROLES = (Role.OFFICE, Role.INSPECTOR, Role.AUDITOR)
_TOKEN = re.compile(r'(name="csrf_token"[^>]*value=")([^"]+)')


@dataclass(frozen=True)
class Reporter:
    """A person who reports for a unit of a kind."""

    login: str
    unit_id: int
    unit_type: str
    kind: str


class World:
    """The installation. Its database can be put back to what it was, see `apart`."""

    def __init__(self, found: list[Found], key: str, folder: Path) -> None:
        self.key = key
        self._data, self._kept = folder / "data", folder / "kept"
        settings = from_environment({"DUDAO_TESTING": "1", "DUDAO_NOW": NOW}, data=self._data)
        with patch.object(discover, "find", lambda *_folder: iter(found)):
            self.app: Flask = create_app(settings)
        self._clients: dict[str, FlaskClient] = {}
        self.reporters: list[Reporter] = []
        with self.inside():
            upgrading.upgrade()
            self._fill(folder)
        # Before anything is put back: a sign-in is a row.
        for login in [role.value for role in _ROLES] + [reporter.login for reporter in self.reporters]:
            self.client(login)
        self._keep()

    @property
    def runtime(self) -> Runtime:
        found: Runtime = self.app.extensions["dudao"]
        return found

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Work in the installation for everybody, as a command does."""
        with self.app.app_context():
            set_scope(db.session, Everything("the conformance kit"))
            try:
                yield
            finally:
                db.session.remove()

    def _fill(self, folder: Path) -> None:
        regions = folder / "regions.csv"
        regions.write_text(REGIONS, "utf-8")
        plugins.enable_all(self.runtime.registry.plugins)
        places.import_regions(regions)
        campaigns.publish(campaigns.read_notice())
        campaign = self.campaign()
        new = [unit for kind in self.runtime.registry.unit_types.values() for unit in _units(kind)]
        ids = places.add_units(new, campaign.calendar.span.starts)
        people.add_people(self._people(new, ids), known_password=True)
        seed_reports.fill(campaign, 1, 2)

    def campaign(self) -> CampaignFacts:
        found = campaigns.current()
        assert found is not None, "published when the world was made"
        return found

    def _people(self, new: list[NewUnit], ids: dict[str, int]) -> Iterator[NewPerson]:
        for role in _ROLES:
            yield NewPerson(role.value, role.value.title(), PASSWORD, (Grant(role, Reach()),))
        kinds: dict[tuple[str, str], NewUnit] = {}
        for unit in new:
            kinds.setdefault((unit.unit_type, unit.kind), unit)
        seen: set[str] = set()
        for number, unit in enumerate(kinds.values()):
            login = f"reporter{number}" if unit.unit_type in seen else f"{unit.unit_type}-reporter"
            seen.add(unit.unit_type)
            self.reporters.append(Reporter(login, ids[unit.code], unit.unit_type, unit.kind))
            reach = Reach(unit_id=ids[unit.code])
            yield NewPerson(login, f"Reporter {number}", PASSWORD, (Grant(Role.REPORTER, reach),))

    # -- who -----------------------------------------------------------------------------------------------------------

    @property
    def own(self) -> list[Reporter]:
        """People of the plugin's unit types; of the stand-in's where it has none."""
        types = {kind.key for kind in self.runtime.registry.plugins[self.key].unit_types} or {stand_in.KEY}
        return [reporter for reporter in self.reporters if reporter.unit_type in types]

    @property
    def others(self) -> list[Reporter]:
        """People of another unit type; none for a plugin that is for all."""
        return [reporter for reporter in self.reporters if reporter not in self.own]

    # -- pages ---------------------------------------------------------------------------------------------------------

    def client(self, login: str = "") -> FlaskClient:
        """A browser that is signed in; without a login, a stranger's."""
        if not login:
            return self.app.test_client()
        if login not in self._clients:
            self._clients[login] = self.sign_in(login)
        return self._clients[login]

    def sign_in(self, login: str) -> FlaskClient:
        """A new browser in which somebody has just signed in."""
        made = self.app.test_client()
        typed = {"csrf_token": token(made, "/login"), "login": login, "password": PASSWORD}
        answer = made.post("/login", data=typed)
        assert answer.status_code == 302, f"{login} could not sign in"
        return made

    def get(self, login: str, url: str, locale: str = "zh_Hans_CN") -> TestResponse:
        client = self.client(login)
        client.set_cookie("dudao_locale", locale)
        return client.get(url)

    def post(self, login: str, url: str, *, with_token: bool = True) -> TestResponse:
        client = self.client(login)
        page = "/account" if login else "/login"
        return client.post(url, data={"csrf_token": token(client, page)} if with_token else {})

    def failures(self) -> list[str]:
        """What the plugin failed in so far, the newest last."""
        with self.inside():
            rows = db.session.scalars(select(PluginFailure).order_by(PluginFailure.id))
            return [f"{row.hook}: {row.reason}" for row in rows]

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL statements that the installation runs meanwhile."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        with self.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    # -- time and memory -----------------------------------------------------------------------------------------------

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """The installation's clock at another moment."""
        before = self.runtime.clock
        self.runtime.clock = replace(before, offset=before.offset + (moment - before.now()))
        try:
            yield
        finally:
            self.runtime.clock = before

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Change what you like: afterwards the database is what it was."""
        try:
            yield
        finally:
            self.reset()

    def reset(self) -> None:
        """The database as it was when the world was made."""
        self._let_go()
        for file in self._data.glob(f"{_DATABASE}*"):
            file.unlink()
        for file in self._kept.iterdir():
            shutil.copy2(file, self._data / file.name)

    def _keep(self) -> None:
        self._let_go()
        self._kept.mkdir()
        for file in self._data.glob(f"{_DATABASE}*"):
            shutil.copy2(file, self._kept / file.name)

    def _let_go(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.runtime.stored_forms.clear()
        self.runtime.campaigns.clear()


def token(client: FlaskClient, page: str) -> str:
    found = _TOKEN.search(client.get(page).text)
    assert found, f"no form on {page}"
    return found[2]


def without_tokens(html: str) -> str:
    """A page without what differs each time it is made."""
    return re.sub(r'nonce="[^"]*"', "", _TOKEN.sub(r"\1", html))


def _units(unit_type: UnitType) -> Iterable[NewUnit]:
    """Three units of each kind, below those of the kind before where that is not at the front line."""
    above: dict[str, str] = {}
    for kind in unit_type.kinds:
        here: dict[str, str] = {}
        for number, region in enumerate(("410102", "410103", "410202"), 1):
            code = f"{unit_type.key}-{kind.key}-{number}"
            yield NewUnit(
                code, f"Unit {kind.key} {number}", unit_type.key, kind.key, region, above.get(region)
            )
            here[region] = code
        if not kind.front_line:
            above = here


def later(days: int) -> datetime:
    """So many days after the world's moment."""
    return datetime.fromisoformat(NOW) + timedelta(days=days)
