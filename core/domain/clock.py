"""The one clock: dates, weeks and "today" come from here, in the campaign's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's clock, seen in `zone` and moved by `offset` (tests and dated demos only)."""

    zone: tzinfo
    offset: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(self.zone) + self.offset

    def today(self) -> date:
        return self.now().date()

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)
