"""Progress of many units: what was owed, due, filed, done, late, by whatever one groups by.

What is owed comes from the duties' rules and a census of units; what was done comes from tallies. Nothing is counted
from reports, and the work does not grow with the number of units.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Generic, TypeVar

from core.domain.calendar import Calendar, Period, due_at, periods
from core.domain.duties import DutyRule, KindRef
from core.domain.obligations import Interval


@dataclass(frozen=True, slots=True)
class Head:
    """So many units of a kind in a region, enabled over one interval."""

    region_path: str
    kind: KindRef
    interval: Interval
    units: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Obligations, one for each unit, duty and period: owed so far (the period has begun), due (its deadline has
    passed), filed, done (accepted), late (filled only by a late report), due and filed; and reports by state."""

    owed: int = 0
    due: int = 0
    filed: int = 0
    done: int = 0
    late: int = 0
    due_filed: int = 0
    waiting: int = 0
    returned: int = 0
    accepted: int = 0

    def __add__(self, other: Progress) -> Progress:
        return Progress(
            self.owed + other.owed,
            self.due + other.due,
            self.filed + other.filed,
            self.done + other.done,
            self.late + other.late,
            self.due_filed + other.due_filed,
            self.waiting + other.waiting,
            self.returned + other.returned,
            self.accepted + other.accepted,
        )

    @property
    def overdue(self) -> int:
        """Deadline passed and not filed."""
        return max(0, self.due - self.due_filed)

    @property
    def rate(self) -> int | None:
        """Percent filed of what was owed so far, rounded down; None where nothing is owed."""
        return None if self.owed == 0 else 100 * min(self.filed, self.owed) // self.owed


Name = TypeVar("Name", bound=Hashable)


class Sums(Generic[Name]):
    """Adds thousands of parts up, each under several names; a Progress is made of each sum at the end only."""

    def __init__(self) -> None:
        self._sums: defaultdict[Name, list[int]] = defaultdict(lambda: [0] * len(fields(Progress)))

    def add(self, names: Iterable[Name], part: Progress) -> None:
        counts = [(place, count) for place, count in enumerate(_counts(part)) if count]
        for name in names:
            row = self._sums[name]
            for place, count in counts:
                row[place] += count

    def totals(self) -> dict[Name, Progress]:
        return {name: Progress(*row) for name, row in self._sums.items()}


_counts = attrgetter(*(field.name for field in fields(Progress)))


@dataclass(frozen=True, slots=True)
class Owing:
    """What the units of one head owe of one duty: obligations begun, and of these past their deadline."""

    head: Head
    duty: DutyRule
    owed: int
    due: int


def owing(
    duties: Iterable[DutyRule], calendar: Calendar, heads: Iterable[Head], now: datetime
) -> Iterator[Owing]:
    """What every head owes of every duty by now. A unit owes a period on whose last day it is enabled."""
    begun = [(duty, *_ends(duty, calendar, now)) for duty in duties]
    for head in heads:
        for duty, ends, due_ends in begun:
            if ends and duty.binds(head.kind):
                owed = head.units * _inside(ends, head.interval)
                if owed:
                    yield Owing(head, duty, owed, head.units * _inside(due_ends, head.interval))


def _ends(duty: DutyRule, calendar: Calendar, now: datetime) -> tuple[list[date], list[date]]:
    """The last days of the periods that have begun, and of those whose deadline has passed."""
    begun = [period for period in periods(duty.cadence, calendar) if period.starts <= now.date()]
    return [p.ends for p in begun], [p.ends for p in begun if is_due(duty, p, now)]


def is_due(duty: DutyRule, period: Period, now: datetime) -> bool:
    """Whether the deadline of a period has passed."""
    assert now.tzinfo is not None, "now needs a time zone"
    return now >= due_at(period, duty.grace, now.tzinfo)


def _inside(ends: list[date], interval: Interval) -> int:
    """How many of the sorted days lie in the interval."""
    past = len(ends) if interval.ends is None else bisect_left(ends, interval.ends)
    return max(0, past - bisect_left(ends, interval.starts))


def owed_in(duty: DutyRule, period: Period, heads: Iterable[Head]) -> int:
    """How many units owe one period of one duty."""
    return sum(head.units for head in heads if duty.binds(head.kind) and period.ends in head.interval)


def due_periods(
    duties: Iterable[DutyRule], calendar: Calendar, now: datetime
) -> Iterator[tuple[DutyRule, Period]]:
    """Every period of every duty whose deadline has passed."""
    for duty in duties:
        yield from ((duty, p) for p in periods(duty.cadence, calendar) if is_due(duty, p, now))
