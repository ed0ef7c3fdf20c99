"""What a unit owes and how far it has come: computed, never stored as rows (design idea 2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal

from core.domain.calendar import Calendar, Period, due_at, periods, quota
from core.domain.duties import DutyRule, KindRef


@dataclass(frozen=True, slots=True)
class Interval:
    """Days on which a unit is enabled, from `starts` up to and without `ends`; open-ended without one."""

    starts: date
    ends: date | None = None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.starts <= day and (self.ends is None or day < self.ends)


def is_enabled(intervals: Iterable[Interval]) -> bool:
    """Whether a unit may act now: one of its intervals is open."""
    return any(interval.ends is None for interval in intervals)


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty that a unit owes in a period, and how many reports it takes."""

    duty: DutyRule
    period: Period
    needed: int

    @property
    def key(self) -> tuple[str, str]:
        return self.duty.code, self.period.key

    def due_at(self, zone: tzinfo) -> datetime:
        return due_at(self.period, self.duty.grace, zone)


def enabled_days(period: Period, intervals: Iterable[Interval]) -> int:
    """On how many of the period's days the unit is enabled."""
    total = 0
    for interval in intervals:
        first = max(period.starts, interval.starts)
        past_last = period.ends.toordinal() + 1
        if interval.ends is not None:
            past_last = min(past_last, interval.ends.toordinal())
        total += max(0, past_last - first.toordinal())
    return total


def needed(duty: DutyRule, period: Period, intervals: Collection[Interval]) -> int:
    """How many reports a unit owes: 0 unless it is enabled on the period's last day.

    A week in which it was enabled for some days only is prorated and rounded up, like a week that the campaign
    cuts (ours).
    """
    if not any(period.ends in interval for interval in intervals):
        return 0
    return quota(duty.cadence.times, period, enabled_days(period, intervals))


def owed(
    duties: Iterable[DutyRule], kind: KindRef, intervals: Collection[Interval], calendar: Calendar
) -> Iterator[Obligation]:
    """Everything that a unit of this kind owes in the campaign, in the duties' order."""
    for duty in duties:
        if not duty.binds(kind):
            continue
        for period in periods(duty.cadence, calendar):
            count = needed(duty, period, intervals)
            if count:
                yield Obligation(duty, period, count)


#: How a report stands, seen from its obligation. Drafts and withdrawn reports do not count.
FILED_STATES = frozenset({"submitted", "in_review", "accepted"})


@dataclass(frozen=True, slots=True)
class Filing:
    """What an obligation needs to know of one report."""

    state: str
    late: bool = False
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """How an obligation stands: reports filed, accepted, returned, and topics still missing."""

    needed: int
    filed: int
    accepted: int
    returned: int
    late: bool
    topics_missing: frozenset[str]
    topics_unaccepted: frozenset[str]

    @property
    def is_filed(self) -> bool:
        """The unit has done its part; acceptance may still be to come."""
        return self.filed >= self.needed and not self.topics_missing

    @property
    def is_done(self) -> bool:
        """Enough reports were accepted."""
        return self.accepted >= self.needed and not self.topics_unaccepted


def standing(duty: DutyRule, needed: int, filings: Iterable[Filing]) -> Standing:
    """How the obligation stands. It is late when it took a late report to fill it."""
    known = tuple(filings)
    filed = [filing for filing in known if filing.state in FILED_STATES]
    accepted = [filing for filing in filed if filing.state == "accepted"]
    on_time = [filing for filing in filed if not filing.late]
    wanted = duty.topics()

    def missing(reports: list[Filing]) -> frozenset[str]:
        return wanted.difference(*(report.topics for report in reports))

    def fills(reports: list[Filing]) -> bool:
        return len(reports) >= needed and not missing(reports)

    return Standing(
        needed=needed,
        filed=len(filed),
        accepted=len(accepted),
        returned=sum(filing.state == "returned" for filing in known),
        late=fills(filed) and not fills(on_time),
        topics_missing=missing(filed),
        topics_unaccepted=missing(accepted),
    )


Urgency = Literal["returned", "overdue", "due_today", "due_now", "waiting", "later", "done"]
#: What comes first on a unit's home page.
URGENCIES: tuple[Urgency, ...] = ("returned", "overdue", "due_today", "due_now", "waiting", "done", "later")


def urgency(obligation: Obligation, standing: Standing, now: datetime) -> Urgency:
    """How soon the unit must act. `now` is local to the campaign."""
    zone = now.tzinfo
    assert zone is not None, "now needs a time zone"
    if standing.is_done:
        return "done"
    if standing.returned and not standing.is_filed:
        return "returned"
    if standing.is_filed:
        return "waiting"
    today = now.date()
    if now >= obligation.due_at(zone):
        return "overdue"
    if today < obligation.period.starts:
        return "later"
    return "due_today" if today >= obligation.period.ends else "due_now"
