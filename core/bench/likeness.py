"""What finding pictures again is worth and costs: drawn pictures and what people do to them, and an index of a million.

Nothing is called found that the product would not find: the same hashes, the same radius, the same comparison.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table, create_engine, insert
from sqlalchemy.orm import Session

from core.bench import pictures
from core.bench.pictures import Picture
from core.domain.access import Everything
from core.examine import compare, hashes
from core.store.models import PictureHash
from core.store.queries import likeness
from core.store.scope import set_scope

Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How many originals, how many of them are compared too, stored hashes, queries, of each picture so many parts."""

    originals: int
    compared: int
    stored: int
    queries: int
    parts: int = 8


FULL = Effort(500, 20, 1_000_000, 60)
QUICK = Effort(20, 3, 50_000, 10)
#: Of the stored hashes every twentieth is of one platform's screenshots, which differ in a few bits.
PLATFORM = 20


@dataclass(frozen=True)
class Recall:
    """One change: the share of originals found again by hashes, and what comparing said of some of them."""

    change: str
    found: float
    compared: dict[str, int]


@dataclass(frozen=True)
class Control:
    """Pictures that are not one: how many pairs, how many share a hash, and what comparing said of those compared."""

    kind: str
    pairs: int
    share_a_hash: int
    compared: dict[str, int]


@dataclass(frozen=True)
class Index:
    """A search in the index: milliseconds for one hash and its mirror image, and for a picture's parts together.

    `scan_ms` is the plain scan of all numbers in memory by numpy for the same hashes; the ratios are ours over it.
    """

    stored: int
    build_seconds: float
    megabytes: float
    hash_ms: float
    picture_ms: float
    crowd_ms: float
    crowd: int
    scan_ms: float
    picture_scan_ms: float
    hash_ratio: float
    picture_ratio: float
    exact: bool


@dataclass(frozen=True)
class Report:
    originals: int
    radius: int
    hash_ms: float
    compare_ms: float
    recall: list[Recall]
    controls: list[Control]
    index: Index


def run(effort: Effort, say: Say, folder: Path | None = None) -> Report:
    """Measure on pictures drawn for it and in a throwaway database on SQLite."""
    measured = _Pictures(effort, say)
    recall = measured.changes()
    controls = [measured.unlike(), measured.same_scene(), measured.platform()]
    with tempfile.TemporaryDirectory(prefix="dudao-bench-", dir=folder) as name:
        index = _index(effort, Path(name) / "index.sqlite", say)
    return Report(
        effort.originals,
        likeness.RADIUS,
        median(measured.hash_times),
        median(measured.compare_times),
        recall,
        controls,
        index,
    )


def lines(report: Report) -> Iterator[str]:
    """A short table for people."""
    yield f"{'change':36} {'found':>6}  compared"
    for one in report.recall:
        yield f"{one.change:36} {one.found:6.1%}  {one.compared}"
    for control in report.controls:
        yield f"{control.kind:36} {control.share_a_hash} of {control.pairs}  {control.compared}"
    index = report.index
    yield (
        f"{index.stored} hashes, {index.megabytes:.0f} MB, built in {index.build_seconds:.0f} s: "
        f"{index.hash_ms:.1f} ms a hash ({index.hash_ratio:.1f} times a scan), "
        f"{index.picture_ms:.1f} ms a picture ({index.picture_ratio:.1f} times), "
        f"{index.crowd_ms:.0f} ms where {index.crowd} are near"
    )


