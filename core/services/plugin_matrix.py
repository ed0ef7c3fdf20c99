"""The matrix of plugins: state, units, open obligations, last failure, parked parts and health of each, at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.domain.access import Everything
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.text import Text
from core.services import campaigns, failures, plugin_health, plugin_work, plugins
from core.services.failures import PART_TITLES, FailureRow
from core.services.plugin_health import Level, Sign
from core.services.plugins import PluginRow
from core.services.runtime import runtime
from core.services.work import reading
from core.store.models import PluginState


@dataclass(frozen=True)
class MatrixRow:
    """A plugin's line. `open` counts obligations of its duties that are under way and not filed."""

    row: PluginRow
    open: int
    waiting: int
    failure: FailureRow | None
    parked: tuple[Text, ...]
    signs: tuple[Sign, ...]

    @property
    def level(self) -> Level:
        return plugin_health.worst(self.signs)

    @property
    def hints(self) -> int:
        """How many signs are as bad as the worst."""
        return sum(sign.level == self.level for sign in self.signs)


@dataclass(frozen=True)
class Gone:
    """A plugin that is known but not installed: its history stays readable."""

    key: str
    title: Text
    version: str
    changed_at: datetime | None
    duties: tuple[DutyRule, ...]


@dataclass(frozen=True)
class Matrix:
    rows: tuple[MatrixRow, ...]
    gone: tuple[Gone, ...]


def matrix() -> Matrix:
    """All plugins that are installed, and those that were."""
    on, last, seen = plugins.on(), failures.last_by_plugin(), plugin_health.look()
    with reading(Everything("what is on concerns everybody")) as session:
        work = plugin_work.load(session(), reports=False)
        states = {state.key: state for state in session.scalars(select(PluginState))}
    by_plugin: dict[str, int] = {}
    owner = {duty.code: duty.plugin for duty in work.campaign.duties} if work.campaign else {}
    for (code, _unit_type), count in work.open(on).items():
        by_plugin[owner[code]] = by_plugin.get(owner[code], 0) + count
    return Matrix(
        tuple(
            MatrixRow(
                row=row,
                open=by_plugin.get(row.plugin.key, 0),
                waiting=work.waiting(row.plugin.key),
                failure=last.get(row.plugin.key),
                parked=parked(states.get(row.plugin.key)),
                signs=plugin_health.examine(row.plugin.key, seen),
            )
            for row in plugins.overview()
        ),
        _gone(states, campaigns.current()),
    )


def parked(state: PluginState | None) -> tuple[Text, ...]:
    """The titles of the parts that are not called any more."""
    return tuple(PART_TITLES[part] for part in state.parked) if state else ()


def _gone(states: Mapping[str, PluginState], campaign: CampaignFacts | None) -> tuple[Gone, ...]:
    duties = campaign.duties if campaign else ()
    known = runtime().registry.plugins.keys()
    keys = sorted({*states, *(duty.plugin for duty in duties)} - known)
    return tuple(_gone_one(key, states.get(key), duties) for key in keys)


def _gone_one(key: str, state: PluginState | None, duties: tuple[DutyRule, ...]) -> Gone:
    return Gone(
        key=key,
        title=Text(*state.title) if state and state.title else Text(key),
        version=state.version if state else "",
        changed_at=state.changed_at if state else None,
        duties=tuple(duty for duty in duties if duty.plugin == key),
    )
