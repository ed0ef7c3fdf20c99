"""A member unit and its place, as frozen facts."""

from __future__ import annotations

from dataclasses import dataclass

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
