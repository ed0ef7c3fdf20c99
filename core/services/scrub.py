"""The scrub: reads every kept byte in the course of time, names what is wrong, and goes on where it stopped.

It goes through the evidence in order of its hashes, in pieces of bounded time. A piece reads outside of any
transaction; what it found and how far it came are written in one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from core.domain.access import Everything
from core.domain.text import Text
from core.jobs.queue import owe, owed_keys
from core.services import comparing, damage
from core.services.comparing import KIND_TITLES, Kind, Wrong
from core.services.runtime import runtime
from core.services.work import Deed, chore, reading
from core.store.models import Blob, Remembered
from core.store.upsert import upsert

JOB = "scrub_evidence"
#: Hashes begin with two digits: one after the other is read.
SHELVES = [f"{number:02x}" for number in range(256)]
#: How long a piece in the worker may read, in seconds, and the hours of the night in which there are any.
PIECE = 45.0
NIGHT = range(1, 6)
#: A piece ends with so many findings, and so many of a round are kept by name: a folder that is not mounted has lost all.
MOST_IN_PIECE = 500
MOST_NAMED = 10_000
_NAME = "scrub"


@dataclass(frozen=True)
class Round:
    """How far a round has come. `after` is the last name that was read; a round that ended has none to read."""

    began: str = ""
    after: str = ""
    ended: str = ""
    files: int = 0
    size: int = 0
    wrong: tuple[Wrong, ...] = ()
    #: Findings beyond those that are named.
    more: int = 0
    #: Files that nobody knows and that earlier rounds told of.
    told: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.wrong

    @property
    def under_way(self) -> bool:
        return bool(self.began) and not self.ended

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"wrong": [[one.kind, one.name, one.holds] for one in self.wrong]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Round:
        wrong = tuple(Wrong(Kind(kind), *names) for kind, *names in data["wrong"])
        return cls(**data | {"wrong": wrong, "told": tuple(data["told"])})


@dataclass
class Piece:
    """What one piece of reading found: `whole` are the names whose bytes are right."""

    before: Round
    after: str = ""
    ended: bool = False
    size: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)

    def round(self, at: datetime) -> Round:
        """The round with this piece done."""
        wrong = (*self.before.wrong, *self.wrong)
        return replace(
            self.before,
            after=self.after,
            ended=at.isoformat() if self.ended else "",
            files=self.before.files + len(self.whole) + len(self.wrong),
            size=self.before.size + self.size,
            wrong=wrong[:MOST_NAMED],
            more=self.before.more + max(0, len(wrong) - MOST_NAMED),
        )


def last() -> Round:
    """The round under way, or the last one."""
    with reading(Everything("the scrub")) as session:
        row = session.get(Remembered, _NAME, populate_existing=True)
        found = Round.from_json(row.value) if row else Round()
        session.rollback()
    return found


def begun(before: Round) -> Round:
    """A new round after the last one."""
    told = before.told if before.under_way else ()
    added = [one.name for one in before.wrong if one.kind == Kind.ADDED]
    return Round(began=runtime().clock.now().isoformat(), told=(*told, *added)[:MOST_NAMED])


def read(begin: Round, seconds: float) -> Piece:
    """Read on from where a round stands, for so long or to its end."""
    until = time.monotonic() + seconds
    piece = Piece(begin, after=begin.after)
    for shelf in SHELVES:
        if shelf < begin.after[:2]:
            continue
        for name, size, wrong in _shelf(shelf, begin.after):
            found = wrong or comparing.bytes_of(name)
            piece.wrong += [found] if found else []
            piece.whole += [] if found else [name]
            piece.after, piece.size = name, piece.size + size
            if time.monotonic() >= until or len(piece.wrong) >= MOST_IN_PIECE:
                return piece
    piece.ended = True
    return piece


def _shelf(shelf: str, after: str) -> list[tuple[str, int, Wrong | None]]:
    """What lies or should lie on a shelf, in order, with what is wrong before its bytes are read."""
    with reading(Everything("the scrub")) as session:
        rows = session.execute(
            select(Blob.sha256, Blob.size).where(Blob.sha256.between(shelf, f"{shelf}g"))
        ).all()
        session.rollback()
    sizes = {row.sha256: row.size for row in rows}
    present = runtime().evidence.hashes(shelf)
    wrong = {one.name: one for one in comparing.presence(sizes, present)}
    return [
        (name, 0 if name in wrong else sizes[name], wrong.get(name))
        for name in sorted(sizes.keys() | wrong.keys())
        if name > after
    ]


def keep(done: Deed, piece: Piece) -> Round:
    """Write down what a piece found: marks, records, one notice for what is new, and how far the round came."""
    now, before = piece.round(done.at), piece.before
    known = {*before.told, *(one.name for one in before.wrong)}
    fresh = _marked(done, piece)
    fresh += [one for one in piece.wrong if one.kind == Kind.ADDED and one.name not in known]
    for one in fresh:
        record = Deed(done.session, done.actor, "evidence.damaged", done.at)
        record.about("blob", one.name)
        record.detail = {"kind": one.kind} | ({"holds": one.holds} if one.holds else {})
        done.session.add(record.record())
    if fresh:
        _tell(done, fresh)
    upsert(done.session(), Remembered, {"name": _NAME, "value": now.to_json()})
    done.detail |= {"read": len(piece.whole) + len(piece.wrong), "wrong": len(piece.wrong)}
    return now


def _marked(done: Deed, piece: Piece) -> list[Wrong]:
    """Mark what is damaged and take the mark from what is whole; answers with what was not marked before."""
    marked = set(done.session.scalars(select(Blob.sha256).where(Blob.damaged_at.is_not(None))))
    bad = [one for one in piece.wrong if one.kind != Kind.ADDED and one.name not in marked]
    changes = ([one.name for one in bad], done.at), (sorted(marked.intersection(piece.whole)), None)
    for names, value in changes:
        for some in _batches(names):
            done.session.execute(update(Blob).where(Blob.sha256.in_(some)).values(damaged_at=value))
    return bad


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at once as a statement takes."""
    return (names[start : start + MOST_IN_PIECE] for start in range(0, len(names), MOST_IN_PIECE))


