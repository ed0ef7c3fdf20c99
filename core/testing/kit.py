"""What a check is, how it says what is wrong, and how checks are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.testing.subject import Subject

Run = Callable[["Subject"], None]
#: So many problems of one check are named; the rest is counted.
MOST_NAMED = 8


class NotApplicable(Exception):
    """The check has nothing to look at, e.g. a plugin without pages. The message says why."""


class Hint(Exception):
    """Worth the author's thought, but no failure."""


@dataclass(frozen=True)
class Check:
    """One demand on a plugin. `run` raises AssertionError with a sentence for the author; `hook` is what it looks at."""

    name: str
    title: str
    run: Run
    hook: str = "dudao_plugin"


class Collection:
    """The checks of one file, in its order."""

    def __init__(self, hook: str = "dudao_plugin") -> None:
        self.checks: list[Check] = []
        self._hook = hook

    def check(self, title: str, hook: str = "") -> Callable[[Run], Run]:
        """Add a function as a check with the function's name."""

        def register(run: Run) -> Run:
            self.checks.append(Check(run.__name__, title, run, hook or self._hook))
            return run

        return register


def none(problems: Iterable[str]) -> None:
    """Raise AssertionError naming the problems, if there are any."""
    found = list(dict.fromkeys(problems))
    more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    if found:
        raise AssertionError("; ".join(found[:MOST_NAMED]) + more)
