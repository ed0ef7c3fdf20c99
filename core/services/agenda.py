"""What a unit has to do now: its obligations with their standing, most urgent first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from core.domain.access import Everything
from core.domain.calendar import Period
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.obligations import (
    URGENCIES,
    Obligation,
    Standing,
    Urgency,
    needed,
    owed,
    standing,
    urgency,
)
from core.domain.units import UnitFacts
from core.services.runtime import runtime
from core.services.work import reading
from core.store.queries import reports
from core.store.queries.reports import ReportBrief


@dataclass(frozen=True)
class Item:
    """An obligation as the unit sees it, with the report to go on with, if any.

    `current` marks the period under way: the last of its duty that has begun.
    """

    obligation: Obligation
    standing: Standing
    urgency: Urgency
    due_at: datetime
    open_report: ReportBrief | None
    reports: tuple[ReportBrief, ...]
    current: bool = False


@dataclass(frozen=True)
class Totals:
    """Reports that the whole campaign asks of a unit, by how they stand; more than asked for do not count."""

    needed: int = 0
    accepted: int = 0
    waiting: int = 0
    returned: int = 0
    overdue: int = 0

    @property
    def to_come(self) -> int:
        """Not filed, and not yet late."""
        return self.needed - self.accepted - self.waiting - self.returned - self.overdue


@dataclass(frozen=True)
class Agenda:
    """A unit's items, most urgent first, and the cuts of them that its home page shows."""

    items: tuple[Item, ...]

    def _of(self, *urgencies: Urgency) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.urgency in urgencies)

    @property
    def returned(self) -> tuple[tuple[Item, ReportBrief], ...]:
        """Every report that came back, even where its obligation is filled by others."""
        return tuple((i, report) for i in self.items for report in i.reports if report.state == "returned")

    @property
    def overdue(self) -> tuple[tuple[Item, ...], ...]:
        """What is overdue, the periods of a duty together."""
        return self.by_duty(self._of("overdue"))

    @property
    def today(self) -> tuple[Item, ...]:
        return self._of("due_today")

    @property
    def soon(self) -> tuple[Item, ...]:
        return self._of("due_now")

    @property
    def waiting(self) -> tuple[Item, ...]:
        return self._of("waiting")

    @property
    def done(self) -> tuple[Item, ...]:
        return self._of("done")

    @property
    def later(self) -> tuple[Item, ...]:
        return self._of("later")

    @property
    def to_do(self) -> int:
        """How many cards ask the unit to act."""
        return len(self.returned) + len(self.overdue) + len(self.today) + len(self.soon)

    @property
    def calendars(self) -> tuple[dict[date, Item], ...]:
        """For each daily duty its items by day."""
        daily = self.by_duty(tuple(i for i in self.items if i.obligation.period.kind == "day"))
        return tuple({item.obligation.period.starts: item for item in items} for items in daily)

    @property
    def totals(self) -> Totals:
        return totals(self.items)

    @staticmethod
    def by_duty(items: tuple[Item, ...]) -> tuple[tuple[Item, ...], ...]:
        """Items of one duty together, by period; the duties in the order of their first item."""
        groups: dict[str, list[Item]] = {}
        for item in items:
            groups.setdefault(item.obligation.duty.code, []).append(item)
        return tuple(
            tuple(sorted(group, key=lambda i: i.obligation.period.number)) for group in groups.values()
        )


def totals(items: tuple[Item, ...]) -> Totals:
    """Add up how a unit's obligations stand, report by report."""
    needed = accepted = waiting = returned = overdue = 0
    for item in items:
        how = item.standing
        filed, passed = min(how.filed, how.needed), min(how.accepted, how.needed)
        back = min(how.returned, how.needed - filed)
        needed, accepted, waiting, returned = (
            needed + how.needed,
            accepted + passed,
            waiting + filed - passed,
            returned + back,
        )
        if item.urgency == "overdue":
            overdue += how.needed - filed - back
    return Totals(needed, accepted, waiting, returned, overdue)


def of_unit(campaign: CampaignFacts, unit: UnitFacts, plugins_on: Collection[str]) -> Agenda:
    """Everything that a unit owes in the campaign and how it stands now."""
    clock = runtime().clock
    now = clock.now()
    kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
    with reading(Everything("the unit's own page, which its guard has opened")) as session:
        briefs = reports.of_unit(session(), campaign.id, unit.id)
    by_key: defaultdict[tuple[str, str], list[ReportBrief]] = defaultdict(list)
    for brief in briefs:
        by_key[brief.duty_code, brief.period_key].append(brief)
    items = [
        _item(obligation, by_key[obligation.key], now)
        for obligation in owed(campaign.duties_of(plugins_on), kind, unit.intervals, campaign.calendar)
    ]
    items.sort(key=lambda item: (URGENCIES.index(item.urgency), item.due_at, item.obligation.duty.code))
    latest = {i.obligation.duty.code: 0 for i in items}
    for item in items:
        if item.urgency != "later":
            code = item.obligation.duty.code
            latest[code] = max(latest[code], item.obligation.period.number)
    return Agenda(
        tuple(replace(i, current=i.obligation.period.number == latest[i.obligation.duty.code]) for i in items)
    )


def _item(obligation: Obligation, its_reports: list[ReportBrief], now: datetime) -> Item:
    zone = runtime().clock.zone
    how = standing(obligation.duty, obligation.needed, (report.filing() for report in its_reports))
    back = [report for report in its_reports if report.state == "returned"]
    drafts = [report for report in its_reports if report.state in ("draft", "withdrawn")]
    return Item(
        obligation=obligation,
        standing=how,
        urgency=urgency(obligation, how, now),
        due_at=obligation.due_at(zone),
        open_report=next(iter(back + drafts), None),
        reports=tuple(its_reports),
    )


def owes(unit: UnitFacts, duty: DutyRule, period: Period) -> bool:
    """Whether the unit owes the duty in the period at all."""
    kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
    return duty.binds(kind) and needed(duty, period, unit.intervals) > 0
