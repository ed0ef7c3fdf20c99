"""Pictures that were used before, or look like ones that were: hints for inspectors, never a verdict.

What is found concerns bytes, not units, and is written into a table that no page of a unit reads.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain.access import Actor, Everything, Permission
from core.examine import launch
from core.examine.answers import Likeness
from core.services.runtime import runtime
from core.services.work import Deed, reading
from core.store.models import Resemblance
from core.store.queries import likeness, resemblances
from core.store.queries.reports import ReportView
from core.store.queries.resemblances import Beyond, Use
from core.store.upsert import upsert

JOB = "find_likeness"
#: Candidates that are compared, and for how long in all: a job has a minute.
MOST_COMPARED, SECONDS = 20, 40.0
PREVIEW = "page-1.webp"
#: From the strongest hint to the weakest.
LEVELS = ("exact", "same", "alike")


@dataclass(frozen=True, slots=True)
class Found:
    """Two pictures that are alike, the smaller hash first."""

    first: str
    second: str
    distance: int
    likeness: Likeness


def find(payload: dict[str, Any]) -> list[Found]:
    """Look for pictures like one, across all units and campaigns: by hashes, then by comparing the previews."""
    sha256 = payload["sha256"]
    with reading(Everything("pictures are compared across all units")) as session:
        candidates = likeness.candidates(session(), sha256, MOST_COMPARED)
        session.rollback()
    until = time.monotonic() + SECONDS
    found = []
    for candidate in candidates:
        if time.monotonic() > until:
            break
        first, second = sorted((sha256, candidate.sha256))
        compared = _compare(first, second)
        if compared is not None and compared.level != "other":
            found.append(Found(first, second, candidate.distance, compared))
    return found


def _compare(first: str, second: str) -> Likeness | None:
    """None where a preview is missing: it was never made, or is being made again."""
    with tempfile.TemporaryDirectory(prefix="dudao-compared-") as name:
        folder = Path(name)
        out = folder / "out"
        out.mkdir()
        try:
            paths = [
                _fetched(sha256, folder / f"{place}.webp") for place, sha256 in enumerate((first, second))
            ]
        except FileNotFoundError:
            return None
        return launch.compare(paths[0], paths[1], out)


def _fetched(sha256: str, target: Path) -> Path:
    with runtime().evidence.open_preview(sha256, PREVIEW) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    return target


def keep(done: Deed, payload: dict[str, Any], found: list[Found]) -> None:
    """Write down what was found, once a pair."""
    for one in found:
        told = one.likeness.to_json()
        row = {
            "first": one.first,
            "second": one.second,
            "level": told.pop("level"),
            "distance": one.distance,
            "detail": told,
            "found_at": done.at,
        }
        upsert(done.session(), Resemblance, row)


@dataclass(frozen=True, slots=True)
class Place:
    """Units beyond the reader's scope that use the same or a like file: where, and no more."""

    level: str
    city: str
    units: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A use elsewhere in the reader's scope. `distance` is in bits of the nearest hashes; 0 where bytes are equal."""

    level: str
    distance: int
    use: Use
    own_unit: bool


@dataclass(frozen=True, slots=True)
class Hints:
    """What there is to look at for one file of a report, the strongest first; `more` uses are not named."""

    seen: tuple[Seen, ...]
    beyond: tuple[Place, ...]
    more: int

    def at(self, level: str) -> list[Seen]:
        return [one for one in self.seen if one.level == level]


#: Uses that are named for one file.
MOST_NAMED = 12


