"""How many calls of a plugin run at a time: a slow page must leave threads of the web server to all other pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

#: So many calls of one part of a plugin run in a process at a time, and seconds that another one waits for its turn.
AT_ONCE = 2
PATIENCE = 0.25


class Busy(Exception):
    """So many calls of a plugin are under way that this one was not made. No failure: the next one may be."""


class Turns:
    """The places that each part of each plugin has in this process."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], BoundedSemaphore] = {}

    @contextmanager
    def turn(self, plugin: str, hook: str) -> Iterator[None]:
        """A place for one call, or Busy. What stands before the hook's colon is the part."""
        places = self._places.setdefault((plugin, hook.partition(":")[0]), BoundedSemaphore(AT_ONCE))
        if not places.acquire(timeout=PATIENCE):
            raise Busy(f"{plugin}: {AT_ONCE} calls of {hook} are under way")
        try:
            yield
        finally:
            places.release()
