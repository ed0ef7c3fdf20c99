"""Work that a plugin does by the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from core.api.data import Data
from core.domain.text import Text, Titled, as_text

Every = Literal["hour", "day", "week"]


@dataclass(frozen=True, init=False)
class Job:
    """`run` is called once for each hour, day or week, at or after `at`, over all units of the plugin's types.

    What it hands to its `Data` is written together with the mark that the job is done for that time: its effect
    happens once, whatever crashes. A day is the campaign's own; a week's job runs on Monday.
    """

    key: str
    title: Text
    run: Callable[[Data], None]
    every: Every
    at: time

    def __init__(
        self,
        key: str,
        title: Titled,
        run: Callable[[Data], None],
        *,
        every: Every = "day",
        at: time | str = "06:00",
    ) -> None:
        if every not in ("hour", "day", "week"):
            raise ValueError(f"every is 'hour', 'day' or 'week', not {every!r}")
        moment = time.fromisoformat(at) if isinstance(at, str) else at
        values = {"key": key, "title": as_text(title), "run": run, "every": every, "at": moment}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def turn(self, now: datetime) -> str | None:
        """The name of the hour, day or week that is to be done now; None where its time has not come yet."""
        if self.every == "hour":
            return f"{now:%Y-%m-%dT%H}" if now.minute >= self.at.minute else None
        if now.time() < self.at or (self.every == "week" and now.weekday() != 0):
            return None
        return f"{now:%Y-%m-%d}"
