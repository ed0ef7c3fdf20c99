"""The load's own process, so that its work is not counted as the server's: one thread for each client.

Reads plans as lines of JSON from its standard input and writes what came of each to its standard output.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any

from core.bench.browser import Request, WrongAnswer, expect


class _Clients:
    """All clients start together; the first wrong answer stops them."""

    def __init__(self, port: int, limit: float, count: int) -> None:
        self.port, self.limit = port, limit
        self.start = threading.Barrier(count)
        self.times: list[float] = []
        self.moments: list[float] = []
        self.wrong: list[str] = []

    def send(self, requests: Sequence[Request]) -> None:
        """What one client does."""
        self.start.wait()
        began = time.perf_counter()
        self.moments.append(began)
        for request in requests:
            if self.wrong or time.perf_counter() - began > self.limit:
                break
            try:
                self.times.append(expect(self.port, request).seconds * 1000)
            except (WrongAnswer, OSError, HTTPException) as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
        self.moments.append(time.perf_counter())

    def outcome(self) -> dict[str, object]:
        if self.wrong or len(self.moments) < 2 * self.start.parties:
            return {"wrong": (self.wrong or ["a client ended early: see its message above"])[0]}
        return {"times": self.times, "seconds": max(self.moments) - min(self.moments)}


def _answer(asked: dict[str, Any]) -> dict[str, object]:
    """Carry out one plan."""
    plan = [[Request(**item) for item in own] for own in asked["plan"]]
    clients = _Clients(asked["port"], asked["limit"], len(plan))
    threads = [threading.Thread(target=clients.send, args=(own,), daemon=True) for own in plan]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients.outcome()


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
