"""A published campaign as frozen facts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from core.domain.calendar import Calendar, Period, periods_by_key
from core.domain.duties import DutyRule
from core.domain.text import Text


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase: its number from 1, theme, and what to stress."""

    number: int
    starts: date
    ends: date
    theme: Text
    focus: Text


@dataclass(frozen=True, slots=True)
class ClauseFacts:
    """A sentence of the notice. `requires` is duty, product (then `lives_in` says where) or background."""

    key: str
    part: int
    text: Text
    requires: str
    lives_in: str | None


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A campaign with its calendar, phases, clauses and the frozen copy of its duties."""

    id: int
    key: str
    number: str
    title: Text
    issuer: Text
    addressees: Text
    purpose: Text
    issued: date
    calendar: Calendar
    phases: tuple[Phase, ...]
    clauses: tuple[ClauseFacts, ...]
    duties: tuple[DutyRule, ...]

    def phase_on(self, day: date) -> Phase | None:
        return next((phase for phase in self.phases if phase.starts <= day <= phase.ends), None)

    def duty(self, code: str) -> DutyRule | None:
        return next((duty for duty in self.duties if duty.code == code), None)

    def duties_of(self, plugins_on: Collection[str]) -> tuple[DutyRule, ...]:
        """The duties that count now: those whose plugin is on."""
        return tuple(duty for duty in self.duties if duty.plugin in plugins_on)

    def period(self, duty: DutyRule, key: str) -> Period | None:
        return periods_by_key(duty.cadence, self.calendar).get(key)