def of_report(actor: Actor, report: ReportView) -> dict[str, Hints]:
    """Hints by the id of the report's file; files without one are left out. Five statements, however many files."""
    own = {file.sha256 for file in report.files}
    if not own:
        return {}
    scope = actor.scope(Permission.REVIEW)
    with reading(Everything("pictures are compared across all units")) as session:
        related = _related(own, resemblances.of_pictures(session(), own))
        hashes = {sha256 for others in related.values() for sha256 in others}
        beyond = resemblances.beyond(session(), hashes, report.id, scope)
        cities = _cities(beyond)
        names = resemblances.region_names(session(), set(cities.values()))
    with reading(scope) as session:
        uses = resemblances.uses(session(), hashes, report.id)
    places = {path: names.get(city, "") for path, city in cities.items()}
    hints = {
        file.id: _hints(related[file.sha256], uses, beyond, places, report.unit_id) for file in report.files
    }
    return {file_id: hint for file_id, hint in hints.items() if hint.seen or hint.beyond}


def _related(own: set[str], rows: list[Resemblance]) -> dict[str, dict[str, tuple[str, int]]]:
    """For each of the report's hashes: level and distance by the other's hash, itself included."""
    found: dict[str, dict[str, tuple[str, int]]] = {sha256: {sha256: ("exact", 0)} for sha256 in own}
    for row in rows:
        for one, other in ((row.first, row.second), (row.second, row.first)):
            if one in own:
                found[one][other] = (row.level, row.distance)
    return found


def _cities(beyond: list[Beyond]) -> dict[str, str]:
    """Each region's path → that of its city, or of the province where it is no city's."""
    return {row.region_path: "/".join(row.region_path.split("/")[:3]).rstrip("/") + "/" for row in beyond}


def _hints(
    related: Mapping[str, tuple[str, int]],
    uses: list[Use],
    beyond: list[Beyond],
    places: Mapping[str, str],
    unit_id: int,
) -> Hints:
    seen = [Seen(*related[use.sha256], use, use.unit_id == unit_id) for use in uses if use.sha256 in related]
    seen.sort(key=lambda one: (LEVELS.index(one.level), one.distance))
    counts: dict[tuple[str, str], int] = {}
    for row in beyond:
        if row.sha256 in related:
            key = related[row.sha256][0], places[row.region_path]
            counts[key] = counts.get(key, 0) + row.units
    outside = [Place(level, city, units) for (level, city), units in counts.items()]
    total = sum({use.sha256: use.of for use in uses if use.sha256 in related}.values())
    named = tuple(seen[:MOST_NAMED])
    outside.sort(key=lambda place: (LEVELS.index(place.level), place.city))
    return Hints(named, tuple(outside), total - len(named))


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """A file of a report beside a use elsewhere: how alike they are, and the places that differ in each."""

    level: str
    distance: int
    mirrored: bool
    score: float
    other: Use
    differs: tuple[Box, ...]
    other_differs: tuple[Box, ...]


def pair(actor: Actor, report: ReportView, sha256: str, use_id: str) -> Pair | None:
    """How a file of the report and a use in the actor's scope resemble each other; None where they do not."""
    with reading(actor.scope(Permission.REVIEW)) as session:
        other = resemblances.use(session(), use_id, report.id)
        if other is None:
            return None
        if other.sha256 == sha256:
            return Pair("exact", 0, False, 1.0, other, (), ())
        row = resemblances.of_pair(session(), sha256, other.sha256)
    if row is None:
        return None
    told = Likeness.from_json({"level": row.level, **row.detail})
    here, there = tuple(told.differs), tuple(_on_the_second(told))
    if row.first != sha256:
        here, there = there, here
    return Pair(row.level, row.distance, told.mirrored, told.score, other, here, there)


def _on_the_second(told: Likeness) -> Iterator[Box]:
    """The places that differ, in fractions of the second picture: `crop` says where it lies in the first."""
    left, top, width, height = told.crop or (0.0, 0.0, 1.0, 1.0)
    for x, y, w, h in told.differs:
        start, across = (x - left) / width, w / width
        if told.mirrored:
            start = 1 - start - across
        yield _inside(start, (y - top) / height, across, h / height)


def _inside(left: float, top: float, width: float, height: float) -> Box:
    x, y = min(max(left, 0.0), 1.0), min(max(top, 0.0), 1.0)
    return x, y, min(left + width, 1.0) - x, min(top + height, 1.0) - y
