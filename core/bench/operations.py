"""What is measured: each operation prepares its clients' requests, outside of the measured time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle

from core.bench.baseline import INSERT, TABLE
from core.bench.browser import Browser, Request, WrongAnswer
from core.bench.load import Plan
from core.bench.servers import BenchError, Server
from core.bench.world import OFFICE, Opening, World


@dataclass
class Site:
    """A running installation with its people's browsers, and what has not been used up of it yet."""

    server: Server
    world: World
    browsers: dict[str, Browser] = field(default_factory=dict)
    openings: Iterator[Opening] = field(init=False)
    pending: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.openings = iter(self.world.openings)
        self.pending = iter(self.world.pending)

    def browser(self, login: str, seat: int = 0) -> Browser:
        """A signed-in browser of a person; each `seat` has its own."""
        key = f"{login}/{seat}"
        if key not in self.browsers:
            self.browsers[key] = Browser.signed_in(self.server.port, login, self.world.password)
        return self.browsers[key]

    def opening(self) -> Opening:
        found = next(self.openings, None)
        if found is None:
            raise BenchError("every obligation is used up: measure fewer requests")
        return found

    def waiting(self) -> str:
        """The id of the report that has waited longest."""
        found = next(self.pending, None)
        if found is None:
            raise BenchError("every waiting report is used up: measure fewer requests")
        return found


#: Makes the plan of so many clients with so many requests each.
Planner = Callable[[Site, int, int], Plan]


@dataclass(frozen=True)
class Operation:
    """A kind of request, its baseline, and whether its cost must not grow with the number of reports."""

    name: str
    baseline: str
    plan: Planner
    flat: bool = False


def submit(site: Site, clients: int, each: int) -> Plan:
    """Fill a new report, attach photographs of one megabyte, hand it in: one request."""

    def one() -> Request:
        opening = site.opening()
        person = site.browser(opening.login)
        return person.posting(opening.path, [*opening.fields, ("do", "submit")], opening.photos)

    return [[one() for _ in range(each)] for _ in range(clients)]


def attach(site: Site, clients: int, each: int) -> Plan:
    """Add one photograph of one megabyte to a draft."""
    return [list(_attaching(site, each)) for _ in range(clients)]


def _attaching(site: Site, each: int) -> Iterator[Request]:
    room = site.world.files_at_most
    for start in range(0, each, room):
        opening = site.opening()
        person = site.browser(opening.login)
        path = person.post(opening.path, [*opening.fields, ("do", "save")]).location
        if not path:
            raise WrongAnswer("the draft's address is missing")
        for version in range(1, min(room, each - start) + 1):
            fields = [*opening.fields, ("do", "save"), ("version", str(version))]
            yield person.posting(path, fields, photos=1)


def accept(site: Site, clients: int, each: int) -> Plan:
    """Accept a report; claiming it comes before and is not measured."""
    return [[_accepting(site, seat) for _ in range(each)] for seat in range(clients)]


def _accepting(site: Site, seat: int) -> Request:
    report_id = site.waiting()
    inspector = site.browser(site.world.inspectors[seat])
    inspector.post(f"/review/{report_id}/claim", [])
    return inspector.posting(f"/review/{report_id}/accept", [("version", "2")])


def _pages(whose: Callable[[World], dict[str, str]]) -> Planner:
    """The same page again and again, each client signed in by itself; `whose` gives a path for each login."""

    def plan(site: Site, clients: int, each: int) -> Plan:
        found: list[list[Request]] = []
        for seat, (login, path) in zip(range(clients), cycle(whose(site.world).items()), strict=False):
            found.append([Request("GET", path, cookie=site.browser(login, seat).cookie)] * each)
        return found

    return plan


_READS = {
    "queue": _pages(lambda world: dict.fromkeys(world.inspectors, "/review/")),
    "listing": _pages(lambda _world: {OFFICE: "/office/reports"}),
    "home": _pages(lambda world: world.homes),
    "dashboard": _pages(lambda _world: {OFFICE: "/office/"}),
}
#: All operations by name; those that read come first, since the others use up what waits.
OPERATIONS = {
    operation.name: operation
    for operation in (
        *(Operation(name, TABLE, plan, name in ("queue", "listing")) for name, plan in _READS.items()),
        Operation("submit", INSERT, submit),
        Operation("attach", INSERT, attach),
        Operation("accept", INSERT, accept),
    )
}


def baseline_plan(path: str, clients: int, each: int) -> Plan:
    """The bare application's requests."""
    if path == TABLE:
        return [[Request("GET", TABLE)] * each for _ in range(clients)]
    return [
        [Request("POST", INSERT, 201, fields=[("number", str(seat * each + n))]) for n in range(each)]
        for seat in range(clients)
    ]
