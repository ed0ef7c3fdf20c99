"""What switching units would do, counted before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from core.domain.access import Actor
from core.domain.calendar import Period, periods
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule, KindRef
from core.domain.obligations import Interval, needed, standing
from core.domain.units import switched
from core.domain.workflow import State
from core.services import campaigns, plugins
from core.services.choices import Choice, refuse_missing, scope_of
from core.services.runtime import runtime
from core.services.work import reading
from core.store.queries import filings, units
from core.store.queries import switching as queries

#: How many names are listed.
NAMES = 50
#: (duty code, period key), and how many reports it takes.
Owed = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Preview:
    """How many units would change and stand so already, and what those that would change hold.

    `obligations`: of periods under way, not filed; switched off, the units owe them no longer, switched on, they
    begin to. `begun`: reports not handed in (draft, returned, withdrawn). `waiting`: reports not decided on.
    """

    on: bool
    changing: int
    already: int
    obligations: int
    begun: int
    waiting: int
    first: tuple[tuple[int, str], ...]


def preview(actor: Actor, choice: Choice, on: bool) -> Preview:
    """What switching the chosen units would do. Raises Missing where a unit that is named is not the actor's."""
    campaign = campaigns.current()
    with reading(scope_of(actor)) as scoped:
        session = scoped()
        refuse_missing(session, choice)
        found = queries.split(session, choice.which())
        changing = choice.which() & (~units.is_on() if on else units.is_on())
        states = queries.reports_by_state(session, changing, campaign.id) if campaign else {}
        return Preview(
            on=on,
            changing=found.get(not on, 0),
            already=found.get(on, 0),
            obligations=_unfiled(session, campaign, changing, on) if campaign else 0,
            begun=sum(states.get(state, 0) for state in (State.DRAFT, State.RETURNED, State.WITHDRAWN)),
            waiting=sum(states.get(state, 0) for state in (State.SUBMITTED, State.IN_REVIEW)),
            first=tuple(queries.first(session, changing, NAMES)),
        )


def _unfiled(session: Session, campaign: CampaignFacts, which: ColumnElement[bool], on: bool) -> int:
    """How many obligations of periods under way the units have not filed, or will have to once they are on."""
    today = runtime().clock.today()
    running = list(_under_way(campaign, plugins.on(), today))
    owed = _owed(session, which, running, today if on else None)
    duties = {duty.code: duty for duty in campaign.duties}
    asked = which & filings.in_periods(period.key for _duty, period in running)
    filed = 0
    for found in filings.standings(session, campaign.id, duties, asked):
        key = found.leaf.duty_code, found.leaf.period_key
        count = owed.get(found.unit_id, {}).get(key, 0)
        how = standing(duties[key[0]], count, (report.filing for report in found.reports))
        filed += bool(count) and how.is_filed
    return sum(map(len, owed.values())) - filed


def _under_way(
    campaign: CampaignFacts, plugins_on: frozenset[str], today: date
) -> Iterator[tuple[DutyRule, Period]]:
    """The duties that count now, with their periods that today lies in."""
    for duty in campaign.duties_of(plugins_on):
        for period in periods(duty.cadence, campaign.calendar):
            if period.starts <= today <= period.ends:
                yield duty, period


def _owed(
    session: Session,
    which: ColumnElement[bool],
    running: list[tuple[DutyRule, Period]],
    enabled_on: date | None,
) -> dict[int, Owed]:
    """What each unit owes of the periods under way, as if it were enabled on a day where one is given."""
    registry, plugins_on = runtime().registry, plugins.on()
    intervals = filings.all_intervals(session, queries.their_intervals(which))
    # Thousands of units, but few kinds and few dates: what is owed is found out once for each.
    known: dict[tuple[KindRef, tuple[Interval, ...]], Owed] = {}
    owed: dict[int, Owed] = {}
    for unit_id, unit_type, kind in queries.kinds(session, which):
        if registry.owner_of_type.get(unit_type) in plugins_on:
            spans = intervals[unit_id]
            key = (
                registry.kind_ref(unit_type, kind),
                tuple(switched(spans, True, enabled_on) if enabled_on else spans),
            )
            if key not in known:
                known[key] = _owed_by(*key, running)
            owed[unit_id] = known[key]
    return owed


def _owed_by(kind: KindRef, intervals: tuple[Interval, ...], running: list[tuple[DutyRule, Period]]) -> Owed:
    counts = {
        (duty.code, period.key): needed(duty, period, intervals)
        for duty, period in running
        if duty.binds(kind)
    }
    return {key: count for key, count in counts.items() if count}
