"""What plugins are told: frozen facts, never rows. A plugin may keep, compare and print them; nothing stored changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from core.domain.calendar import Span, weeks_of
from core.domain.text import Text


@dataclass(frozen=True, slots=True)
class Member:
    """A member unit. `parent_id` is the unit above it in the unit tree."""

    id: int
    code: str
    name: str
    unit_type: str
    kind: str
    region_code: str
    region_name: str
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A province, city or county, with the codes of itself and all above it, the topmost first."""

    code: str
    name: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """A file of a report; `read` gives its bytes, which never change, in the worker only."""

    id: str
    report_id: str
    name: str
    kind: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    read: Callable[[], bytes] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ReportFact:
    """A report as it was last submitted: `record` holds JSON values by field name, `days` what it is for."""

    id: str
    unit: Member
    duty: str
    period: str
    days: Span
    state: str
    version: int
    late: bool
    submitted_at: datetime | None
    record: Mapping[str, Any]
    files: tuple[EvidenceFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """What a unit owes for a duty in a period, and how far it has come. `due` says that the period is over."""

    duty: str
    period: str
    days: Span
    needed: int
    filed: int
    accepted: int
    late: bool
    due: bool


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """All that a unit owes and has reported in the campaign, up to `today`: the ground of its score."""

    unit: Member
    today: date
    owed: tuple[Owed, ...]
    reports: tuple[ReportFact, ...]


@dataclass(frozen=True, slots=True)
class CampaignDays:
    """The campaign under way: its title, days, and the days of its phases in order."""

    title: Text
    days: Span
    phases: tuple[Span, ...]

    def weeks(self) -> tuple[Span, ...]:
        """Its weeks, Monday to Sunday, cut to the campaign."""
        return tuple(weeks_of(self.days))


#: Everything that plugins are told of after it happened.
EVENTS = (
    "report.submitted",
    "report.withdrawn",
    "report.accepted",
    "report.returned",
    "report.reopened",
    "unit.enabled",
    "unit.disabled",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and is safely stored. `id` is the same when it is told again after a crash."""

    id: str
    name: str
    at: datetime
    unit: Member
    report: str | None = None
    duty: str | None = None
    period: str | None = None
