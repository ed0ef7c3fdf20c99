"""When and where a picture or film was made, beside what its report claims: hints, never verdicts (check F5).

Devices lie and lose their clocks, and much is sent on without its data: missing data is no hint at all. Times are
compared as days in the campaign's zone. A picture's own time has a zone only where the device wrote one, else it is
read as the campaign's local time; films carry UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import asin, cos, radians, sin, sqrt
from typing import Any

from core.domain.calendar import Span
from core.domain.findings import Finding
from core.domain.text import Text

#: Kilometres from the centre of the unit's city within which nothing is said: no city of a province is larger.
FAR = 150
#: A clock may be so far ahead of ours.
SLACK = timedelta(days=1)
_EARTH = 6371.0


@dataclass(frozen=True, slots=True)
class Place:
    """The centre of a region, in degrees (WGS 84)."""

    name: str
    latitude: float
    longitude: float

    def kilometres(self, latitude: float, longitude: float) -> float:
        """The way along a great circle."""
        north, east = radians(latitude - self.latitude), radians(longitude - self.longitude)
        chord = (
            sin(north / 2) ** 2 + cos(radians(self.latitude)) * cos(radians(latitude)) * sin(east / 2) ** 2
        )
        return 2 * _EARTH * asin(min(1.0, sqrt(chord)))


def taken_at(facts: Mapping[str, Any], zone: tzinfo) -> datetime | None:
    """The moment of capture in `zone`; None where the file says none, or nonsense."""
    try:
        at = datetime.fromisoformat(f"{facts['taken']}{facts.get('zone', '')}")
        return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def hints(
    facts: Mapping[str, Any], span: Span, added_at: datetime, zone: tzinfo, near: Iterable[Place]
) -> tuple[Finding, ...]:
    """What does not fit: time outside of the period's days, time after the upload, place far from all of `near`."""
    return (*_of_time(facts, span, added_at, zone), *_of_place(facts, tuple(near)))


def _of_time(facts: Mapping[str, Any], span: Span, added_at: datetime, zone: tzinfo) -> tuple[Finding, ...]:
    at = taken_at(facts, zone)
    if at is None:
        return ()
    day, shown = at.date(), f"{at:%Y-%m-%d %H:%M}"
    if at > added_at + SLACK:
        return (
            Finding(
                Text(
                    f"拍摄时间 {shown} 晚于上传时间，设备的时钟可能不准",
                    f"Taken at {shown}, after it was uploaded: the device's clock may be wrong",
                )
            ),
        )
    if day in span:
        return ()
    period = (f"{span.starts} 至 {span.ends}", f"{span.starts} to {span.ends}")
    if day < span.starts:
        days = (span.starts - day).days
        text = Text(
            f"拍摄时间 {shown}，比本期（{period[0]}）开始早 {days} 天",
            f"Taken at {shown}, {days} days before the period ({period[1]}) began",
        )
    else:
        days = (day - span.ends).days
        text = Text(
            f"拍摄时间 {shown}，比本期（{period[0]}）结束晚 {days} 天",
            f"Taken at {shown}, {days} days after the period ({period[1]}) ended",
        )
    return (Finding(text),)


def _of_place(facts: Mapping[str, Any], near: tuple[Place, ...]) -> tuple[Finding, ...]:
    gps = facts.get("gps")
    if not gps or not near:
        return ()
    ways = [(place.kilometres(float(gps[0]), float(gps[1])), place) for place in near]
    way, nearest = min(ways, key=lambda pair: pair[0])
    if way <= FAR:
        return ()
    return (
        Finding(
            Text(
                f"照片里的位置离{nearest.name}约 {way:.0f} 公里，请核对拍摄地点",
                f"The position in the file is about {way:.0f} km from {nearest.name}; check where it was taken",
            )
        ),
    )
