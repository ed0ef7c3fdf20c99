"""Many at once: threads that begin together, each with an application context of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

from core.domain.errors import DudaoError
from tests.services.helpers import context

Answer = TypeVar("Answer")


def together(app: Flask, jobs: Iterable[Callable[[], Answer]]) -> list[Answer | DudaoError]:
    """Run all jobs at the same moment; a refusal is an answer, anything else an error of the test."""
    waiting = list(jobs)
    barrier = threading.Barrier(len(waiting))

    def run(job: Callable[[], Answer]) -> Answer | DudaoError:
        with context(app):
            barrier.wait()
            try:
                return job()
            except DudaoError as refusal:
                return refusal

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))
