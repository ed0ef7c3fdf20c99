"""Plugins' own scores of their units: computed daily in the worker, kept with their titles, pending where they fail."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.domain.access import Everything
from core.domain.facts import Member, UnitRecord
from core.domain.findings import ScoreLine
from core.domain.text import Text
from core.extend.host import HookFailed
from core.jobs.queue import owe, owed_keys
from core.services import campaigns, failures, plugins
from core.services.plugin_data import lent, whole_sight
from core.services.runtime import runtime
from core.services.work import Deed, chore, reading
from core.store.models import UnitScore
from core.store.upsert import upsert

#: Units scored by one job, and the hour from which a day's scores are due.
BATCH = 50
HOUR = 2
#: Seconds after which a batch ends early, so that slow scores stay within a job's time.
BATCH_SECONDS = 25.0


def owe_scores() -> int:
    """Owe the day's first batch of each plugin that scores; says how many are new."""
    now = runtime().clock.now()
    if now.hour < HOUR or campaigns.current() is None:
        return 0
    scoring = plugins.on() & runtime().registry.answering("dudao_score")
    keys = {f"{plugin}:{now:%Y-%m-%d}:0": plugin for plugin in sorted(scoring)}
    with reading(Everything("the schedule")) as session:
        new = keys.keys() - owed_keys(session(), "score_units", keys)
    if not new:
        return 0
    with chore("task.run", "the schedule") as done:
        for key in sorted(new):
            _owe_batch(done, keys[key], f"{now:%Y-%m-%d}", 0)
        done.about("schedule", "score_units", plugins=len(new))
    return len(new)


def _owe_batch(done: Deed, plugin: str, day: str, after: int) -> None:
    payload = {"plugin": plugin, "day": day, "after": after}
    owe(done.session(), "score_units", f"{plugin}:{day}:{after}", payload, done.at)


@dataclass(frozen=True)
class Scored:
    unit: Member
    lines: tuple[ScoreLine, ...] | None
    failed: HookFailed | None = None


def run(payload: dict[str, Any]) -> list[Scored]:
    """Score the next units of a plugin's types, outside of any transaction."""
    plugin = payload["plugin"]
    if plugin not in plugins.on() or campaigns.current() is None:
        return []
    with lent(plugin, whole_sight(plugin), read_only=True) as data:
        units = sorted(data.units(), key=lambda unit: unit.id)
        batch = [unit for unit in units if unit.id > payload["after"]][:BATCH]
        records = [
            UnitRecord(unit, data.today, data.owed(unit.id), data.reports(unit=unit.id)) for unit in batch
        ]
    end, found = time.monotonic() + BATCH_SECONDS, []
    for record in records:
        found.append(_scored(plugin, record))
        if time.monotonic() > end:
            break  # the next batch goes on from here
    return found


def _scored(plugin: str, record: UnitRecord) -> Scored:
    if "scores" in plugins.parked(plugin):
        return Scored(record.unit, None)
    try:
        return Scored(record.unit, runtime().host.score(plugin, record))
    except HookFailed as failed:
        return Scored(record.unit, None, failed)


def keep(done: Deed, payload: dict[str, Any], found: list[Scored]) -> None:
    """Store the batch's scores and owe the next one. What fails again and again is noted once a batch."""
    campaign = campaigns.current()
    if campaign is None or not found:
        return
    plugin = payload["plugin"]
    title = runtime().registry.plugins[plugin].title.to_json()
    for scored in found:
        row = {
            "campaign_id": campaign.id,
            "unit_id": scored.unit.id,
            "plugin": plugin,
            "title": title,
            "at": done.at,
            "lines": None if scored.lines is None else [line.to_json() for line in scored.lines],
            "incident": scored.failed.incident if scored.failed else "",
        }
        upsert(done.session(), UnitScore, row)
    failed = next((scored.failed for scored in found if scored.failed), None)
    if failed is not None:
        failures.note(done, failed)
    _owe_batch(done, plugin, payload["day"], found[-1].unit.id)


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A plugin's score of a unit as pages show it; without lines it is pending."""

    title: Text
    at: datetime
    lines: tuple[ScoreLine, ...] | None
    incident: str

    @property
    def points(self) -> Decimal:
        return sum((line.points for line in self.lines or ()), Decimal(0))

    @property
    def out_of(self) -> Decimal:
        return sum((line.out_of for line in self.lines or ()), Decimal(0))


def of_unit(unit_id: int) -> tuple[ScoreView, ...]:
    """The scores of a unit in the campaign under way; the caller has found the unit in its scope."""
    campaign = campaigns.current()
    if campaign is None:
        return ()
    statement = select(UnitScore).where(UnitScore.campaign_id == campaign.id, UnitScore.unit_id == unit_id)
    with reading(Everything("the page has found the unit in its scope")) as session:
        return tuple(
            ScoreView(
                Text(*row.title),
                row.at,
                None if row.lines is None else tuple(ScoreLine.from_json(line) for line in row.lines),
                row.incident,
            )
            for row in session.scalars(statement.order_by(UnitScore.plugin))
        )
