"""The work that hangs on plugins, seen with any set of them switched on: what counts, what can be acted on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from core.domain.calendar import Period, periods
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.obligations import Interval
from core.domain.progress import Head
from core.services import campaigns
from core.services.runtime import runtime
from core.store.queries import plugin_work as queries
from core.store.queries import units
from core.store.queries.plugin_work import ReportCount, TallyKey

#: (duty's code, unit type)
Place = tuple[str, str]
#: What a unit has begun and not handed in, by the state that the office's list shows; drafts are shown to nobody.
BEGUN = {"draft": "draft", "withdrawn": "draft", "returned": "returned"}
WAITING = ("submitted", "in_review")


@dataclass(frozen=True)
class Work:
    """A census of all units, and what the campaign's tallies and unfinished reports say. Three statements."""

    campaign: CampaignFacts | None = None
    heads: tuple[Head, ...] = ()
    tallies: dict[TallyKey, tuple[int, int]] = field(default_factory=dict)
    reports: tuple[ReportCount, ...] = ()

    def units(self, duty: DutyRule, on: Collection[str]) -> int:
        """How many enabled units a duty binds while these plugins are on."""
        if duty.plugin not in on:
            return 0
        return sum(h.units for h in self._counted(on) if h.interval.ends is None and duty.binds(h.kind))

    def open(self, on: Collection[str]) -> Counter[Place]:
        """Obligations of periods under way that are not filed, while these plugins are on."""
        found: Counter[Place] = Counter()
        heads = list(self._counted(on))
        for duty, period in self._under_way(on):
            for head in heads:
                if period.ends in head.interval and duty.binds(head.kind):
                    found[duty.code, head.kind.unit_type] += head.units
            for unit_type in {head.kind.unit_type for head in heads}:
                filed, _waiting = self.tallies.get((unit_type, duty.code, period.key), (0, 0))
                found[duty.code, unit_type] -= filed
        return +found

    def waiting(self, plugin: str) -> int:
        """How many reports for a plugin's duties wait for review."""
        codes = {duty.code for duty in self._duties() if duty.plugin == plugin}
        return sum(
            waiting for (_type, code, _period), (_filed, waiting) in self.tallies.items() if code in codes
        )

    def movable(self, on: Collection[str]) -> Counter[tuple[Place, str]]:
        """Unfinished reports that somebody can act on while these plugins are on, by place and state.

        A unit needs its type and the duty to be on, an inspector the duty alone.
        """
        codes = {duty.code for duty in self._duties() if duty.plugin in on}
        owner = runtime().registry.owner_of_type
        found: Counter[tuple[Place, str]] = Counter()
        for row in self.reports:
            by_unit = row.state in BEGUN and row.enabled and owner.get(row.unit_type) in on
            if row.duty_code in codes and (by_unit or row.state in WAITING):
                found[(row.duty_code, row.unit_type), BEGUN.get(row.state, row.state)] += row.count
        return found

    def _duties(self) -> tuple[DutyRule, ...]:
        return self.campaign.duties if self.campaign else ()

    def _counted(self, on: Collection[str]) -> Iterator[Head]:
        owner = runtime().registry.owner_of_type
        return (head for head in self.heads if owner.get(head.kind.unit_type) in on)

    def _under_way(self, on: Collection[str]) -> Iterator[tuple[DutyRule, Period]]:
        if self.campaign is None:
            return
        today = runtime().clock.today()
        for duty in self.campaign.duties_of(on):
            for period in periods(duty.cadence, self.campaign.calendar):
                if period.starts <= today <= period.ends:
                    yield duty, period


def load(session: Session, *, reports: bool = True) -> Work:
    """What hangs on plugins now, over everything; `reports` may be left out where nobody asks what can be acted on."""
    campaign = campaigns.current()
    if campaign is None:
        return Work()
    registry = runtime().registry
    heads = tuple(
        Head("", registry.kind_ref(c.unit_type, c.kind), Interval(c.starts, c.ends), c.units)
        for c in units.census(session, prefix=0)
    )
    unfinished = tuple(queries.unfinished(session, campaign.id)) if reports else ()
    return Work(campaign, heads, queries.tallies(session, campaign.id), unfinished)
