"""One slice of load on a server: what its clients saw and what its processes used."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from core import parent
from core.bench.browser import Request, WrongAnswer
from core.bench.servers import Server, python_environment

#: Each client's requests, one after the other.
Plan = Sequence[Sequence[Request]]

#: Seconds that a slice may last; a client that is not through by then leaves the rest.
LIMIT = 60.0


@dataclass(frozen=True)
class Slice:
    """Milliseconds of every request, seconds from the first beginning to the last end, processor seconds."""

    times: list[float]
    seconds: float
    cpu: float


class Clients:
    """The process that sends: see `client`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def run(self, server: Server, plan: Plan) -> Slice:
        """Send each client's requests, the clients side by side.

        Raises WrongAnswer when one answer was not the one that was asked for.
        """
        server.checkpoint()
        before = server.cpu_seconds()
        told = self._ask(server.port, plan)
        if "wrong" in told:
            raise WrongAnswer(told["wrong"])
        return Slice(told["times"], told["seconds"], server.cpu_seconds() - before)

    def _ask(self, port: int, plan: Plan) -> dict[str, Any]:
        """One line there, one line back; every request has its own limit, so that the answer comes."""
        assert self.process.stdin is not None and self.process.stdout is not None
        asked = {"port": port, "limit": LIMIT, "plan": [[asdict(each) for each in own] for own in plan]}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        told: dict[str, Any] = json.loads(said or '{"wrong": "the clients ended without an answer"}')
        return told


@contextmanager
def clients() -> Iterator[Clients]:
    """A process for the clients, which ends with this block, or with this process."""
    with subprocess.Popen(
        parent.command([sys.executable, "-P", "-m", "core.bench.client"]),
        env=python_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Clients(process)
        finally:
            process.kill()