class _Pictures:
    """The originals by their hashes, and what becomes of them. Each is drawn again when it is needed."""

    def __init__(self, effort: Effort, say: Say) -> None:
        self.effort, self.say = effort, say
        self.hash_times: list[float] = []
        self.compare_times: list[float] = []
        say(f"drawing {effort.originals} originals")
        self.known = [self._hashes(pictures.scene(seed)) for seed in range(effort.originals)]

    def changes(self) -> list[Recall]:
        """What becomes of each original by each change."""
        found, compared = Counter[str](), {name: Counter[str]() for name in pictures.CHANGES}
        for seed, known in enumerate(self.known):
            if seed % 50 == 0:
                self.say(f"changes of originals {seed} to {seed + 49}")
            original = pictures.scene(seed)
            for name, change in pictures.CHANGES.items():
                changed = change(original, seed)
                is_found = distance(self._hashes(changed), known) <= likeness.RADIUS
                found[name] += is_found
                if seed < self.effort.compared:
                    compared[name][self._compared(original, changed) if is_found else "not found"] += 1
        return [
            Recall(name, found[name] / len(self.known), dict(compared[name])) for name in pictures.CHANGES
        ]

    def unlike(self) -> Control:
        """Every original with every other."""
        self.say("originals with each other")
        near = [
            (one, other)
            for one, known in enumerate(self.known)
            for other in range(one)
            if distance(known, self.known[other]) <= likeness.RADIUS
        ]
        pairs = len(self.known) * (len(self.known) - 1) // 2
        said = Counter(self._compared(pictures.scene(a), pictures.scene(b)) for a, b in near[:50])
        return Control("other pictures", pairs, len(near), dict(said))

    def same_scene(self) -> Control:
        return self._control("the same scene photographed twice", pictures.same_scene)

    def platform(self) -> Control:
        return self._control(
            "one platform, two weeks",
            lambda layout: (pictures.platform(layout, 1), pictures.platform(layout, 2)),
        )

    def _control(self, kind: str, drawn: Callable[[int], tuple[Picture, Picture]]) -> Control:
        self.say(kind)
        number = max(1, self.effort.originals // 5)
        near, said = 0, Counter[str]()
        for seed in range(number):
            one, other = drawn(seed)
            if distance(self._hashes(one), self._hashes(other)) <= likeness.RADIUS:
                near += 1
                said[self._compared(one, other)] += 1
        return Control(kind, number, near, dict(said))

    def _hashes(self, picture: Picture) -> list[int]:
        began = time.process_time()
        found = [int(digits, 16) for digits in hashes.of(picture).values()]
        self.hash_times.append((time.process_time() - began) * 1000)
        return found

    def _compared(self, one: Picture, other: Picture) -> str:
        """What comparing the previews says, which lost a little themselves."""
        began = time.process_time()
        level = compare.of(pictures.preview(one), pictures.preview(other)).level
        self.compare_times.append((time.process_time() - began) * 1000)
        return level


def distance(one: Sequence[int], other: Sequence[int]) -> int:
    """Bits between the nearest hashes of two pictures, mirrored or not."""
    return min(
        ((a ^ b ^ turned).bit_count() for a in one for b in other for turned in (0, likeness.MIRROR)),
        default=64,
    )


def _index(effort: Effort, path: Path, say: Say) -> Index:
    say(f"an index of {effort.stored} hashes")
    stored = _numbers(effort.stored)
    engine = create_engine(f"sqlite:///{path}")
    table = cast("Table", PictureHash.__table__)
    began = time.monotonic()
    table.create(engine)
    with engine.begin() as connection:
        for start in range(0, len(stored), 50_000):
            connection.execute(
                insert(table), list(_rows(stored[start : start + 50_000], start, effort.parts))
            )
    built = time.monotonic() - began
    with Session(engine) as session:
        set_scope(session, Everything("a measurement on made-up hashes"))
        found = _searched(session, stored, effort)
    engine.dispose()
    return Index(len(stored), built, path.stat().st_size / 1e6, **found)


def _numbers(number: int) -> NDArray[np.uint64]:
    chance = np.random.default_rng(7)
    stored = chance.integers(0, 2**64, number, dtype=np.uint64)
    crowd = stored[::PLATFORM]
    crowd[:] = stored[0]
    for _ in range(3):
        crowd ^= np.uint64(1) << chance.integers(0, 64, len(crowd), dtype=np.uint64)
    return stored


def _rows(stored: NDArray[np.uint64], start: int, parts: int) -> Iterator[dict[str, Any]]:
    for number, bits in enumerate(stored.tolist(), start):
        yield from likeness.rows(f"{number // parts:064x}", {f"part{number % parts}": f"{bits:016x}"})


def _searched(session: Session, stored: NDArray[np.uint64], effort: Effort) -> dict[str, Any]:
    chance = random.Random(9)  # noqa: S311 - made-up hashes, the same in every run
    times: dict[str, list[float]] = {"hash": [], "scan": [], "picture": [], "picture_scan": []}
    exact = True
    for _ in range(effort.queries):
        asked = {f"part{n}": _near_one(stored, chance) for n in range(effort.parts)}
        first = {"part0": asked["part0"]}
        for name, wanted in (("hash", first), ("picture", asked)):
            began = time.perf_counter()
            found = likeness.near(session, wanted)
            middle = time.perf_counter()
            scanned = _scan(stored, list(wanted.values()))
            times[name].append((middle - began) * 1000)
            times["scan" if name == "hash" else "picture_scan"].append((time.perf_counter() - middle) * 1000)
            exact = exact and len(found) == scanned
    began = time.perf_counter()
    crowd = len(likeness.near(session, {"full": int(stored[0])}))
    crowd_ms = (time.perf_counter() - began) * 1000
    typical = {name: median(each) for name, each in times.items()}
    return {
        "hash_ms": typical["hash"],
        "picture_ms": typical["picture"],
        "crowd_ms": crowd_ms,
        "crowd": crowd,
        "scan_ms": typical["scan"],
        "picture_scan_ms": typical["picture_scan"],
        "hash_ratio": median(a / b for a, b in zip(times["hash"], times["scan"], strict=True)),
        "picture_ratio": median(a / b for a, b in zip(times["picture"], times["picture_scan"], strict=True)),
        "exact": exact,
    }


def _near_one(stored: NDArray[np.uint64], chance: random.Random) -> int:
    """A stored hash outside the crowd with a few bits turned."""
    bits = int(
        stored[chance.randrange(len(stored) // PLATFORM) * PLATFORM + 1 + chance.randrange(PLATFORM - 1)]
    )
    for _ in range(chance.randrange(9)):
        bits ^= 1 << chance.randrange(64)
    return bits


def _scan(stored: NDArray[np.uint64], wanted: Sequence[int]) -> int:
    """How many of all stored hashes are near, each looked at."""
    asked = (bits ^ turned for bits in wanted for turned in (0, likeness.MIRROR))
    return sum(
        int(np.count_nonzero(np.bitwise_count(stored ^ np.uint64(bits)) <= likeness.RADIUS)) for bits in asked
    )
