"""A member unit and its place, as frozen facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.domain.obligations import Interval, is_enabled


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit with its region and the intervals on which it is enabled."""

    id: int
    code: str
    name: str
    unit_type: str
    kind: str
    region_code: str
    region_name: str
    region_path: str
    intervals: tuple[Interval, ...]
    disabled_reason: str = ""

    @property
    def enabled(self) -> bool:
        return is_enabled(self.intervals)


def switched(intervals: Sequence[Interval], on: bool, today: date) -> list[Interval]:
    """The intervals of a unit after it was switched today: only the last one changes, or a new one comes.

    A unit that was switched off today goes on as if it never had been.
    """
    last = intervals[-1] if intervals else None
    if not on:
        if last is None or last.ends is not None:
            raise ValueError("only a unit that is on can be switched off")
        return [*intervals[:-1], Interval(last.starts, today)]
    if last is not None and last.ends is not None and last.ends >= today:
        return [*intervals[:-1], Interval(last.starts)]
    return [*intervals, Interval(today)]
