"""How many self-service terminals carry a notice (BNK-04), outlet by outlet; what is not reported is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.api import Data, Member, ReportFact
from plugins.banks.duties import OUTLET

DUTY = "BNK-04"
COUNTED = ("submitted", "in_review", "accepted")
SEEN = (*COUNTED, "returned")
#: How many reports are read at most; far more than a province has.
MOST_REPORTS = 10_000

State = Literal["unknown", "returned", "some", "all", "no_terminals"]
_ORDER: tuple[State, ...] = ("unknown", "returned", "some", "all", "no_terminals")


@dataclass(frozen=True)
class Outlet:
    """An outlet and what it reported; `total` and `done` are None where nothing that counts was reported."""

    unit: Member
    state: State
    total: int | None = None
    done: int | None = None
    report: str = ""

    @property
    def left(self) -> int:
        return (self.total or 0) - (self.done or 0)


@dataclass(frozen=True)
class Totals:
    """Sums over outlets; terminals are those of the outlets that reported."""

    outlets: int
    covered: int
    partly: int
    unknown: int
    total: int
    done: int

    @property
    def known(self) -> int:
        return self.outlets - self.unknown


def outlets(data: Data, region: str | None = None) -> list[Outlet]:
    """The outlets in sight: unknown ones first, then those with most terminals left."""
    units = [unit for unit in data.units(region=region) if unit.kind == OUTLET.key]
    if not units:
        return []
    newest: dict[int, ReportFact] = {}
    for report in data.reports(DUTY, states=SEEN, at_most=MOST_REPORTS):
        newest.setdefault(report.unit.id, report)
    found = [outlet(unit, newest.get(unit.id)) for unit in units]
    return sorted(found, key=lambda item: (_ORDER.index(item.state), -item.left))


def outlet(unit: Member, report: ReportFact | None) -> Outlet:
    if report is None:
        return Outlet(unit, "unknown")
    total, done = report.record.get("terminals_total"), report.record.get("terminals_done")
    if report.state not in COUNTED:
        return Outlet(unit, "returned", report=report.id)
    if not isinstance(total, int) or not isinstance(done, int):
        return Outlet(unit, "unknown", report=report.id)
    state: State = "no_terminals" if not total else "all" if done >= total else "some"
    return Outlet(unit, state, total, done, report.id)


def totals(found: Sequence[Outlet]) -> Totals:
    states = [item.state for item in found]
    return Totals(
        outlets=len(found),
        covered=states.count("all") + states.count("no_terminals"),
        partly=states.count("some"),
        unknown=states.count("unknown") + states.count("returned"),
        total=sum(item.total or 0 for item in found),
        done=sum(item.done or 0 for item in found),
    )
