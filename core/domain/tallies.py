"""What one obligation adds to its tally leaf.

A leaf is (campaign, region, unit kind, duty, period). A transition changes its leaf by the difference of two
contributions, so that the sum over all obligations always equals a recount (design idea 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from core.domain.duties import DutyRule
from core.domain.obligations import Filing, standing


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a leaf, or of any sum of leaves.

    `units_*` count obligations, one for each unit: filed (the unit has done its part), done (accepted), late
    (filled only by a late report). `reports_*` count reports by what they wait for.
    """

    units_filed: int = 0
    units_done: int = 0
    units_late: int = 0
    reports_waiting: int = 0
    reports_returned: int = 0
    reports_accepted: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)))

    def __sub__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(Tally)))

    def counts(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(Tally)}


@dataclass(frozen=True, slots=True)
class Counted:
    """A report as the tally sees it: its filing and its metrics in smallest units."""

    filing: Filing
    metrics: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one obligation's reports add to the leaf: counts, and sums of accepted reports' metrics."""

    tally: Tally = field(default_factory=Tally)
    metrics: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Contribution) -> Contribution:
        names = {*self.metrics, *other.metrics}
        sums = {name: self.metrics.get(name, 0) + other.metrics.get(name, 0) for name in names}
        return Contribution(self.tally + other.tally, {name: total for name, total in sums.items() if total})

    def __sub__(self, other: Contribution) -> Contribution:
        names = {*self.metrics, *other.metrics}
        change = {name: self.metrics.get(name, 0) - other.metrics.get(name, 0) for name in names}
        return Contribution(self.tally - other.tally, {name: by for name, by in change.items() if by})

    def __bool__(self) -> bool:
        return bool(self.metrics) or self.tally != Tally()


def contribution(duty: DutyRule, needed: int, reports: Iterable[Counted]) -> Contribution:
    """What a unit's reports for one duty and period add. Work done counts even where nothing is owed any more."""
    known = tuple(reports)
    states = Counter(report.filing.state for report in known)
    how = standing(duty, needed, (report.filing for report in known))
    sums: Counter[str] = Counter()
    for report in known:
        if report.filing.state == "accepted":
            sums.update(report.metrics)
    owes = needed > 0
    return Contribution(
        Tally(
            units_filed=int(owes and how.is_filed),
            units_done=int(owes and how.is_done),
            units_late=int(owes and how.is_filed and how.late),
            reports_waiting=states["submitted"] + states["in_review"],
            reports_returned=states["returned"],
            reports_accepted=states["accepted"],
        ),
        {name: total for name, total in sums.items() if total},
    )
