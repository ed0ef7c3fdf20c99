"""The installation that is measured: the seed's units and accounts, and an exact number of reports that wait.

It stands in a folder of its own, on a Thursday in the campaign's second phase whatever the day, so that two runs
have the same obligations.
"""

from __future__ import annotations

import random
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from core.commands.context import application
from core.config import Settings, from_environment
from core.domain.access import Grant, Reach, Role
from core.domain.campaigns import CampaignFacts
from core.domain.declare import Evidence
from core.domain.duties import DutyRule
from core.domain.obligations import Obligation, owed
from core.services import campaigns, people, samples, seed
from core.services.evidence import Kept, Upload, keep
from core.services.people import NewPerson
from core.services.runtime import runtime
from core.services.tallies import recount
from core.services.transitions import new_id
from core.services.work import Deed, chore
from core.store import migrations
from core.store.db import db
from core.store.models import Blob, EvidenceFile, FormVersion, Report, ReportStep, TallyLeaf, TallyMetric, Unit, User
from core.store.queries import filings
from core.store.upsert import insert_or_ignore

NOW = datetime(2020, 11, 12, 9, 0)  # noqa: DTZ001 (local to whatever zone the installation has)
#: Before the campaign's first day the seed has units and accounts to make, but no reports.
EVE = datetime(2020, 10, 20, 9, 0)  # noqa: DTZ001
OFFICE = "office"


@dataclass(frozen=True)
class Opening:
    """An obligation that a reporter has not met: where its form is, and what a person might type in it."""

    login: str
    path: str
    fields: list[tuple[str, str]]
    photos: int
    at_most: int


@dataclass(frozen=True)
class World:
    """What the clients must know of an installation."""

    settings: Settings
    password: str
    pending: list[str]
    homes: dict[str, str]
    openings: list[Opening]
    inspectors: list[str]


def build(folder: Path, sizes: list[int], *, reporters: int, inspectors: int) -> list[World]:
    """An installation for each size, all alike but for the number of reports that wait."""
    password = secrets.token_urlsafe(12)
    first = folder / "seeded"
    with _at(first, EVE):
        migrations.upgrade()
        seed.everything(password)
    worlds = []
    for size in sizes:
        data = folder / f"with-{size}"
        shutil.copytree(first, data)
        with _at(data, NOW) as settings:
            worlds.append(_World(settings, password).fill(size, reporters, inspectors))
    return worlds


class _at:  # noqa: N801 (used as a verb)
    """An application context for everything at a moment; afterwards no connection stays open."""

    def __init__(self, data: Path, moment: datetime) -> None: ...
