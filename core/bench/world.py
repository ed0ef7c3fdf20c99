"""The installations that are measured: the seed's units and accounts, and an exact number of waiting reports.

Each stands in a folder of its own, on a Thursday in the campaign's second phase whatever the day is, so that
two runs have the same obligations.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from core.bench import filling
from core.commands.context import application
from core.config import Settings, from_environment
from core.domain.access import Grant, Reach, Role
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.obligations import Obligation, owed
from core.services import campaigns, people, samples, seed
from core.services.people import NewPerson
from core.services.reports import form_class
from core.services.runtime import runtime
from core.store import migrations
from core.store.db import db
from core.store.models import Unit
from core.store.queries import filings

NOW = "2020-11-12T09:00"
#: Before the campaign's first day there is nothing to report: the seed makes units and accounts only.
EVE = "2020-10-20T09:00"
#: The seed's account of the province's office.
OFFICE = "office"


@dataclass(frozen=True)
class Opening:
    """An obligation that nobody has met: whose it is, where its form is, what a person might type in it."""

    login: str
    path: str
    fields: list[tuple[str, str]]
    photos: int


@dataclass(frozen=True)
class World:
    """What the clients must know of an installation."""

    settings: Settings
    password: str
    pending: list[str]
    homes: dict[str, str]
    inspectors: list[str]
    openings: list[Opening]
    files_at_most: int


def build(folder: Path, sizes: Sequence[int], *, reporters: int, inspectors: int) -> list[World]:
    """An installation for each size, alike but for the number of reports that wait."""
    password = secrets.token_urlsafe(12)
    seeded = folder / "seeded"
    with _open(seeded, EVE):
        migrations.upgrade()
        seed.everything(password)
    return [_grown(seeded, folder / f"of-{size}", size, password, reporters, inspectors) for size in sizes]


@contextmanager
def _open(data: Path, moment: str) -> Iterator[Settings]:
    """An application context for everything from a moment on; no connection stays open afterwards."""
    settings = from_environment({}, data=data)
    local = datetime.fromisoformat(moment).replace(tzinfo=settings.timezone)
    ahead = int((local - datetime.now(settings.timezone)).total_seconds())
    settings = from_environment({"DUDAO_CLOCK_OFFSET": str(ahead)}, data=data)
    with application(settings):
        try:
            yield settings
        finally:
            db.session.remove()
            db.engine.dispose()


def _grown(seeded: Path, data: Path, size: int, password: str, reporters: int, inspectors: int) -> World:
    shutil.copytree(seeded, data)
    with _open(data, NOW) as settings:
        campaign = campaigns.current()
        assert campaign is not None, "the seed publishes one"
        duty, units = _busiest(campaign)
        chosen = units[:: max(1, len(units) // reporters)][:reporters]
        clerks = {f"bench-reporter-{unit.id}": unit for unit in chosen}
        checkers = [f"bench-inspector-{number}" for number in range(1, inspectors + 1)]
        _add_people(clerks, checkers, password)
        keys = {unit.id for unit in chosen}
        pending = filling.fill(
            campaign, size, leave_out=lambda unit, todo: unit.id in keys and todo.duty.code == duty.code
        )
        openings = [
            _opening(login, unit, todo)
            for todo in _begun(campaign, duty, chosen[0])
            for login, unit in clerks.items()
        ]
        homes = {login: f"/u/{unit.unit_type}/" for login, unit in clerks.items()}
        return World(settings, password, pending, homes, checkers, openings, duty.evidence.at_most)


def _busiest(campaign: CampaignFacts) -> tuple[DutyRule, list[Unit]]:
    """The duty with photographs that asks for most reports by now, and the units that owe it."""
    everyone = list(db.session.scalars(select(Unit).order_by(Unit.id)))
    kind_ref = runtime().registry.kind_ref
    found = []
    for duty in campaign.duties:
        if "photo" in duty.evidence.kinds and duty.evidence.at_most:
            units = [unit for unit in everyone if duty.binds(kind_ref(unit.unit_type, unit.kind))]
            asked = len(_begun(campaign, duty, units[0])) * len(units) if units else 0
            found.append((asked, duty, units))
    _asked, duty, units = max(found, key=lambda item: item[0])
    return duty, units


def _begun(campaign: CampaignFacts, duty: DutyRule, unit: Unit) -> list[Obligation]:
    """A unit's obligations of a duty whose period has begun."""
    kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
    today = runtime().clock.today()
    todo = owed([duty], kind, filings.intervals(db.session(), unit.id), campaign.calendar)
    return [obligation for obligation in todo if obligation.period.starts <= today]


def _add_people(clerks: dict[str, Unit], checkers: Sequence[str], password: str) -> None:
    """An account for each reporting unit, and one for each inspector who works at the same time."""
    accounts = [
        NewPerson(login, unit.name, password, (Grant(Role.REPORTER, Reach(unit_id=unit.id)),))
        for login, unit in clerks.items()
    ]
    accounts += [NewPerson(login, login, password, (Grant(Role.INSPECTOR, Reach()),)) for login in checkers]
    people.add_people(accounts, known_password=True)


def _opening(login: str, unit: Unit, todo: Obligation) -> Opening:
    typed = samples.entries(form_class(todo.duty), todo.period.span, seed=unit.id)
    return Opening(
        login=login,
        path=f"/u/{unit.unit_type}/duties/{todo.duty.code}/{todo.period.key}/new",
        fields=[(name, value) for name, values in typed.items() for value in values],
        photos=max(1, todo.duty.evidence.at_least),
    )
