"""The clock of the system: hands out what is waiting, starts what is due, keeps the database file short."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from flask import Flask

from core import redis_server
from core.app import create_app
from core.config import Settings
from core.jobs import outbox
from core.jobs import schedule as timetable
from core.store.db import checkpoint

log = logging.getLogger(__name__)

_TICK = 0.1
_LONGEST_PAUSE = 10.0


@dataclass
class Step:
    """One thing to do again and again. A failing one waits longer each time and never stops the others."""

    name: str
    every: float
    do: Callable[[], object]
    due: float = 0.0
    failures: int = 0

    def run(self, app: Flask) -> None:
        try:
            with app.app_context():
                self.do()
        except Exception as error:
            self.failures += 1
            # The first time in full, then a line each: an outage of minutes must not fill the disk.
            log.warning("%s failed (%d): %s", self.name, self.failures, error, exc_info=self.failures == 1)
        else:
            if self.failures:
                log.warning("%s works again after %d failures", self.name, self.failures)
            self.failures = 0
        pause = min(self.every * 2.0 ** min(self.failures, 10), max(self.every, _LONGEST_PAUSE))
        self.due = time.monotonic() + pause


def schedule(settings: Settings) -> None:
    """Run until a signal ends it."""
    asked: list[int] = []

    def ask(signum: int, _frame: FrameType | None) -> None:
        asked.append(signum)

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ask)
    app = create_app(settings)
    client = redis_server.connect(settings)
    steps = [
        Step("handing out work", 0.5, lambda: outbox.dispatch(client)),
        Step("starting what is due", 10, timetable.tick),
        Step("shortening the database's log", 5, checkpoint),
    ]
    while not asked:
        for step in steps:
            if step.due <= time.monotonic() and not asked:
                step.run(app)
        time.sleep(_TICK)
