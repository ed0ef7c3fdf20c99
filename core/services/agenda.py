"""What a unit has to do now: its obligations with their standing, most urgent first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

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
    """An obligation as the unit sees it, with the report to go on with, if any."""

    obligation: Obligation
    standing: Standing
    urgency: Urgency
    due_at: datetime
    open_report: ReportBrief | None
    reports: tuple[ReportBrief, ...]


@dataclass(frozen=True)
class Agenda:
    """A unit's items: `now` is what it must or may do today, by urgency; `done` what it has filed or had accepted."""

    now: tuple[Item, ...]
    waiting: tuple[Item, ...]
    done: tuple[Item, ...]
    later: tuple[Item, ...]
    items: tuple[Item, ...]

    @property
    def returned(self) -> tuple[Item, ...]:
        return tuple(item for item in self.now if item.urgency == "returned")


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
    return Agenda(
        now=tuple(i for i in items if i.urgency in ("returned", "overdue", "due_today", "due_now")),
        waiting=tuple(i for i in items if i.urgency == "waiting"),
        done=tuple(i for i in items if i.urgency == "done"),
        later=tuple(i for i in items if i.urgency == "later"),
        items=tuple(items),
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
