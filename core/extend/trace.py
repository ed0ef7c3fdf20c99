"""Seeing what plugins are asked: each call with plugin, hook, time and result, while somebody listens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path

#: A trace file that has grown so long begins anew.
LONGEST_FILE = 1024 * 1024


@dataclass(frozen=True)
class Call:
    """One call of a plugin. `result` is a word or two: a type, a count, or what went wrong."""

    plugin: str
    hook: str
    milliseconds: float
    result: str


_heard: ContextVar[list[Call] | None] = ContextVar("plugin_calls", default=None)


@contextmanager
def listening() -> Iterator[list[Call]]:
    """Collect the calls made inside."""
    calls: list[Call] = []
    token = _heard.set(calls)
    try:
        yield calls
    finally:
        _heard.reset(token)


def listen() -> list[Call]:
    """Collect from now to the end of the context, e.g. of a request."""
    calls: list[Call] = []
    _heard.set(calls)
    return calls


@contextmanager
def traced(plugin: str, hook: str) -> Iterator[list[str]]:
    """Note a call; the body may append a word about its result."""
    calls = _heard.get()
    if calls is None:
        yield []
        return
    began, words = time.perf_counter(), []  # type: ignore[var-annotated]
    try:
        yield words
    except BaseException as error:
        words.append(f"{type(error).__name__}: {error}"[:200])
        raise
    finally:
        took = (time.perf_counter() - began) * 1000
        calls.append(Call(plugin, hook, took, "; ".join(map(str, words)) or "done"))


@dataclass(frozen=True)
class Traced:
    """A request or job in which plugins were asked."""

    at: str
    what: str
    calls: tuple[Call, ...]


def write(path: Path, at: str, what: str, calls: list[Call]) -> None:
    """Add a line to the trace file, which several processes share."""
    if path.exists() and path.stat().st_size > LONGEST_FILE:
        path.unlink(missing_ok=True)
    line = json.dumps({"at": at, "what": what, "calls": [asdict(call) for call in calls]}, ensure_ascii=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def read(path: Path, at_most: int = 100) -> list[Traced]:
    """The last entries of a trace file, the newest first."""
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()[-at_most:]
    found = [json.loads(line) for line in reversed(lines)]
    return [Traced(t["at"], t["what"], tuple(Call(**call) for call in t["calls"])) for t in found]
