"""Campaign days, weeks and phases, and how many reports a period asks for.

Pure functions of dates. A day belongs to the campaign's own time zone; only `due_at` deals in instants.
Source: notice, sections 一 and 二; domain.md, "Campaign of the notice".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

DAY = timedelta(days=1)
PeriodKind = Literal["day", "week", "phase", "once"]


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `starts` to `ends`, both included."""

    starts: date
    ends: date

    def __post_init__(self) -> None:
        if self.ends < self.starts:
            raise ValueError(f"a span ends before it starts: {self.starts} … {self.ends}")

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.starts <= day <= self.ends

    @property
    def days(self) -> int:
        return (self.ends - self.starts).days + 1


@dataclass(frozen=True, slots=True)
class Period:
    """The day, week, phase or campaign that a duty is due for. `key` is stable within a campaign."""

    kind: PeriodKind
    number: int
    span: Span

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.number}"

    @property
    def starts(self) -> date:
        return self.span.starts

    @property
    def ends(self) -> date:
        return self.span.ends


@dataclass(frozen=True, slots=True)
class Calendar:
    """A campaign's days and its phases, in order and without gaps."""

    span: Span
    phases: tuple[Span, ...]

    def __post_init__(self) -> None:
        expected = self.span.starts
        for phase in self.phases:
            if phase.starts != expected:
                raise ValueError(f"phases leave a gap or overlap at {expected}")
            expected = phase.ends + DAY
        if self.phases and expected != self.span.ends + DAY:
            raise ValueError("the last phase must end with the campaign")

    def day_number(self, day: date) -> int:
        """1 for the campaign's first day; below 1 before it."""
        return (day - self.span.starts).days + 1

    def phase_on(self, day: date) -> int | None:
        """The number of the phase that `day` lies in, from 1."""
        return next((number for number, span in enumerate(self.phases, 1) if day in span), None)

    def moved(self, weeks: int) -> Calendar:
        """The same campaign by whole weeks later, so that weekdays stay what they are."""
        shift = timedelta(weeks=weeks)
        return Calendar(
            Span(self.span.starts + shift, self.span.ends + shift),
            tuple(Span(phase.starts + shift, phase.ends + shift) for phase in self.phases),
        )


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day counted from the start or the end of the campaign or of one of its phases."""

    anchor: Literal["start", "end"]
    phase: int | None = None
    days: int = 0

    def on(self, calendar: Calendar) -> date:
        span = calendar.span if self.phase is None else calendar.phases[self.phase - 1]
        return (span.starts if self.anchor == "start" else span.ends) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a duty is due and how many reports each period asks for.

    `phases` limits a ``phase`` cadence to the phases named; `by` is a ``once`` cadence's last day. `since` is the day
    on which a duty joined a campaign under way: days and weeks count that begin then or later, longer periods that
    are not over by then.
    """

    kind: PeriodKind
    times: int = 1
    phases: tuple[int, ...] = ()
    by: Deadline | None = None
    since: date | None = None

    def counts(self, span: Span) -> bool:
        if self.since is None:
            return True
        return (span.starts if self.kind in ("day", "week") else span.ends) >= self.since


def days_of(span: Span) -> Iterator[date]:
    for offset in range(span.days):
        yield span.starts + offset * DAY


def weeks_of(span: Span) -> Iterator[Span]:
    """Monday to Sunday, the first and the last cut to the span."""
    starts = span.starts
    while starts <= span.ends:
        sunday = starts + (6 - starts.weekday()) * DAY
        yield Span(starts, min(sunday, span.ends))
        starts = sunday + DAY


@lru_cache(maxsize=4096)
def periods(cadence: Cadence, calendar: Calendar) -> tuple[Period, ...]:
    """Every period of a campaign that a duty of this cadence is due for, in order."""
    if cadence.kind == "day":
        spans = [(n, Span(day, day)) for n, day in enumerate(days_of(calendar.span), 1)]
    elif cadence.kind == "week":
        spans = list(enumerate(weeks_of(calendar.span), 1))
    elif cadence.kind == "phase":
        wanted = cadence.phases or range(1, len(calendar.phases) + 1)
        spans = [(n, span) for n, span in enumerate(calendar.phases, 1) if n in wanted]
    else:
        last = cadence.by.on(calendar) if cadence.by else calendar.span.ends
        spans = [(1, Span(calendar.span.starts, last))]
    return tuple(Period(cadence.kind, number, span) for number, span in spans if cadence.counts(span))


@lru_cache(maxsize=4096)
def periods_by_key(cadence: Cadence, calendar: Calendar) -> dict[str, Period]:
    """The same periods by their keys. Shared: not to be changed."""
    return {period.key: period for period in periods(cadence, calendar)}


def quota(times: int, period: Period, days: int | None = None) -> int:
    """How many reports a period asks for.

    Weeks are prorated by the days that count and rounded up: 3 a week in a one-day week is 1. Other periods
    are not divisible. `days` is the number of days that count, by default all of the period's.
    """
    counted = period.span.days if days is None else days
    if counted <= 0:
        return 0
    if period.kind != "week":
        return times
    return -(-times * counted // 7)


def due_at(period: Period, grace_days: int, zone: tzinfo) -> datetime:
    """The instant from which a report for the period is late: 24:00 of its last day plus the days of grace."""
    return datetime.combine(period.ends + DAY * (1 + grace_days), time.min, zone)
