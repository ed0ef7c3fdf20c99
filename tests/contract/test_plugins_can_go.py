"""Deleting a plugin leaves the core working: its clauses turn uncovered, its history stays, nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.app import create_app
from core.config import Settings
from core.domain.access import Everything
from core.extend import discover
from core.services import campaigns, clauses, fsck, plugins, seed
from core.services.runtime import runtime
from core.services.seed import Size
from core.store import migrations
from core.store.db import db
from core.store.models import Report, Unit, User
from core.store.scope import set_scope
from tests.conftest import PASSWORD, settings_for

KEYS = sorted(found.name for found in discover.find())
#: One city, one county: enough for a unit of each kind, quick enough to make a world for each plugin.
TINY = Size(counties=1, a_county=1, middle=1, reporting_cities=1)


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        yield app
        db.session.remove()
        db.engine.dispose()


def without(folder: Path, *gone: str) -> Settings:
    return replace(settings_for(folder), plugins_off=frozenset(gone))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(seed.SIZES, "small", TINY)


@pytest.mark.parametrize("gone", KEYS)
def test_a_world_without_a_plugin_can_be_made_and_leaves_its_clauses_uncovered(
    tmp_path: Path, tiny: None, gone: str
) -> None:
    with opened(without(tmp_path / "all")):
        everything = runtime().registry.duty_rules()
    with opened(without(tmp_path / "data", gone)):
        migrations.upgrade()
        logins = seed.everything(PASSWORD, fixture=True)
        campaign = campaigns.current()
        assert campaign is not None
        own = {clause for duty in everything if duty.plugin == gone for clause in duty.clauses}
        shared = {clause for duty in everything if duty.plugin != gone for clause in duty.clauses}
        on = campaign.duties_of(plugins.on())
        coverage = {clause.key: clauses.coverage(clause, on) for clause in campaign.clauses}
        wanted = {c.key for c in campaign.clauses if c.requires == "duty"}
        assert {key for key, how in coverage.items() if how == "uncovered"} == (own - shared) & wanted
        assert (own - shared) & wanted, "the plugin answers a clause that nobody else answers"
        assert fsck.check(hashes=False).clean
        assert (db.session.scalar(select(func.count(Report.id))) or 0) > 0
        assert "fx-clerk" in logins
        assert db.session.scalar(select(func.count(User.id))) == len(logins)


@pytest.mark.parametrize(
    "left",
    [("common",), ("common", "banks"), ("banks", "courts"), ("other_members",), ()],
    ids=lambda left: "+".join(left) or "none",
)
@pytest.mark.parametrize("fixture", [False, True], ids=["plain", "fixture"])
def test_a_world_of_any_few_plugins_can_be_made(
    tmp_path: Path, tiny: None, left: tuple[str, ...], fixture: bool
) -> None:
    with opened(without(tmp_path / "data", *(key for key in KEYS if key not in left))):
        migrations.upgrade()
        logins = seed.everything(PASSWORD, fixture=fixture)
        assert "office" in logins
        types = set(db.session.scalars(select(Unit.unit_type).distinct()))
        assert types == set(left) - {"common"}
        assert fsck.check(hashes=False).clean


def test_with_all_plugins_every_clause_that_asks_for_a_duty_is_covered(filled_folder: Path) -> None:
    with opened(settings_for(filled_folder)):
        campaign = campaigns.current()
        assert campaign is not None
        on = campaign.duties_of(plugins.on())
        open_clauses = [c.key for c in campaign.clauses if clauses.coverage(c, on) == "uncovered"]
        assert open_clauses == []


@pytest.mark.parametrize("gone", ["banks", "common"])
def test_a_plugin_deleted_from_a_running_installation_leaves_its_history(
    data_folder: Path, gone: str
) -> None:
    with opened(without(data_folder, gone)):
        assert gone not in runtime().registry.plugins
        assert gone not in plugins.on()
        campaign = campaigns.current()
        assert campaign is not None
        assert any(duty.plugin == gone for duty in campaign.duties), "the campaign keeps its frozen copy"
        assert all(duty.plugin != gone for duty in campaign.duties_of(plugins.on()))
        kept = db.session.scalar(
            select(func.count(Report.id)).where(
                Report.duty_code.in_([duty.code for duty in campaign.duties if duty.plugin == gone])
            )
        )
        assert kept
        assert fsck.check(hashes=False).clean