def _tell(done: Deed, fresh: Sequence[Wrong]) -> None:
    counts = Counter(one.kind for one in fresh)
    zh = "、".join(f"{KIND_TITLES[kind].zh} {number} 份" for kind, number in counts.items())
    en = ", ".join(f"{KIND_TITLES[kind].en}: {number}" for kind, number in counts.items())
    damage.tell(
        done,
        f"scrub:{fresh[0].name}",
        Text("佐证材料损坏", "Evidence damaged"),
        Text(
            f"巡检发现：{zh}。请管理员运行 dudao scrub 查看明细，并从备份恢复。",
            f"The scrub found: {en}. An administrator sees them all with dudao scrub, and restores from a backup.",
        ),
    )


def owe_scrub() -> int:
    """Owe the night's first piece; says whether it is new."""
    now = runtime().clock.now()
    if now.hour not in NIGHT:
        return 0
    key = f"{now:%Y-%m-%d}:1"
    with reading(Everything("the schedule")) as session:
        if owed_keys(session(), JOB, [key]):
            return 0
    with chore("task.run", "the schedule") as done:
        done.about("schedule", JOB)
        return int(owe(done.session(), JOB, key, {"night": f"{now:%Y-%m-%d}", "piece": 1}, done.at))


def prepare(payload: dict[str, Any]) -> Piece:
    """A piece for the worker: of the round under way, else of a new one with which the night begins."""
    standing = last()
    return read(standing if standing.under_way else begun(standing), PIECE)


def effect(done: Deed, payload: dict[str, Any], piece: Piece) -> None:
    """Keep it, and owe the next piece while the round and the night last."""
    now = keep(done, piece)
    if now.under_way and done.at.hour in NIGHT:
        following = payload | {"piece": payload["piece"] + 1}
        owe(done.session(), JOB, f"{payload['night']}:{following['piece']}", following, done.at)


def run(*, resume: bool, seconds: float = 10.0) -> Round:
    """A whole round from the command line, or the rest of the one under way."""
    standing = last()
    now = standing if resume and standing.under_way else begun(standing)
    while now.under_way:
        piece = read(now, seconds)
        with chore("task.run", "a scrub from the command line") as done:
            done.about("task", JOB)
            now = keep(done, piece)
    return now
