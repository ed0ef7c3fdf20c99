"""One slice of load on a server: what its clients saw and what its processes used."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core import parent
from core.bench.browser import Request, WrongAnswer
from core.bench.servers import Server, python_environment

#: Each client's requests, one after the other.
Plan = Sequence[Sequence[Request]]

#: Seconds that a slice may last; a client that is not through by then leaves the rest.
LIMIT = 60.0
#: Seconds on top of it for starting and for the last answers.
_GRACE = 90.0


@dataclass(frozen=True)
class Slice:
    """Milliseconds of every request, seconds from the first beginning to the last end, processor seconds."""

    times: list[float]
    seconds: float
    cpu: float


def run(server: Server, plan: Plan) -> Slice:
    """Let a new process send the requests, the clients side by side.

    Raises WrongAnswer when one answer was not the one that was asked for.
    """
    server.checkpoint()
    before = server.cpu_seconds()
    told = json.loads(_send(server.port, plan) or '{"wrong": "the clients ended without an answer"}')
    if "wrong" in told:
        raise WrongAnswer(told["wrong"])
    return Slice(told["times"], told["seconds"], server.cpu_seconds() - before)


def _send(port: int, plan: Plan) -> str:
    asked = {"port": port, "limit": LIMIT, "plan": [[asdict(request) for request in own] for own in plan]}
    with subprocess.Popen(
        parent.command([sys.executable, "-P", "-m", "core.bench.client"]),
        env=python_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(json.dumps(asked), timeout=LIMIT + _GRACE)[0]
        finally:
            process.kill()
