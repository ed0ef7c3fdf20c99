"""The measurement: in every round a slice of the baseline, then a slice of the operation, close in time.

Whatever else the machine does disturbs both alike, so that their ratio stays what it is; the rounds' own
ratios show how well that held.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from core.bench import load, servers, world
from core.bench.load import Slice
from core.bench.operations import OPERATIONS, Operation, Site, baseline_plan
from core.bench.servers import Server

Say = Callable[[str], None]
#: As many requests as the server answers at a time: what warms up every one of its processes.
SEATS = servers.WORKERS * servers.THREADS


@dataclass(frozen=True)
class Effort:
    """How much is measured; `each` and `bare` say how many requests each of so many clients sends a round."""

    rounds: int
    each: dict[int, int]
    bare: dict[int, int]
    sizes: tuple[int, int]
    reporters: int
    warm_up: int


#: Many short rounds, so that what disturbs meets both sides of a ratio; in all, seconds of processor time each.
FULL = Effort(9, {1: 10, 8: 4}, {1: 80, 8: 20}, (100, 10_000), 40, 3)
QUICK = Effort(2, {1: 4, 8: 2}, {1: 20, 8: 6}, (100, 1_000), 8, 1)


@dataclass(frozen=True)
class Figures:
    """Milliseconds that clients saw, processor milliseconds a request, requests a second."""

    requests: int
    median_ms: float
    p95_ms: float
    cpu_ms: float
    per_second: float


@dataclass(frozen=True)
class Ratio:
    """An operation's figures over the baseline's; `median` is that of the medians' ratios round by round."""

    median: float
    p95: float
    cpu: float | None
    per_second: float
    rounds: list[float]


@dataclass(frozen=True)
class Result:
    operation: str
    clients: int
    reports: int
    figures: Figures
    baseline: Figures
    ratio: Ratio


@dataclass(frozen=True)
class Flatness:
    """How an operation's cost grows from few reports to many; 1 is flat."""

    operation: str
    clients: int
    reports: tuple[int, int]
    median_ms: tuple[float, float]
    median: float
    cpu: float | None
    rounds: list[float]


@dataclass(frozen=True)
class Report:
    results: list[Result]
    flatness: list[Flatness]


def run(effort: Effort, names: Sequence[str], folder: Path | None, say: Say) -> Report:
    """Measure the operations named; afterwards its folder is removed and its servers are ended."""
    chosen = [operation for name, operation in OPERATIONS.items() if name in names]
    flat = any(operation.flat for operation in chosen)
    sizes = effort.sizes if flat else effort.sizes[1:]
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dudao-bench-", dir=folder)))
        say(f"making an installation with {sizes[-1]} waiting reports")
        worlds = world.build(data, sizes, reporters=effort.reporters, inspectors=max(*effort.each, SEATS))
        bench = _Bench(
            effort,
            stack.enter_context(load.clients()),
            bare=stack.enter_context(servers.baseline(data)),
            sites=[Site(stack.enter_context(servers.product(each.settings)), each) for each in worlds],
            say=say,
        )
        for operation in chosen:
            for clients in effort.each:
                bench.measure(operation, clients)
        return Report(bench.results, bench.flatness)


class _Bench:
    """The running servers and what was found so far. The last site is the one with all reports."""

    def __init__(
        self, effort: Effort, clients: load.Clients, bare: Server, sites: list[Site], say: Say
    ) -> None:
        self.effort, self.clients, self.bare, self.sites, self.say = effort, clients, bare, sites, say
        self.results: list[Result] = []
        self.flatness: list[Flatness] = []

    def measure(self, operation: Operation, clients: int) -> None:
        self.say(f"{operation.name}, {clients} client{'s' if clients > 1 else ''}")
        sites = self.sites if operation.flat else self.sites[-1:]
        self._warm_up(operation, sites)
        bare: list[Slice] = []
        slices: list[list[Slice]] = [[] for _ in sites]
        for _round in range(self.effort.rounds):
            plan = baseline_plan(operation.baseline, clients, self.effort.bare[clients])
            bare.append(self.clients.run(self.bare, plan))
            for site, own in zip(sites, slices, strict=True):
                plan = operation.plan(site, clients, self.effort.each[clients])
                own.append(self.clients.run(site.server, plan))
        self._conclude(operation, clients, bare, slices)

    def _warm_up(self, operation: Operation, sites: Sequence[Site]) -> None:
        """Every process of the servers has done the work once, e.g. compiled the templates."""
        self.clients.run(self.bare, baseline_plan(operation.baseline, SEATS, self.effort.warm_up))
        for site in sites:
            self.clients.run(site.server, operation.plan(site, SEATS, self.effort.warm_up))

    def _conclude(
        self, operation: Operation, clients: int, bare: list[Slice], slices: list[list[Slice]]
    ) -> None:
        many = slices[-1]
        figures, base = summary(many), summary(bare)
        rounds = _by_round(many, bare)
        ratio = Ratio(
            median=median(rounds),
            p95=figures.p95_ms / base.p95_ms,
            cpu=_over(figures.cpu_ms, base.cpu_ms),
            per_second=figures.per_second / base.per_second,
            rounds=rounds,
        )
        self.results.append(Result(operation.name, clients, self.effort.sizes[-1], figures, base, ratio))
        if operation.flat:
            few, rounds = summary(slices[0]), _by_round(many, slices[0])
            self.flatness.append(
                Flatness(
                    operation.name,
                    clients,
                    self.effort.sizes,
                    (few.median_ms, figures.median_ms),
                    median=median(rounds),
                    cpu=_over(figures.cpu_ms, few.cpu_ms),
                    rounds=rounds,
                )
            )


def summary(slices: Sequence[Slice]) -> Figures:
    """The figures of several slices taken together."""
    times = sorted(time for each in slices for time in each.times)
    return Figures(
        requests=len(times),
        median_ms=median(times),
        p95_ms=times[math.ceil(len(times) * 0.95) - 1],
        cpu_ms=sum(each.cpu for each in slices) * 1000 / len(times),
        per_second=len(times) / sum(each.seconds for each in slices),
    )


def _by_round(above: Sequence[Slice], below: Sequence[Slice]) -> list[float]:
    return [median(a.times) / median(b.times) for a, b in zip(above, below, strict=True)]


def _over(above: float, below: float) -> float | None:
    """None where so little was measured that the processor's clock did not move."""
    return above / below if below else None
