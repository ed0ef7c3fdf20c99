"""Hostile, odd and honest files, each with the outcomes that it may have: a corpus that the tests make themselves.

Every module ``corpus_*.py`` beside this one gives its part by ``cases()``. Run this file as a program for a table.
"""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.domain.files import Examined, FileState
from core.examine import launch
from core.store.filetypes import recognise


class Outcome(StrEnum):
    """What may become of a file that is sent."""

    NOT_TAKEN = "not taken"  # its first bytes are of no accepted kind: refused at the upload
    REFUSED = "refused"  # examining it refused it
    ATTENTION = "attention"
    READY = "ready"


READY = frozenset({Outcome.READY})
ATTENTION = frozenset({Outcome.ATTENTION})
STORED = READY | ATTENTION
REFUSED = frozenset({Outcome.REFUSED})
NOT_TAKEN = frozenset({Outcome.NOT_TAKEN})
AWAY = REFUSED | NOT_TAKEN


@dataclass(frozen=True)
class Case:
    """A file: its bytes, or how to make them where they are large; a file that is `honest` must be taken."""

    name: str
    group: str
    data: bytes | Callable[[], bytes]
    filename: str
    allowed: frozenset[Outcome]
    honest: bool = False

    def content(self) -> bytes:
        return self.data if isinstance(self.data, bytes) else self.data()


@dataclass(frozen=True)
class Result:
    case: Case
    outcome: Outcome
    found: Examined | None
    seconds: float
    #: Sizes of what was written, by name.
    written: dict[str, int]

    @property
    def is_allowed(self) -> bool:
        return self.outcome in self.case.allowed


def all_cases() -> list[Case]:
    """The whole corpus, of all modules that are there."""
    found = []
    for path in sorted(Path(__file__).parent.glob("corpus_*.py")):
        found += importlib.import_module(f"tests.examine.{path.stem}").cases()
    return found


def run(case: Case, folder: Path) -> Result:
    """Send a file the way that uploads take: its kind by its bytes, then a look inside by the child."""
    path, out = folder / "bytes", folder / "out"
    path.write_bytes(case.content())
    out.mkdir()
    begin = time.monotonic()
    kind = recognise(path, case.filename)
    found = launch.examine(path, case.filename, kind.media_type, out) if kind else None
    taken = time.monotonic() - begin
    written = {made.name: made.stat().st_size for made in out.iterdir()}
    return Result(case, _outcome(found), found, taken, written)


def _outcome(found: Examined | None) -> Outcome:
    if found is None:
        return Outcome.NOT_TAKEN
    return {
        FileState.READY: Outcome.READY,
        FileState.ATTENTION: Outcome.ATTENTION,
        FileState.REFUSED: Outcome.REFUSED,
    }[found.state]


def table(results: list[Result]) -> Iterator[str]:
    """A line for each file, then the sums by group."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.case.group, []).append(result)
        said = result.found.said[0].zh if result.found and result.found.said else ""
        mark = " " if result.is_allowed else "!"
        yield f"{mark} {result.case.group:9} {result.case.name:44} {result.outcome:10} {result.seconds:5.2f} s  {said}"
    for group, members in groups.items():
        right = sum(member.is_allowed for member in members)
        yield f"{group}: {right} of {len(members)} as allowed"


def main() -> None:
    results = []
    for case in all_cases():
        with tempfile.TemporaryDirectory() as folder:
            results.append(run(case, Path(folder)))
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
