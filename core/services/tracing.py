"""Seeing what plugins were asked, by requests and jobs: for developers, only where DUDAO_TRACE is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.extend import trace
from core.extend.trace import Call, Traced
from core.services.runtime import runtime

FILE = "plugin-trace.jsonl"


def is_on() -> bool:
    return runtime().settings.trace


def listen() -> list[Call]:
    """Collect the calls of a request from now on."""
    return trace.listen()


def keep(what: str, calls: list[Call]) -> None:
    """Put the calls of one request or job on record; nothing where no plugin was asked."""
    if calls:
        runtime().settings.run_dir.mkdir(parents=True, exist_ok=True)
        at = f"{runtime().clock.now():%Y-%m-%d %H:%M:%S}"
        trace.write(runtime().settings.run_dir / FILE, at, what, calls)


@contextmanager
def traced_job(what: str) -> Iterator[None]:
    """Trace a job of the worker, where tracing is on."""
    if not is_on():
        yield
        return
    with trace.listening() as calls:
        try:
            yield
        finally:
            keep(what, calls)


def recent() -> list[Traced]:
    """The last requests and jobs in which plugins were asked, the newest first."""
    return trace.read(runtime().settings.run_dir / FILE)
