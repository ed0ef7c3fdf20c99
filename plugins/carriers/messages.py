"""Warning messages week by week: what CAR-03 reports say of one operator, and what all operators still lack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from core.api import Data, Member, Owed, ReportFact, Text
from plugins.carriers.reports import FRAUD_TYPES

DUTY = "CAR-03"
#: States of reports that count for the week's quota; a returned one is shown and does not count.
COUNTED = ("submitted", "in_review", "accepted")
SHOWN = (*COUNTED, "returned")
FRAUD_TITLES = {value: Text(zh, en) for value, zh, en in FRAUD_TYPES}
#: How many operators a page lists; those that lack most come first.
MOST_ROWS = 200

Status = Literal["not_owed", "later", "done", "waiting", "short", "missed"]


@dataclass(frozen=True)
class Sending:
    """One CAR-03 report as the calendar shows it. `at` is None where the report does not tell."""

    report_id: str
    at: datetime | None
    fraud: str
    state: str

    @property
    def fraud_title(self) -> Text | None:
        return FRAUD_TITLES.get(self.fraud, Text(self.fraud)) if self.fraud else None


@dataclass(frozen=True)
class Week:
    """A week of the campaign; `owed` is None where the operator owes nothing in it."""

    number: int
    first: date
    last: date
    owed: Owed | None
    sendings: tuple[Sending, ...]
    begun: bool

    def count(self, *states: str) -> int:
        return sum(sending.state in states for sending in self.sendings)

    @property
    def filed(self) -> int:
        return self.count(*COUNTED)

    @property
    def lack(self) -> int:
        return max(0, self.owed.needed - self.filed) if self.owed else 0

    @property
    def status(self) -> Status:
        if self.owed is None:
            return "not_owed"
        if not self.lack:
            return "done" if self.count("accepted") >= self.owed.needed else "waiting"
        if not self.begun:
            return "later"
        return "missed" if self.owed.due else "short"

    @property
    def frauds(self) -> tuple[Text, ...]:
        """The fraud types of the messages that count, each once."""
        counted = [sending.fraud_title for sending in self.sendings if sending.state in COUNTED]
        return tuple(dict.fromkeys(title for title in counted if title))


def weeks(data: Data, operator: Member) -> tuple[Week, ...]:
    """An operator's weeks of the campaign, in order."""
    if data.campaign is None:
        return ()
    found: defaultdict[str, list[Sending]] = defaultdict(list)
    for report in data.reports(DUTY, unit=operator.id, states=SHOWN):
        found[report.days.starts.isoformat()].append(sending(report))
    owed = {item.days.starts: item for item in data.due(DUTY).get(operator.id, ())}
    return tuple(
        Week(
            number,
            span.starts,
            span.ends,
            owed.get(span.starts),
            tuple(sorted(found[span.starts.isoformat()], key=lambda item: str(item.at or "9"))),
            begun=span.starts <= data.today,
        )
        for number, span in enumerate(data.campaign.weeks(), 1)
    )


def sending(report: ReportFact) -> Sending:
    return Sending(
        report.id,
        moment(report.record.get("sent_at")),
        str(report.record.get("fraud_type") or ""),
        report.state,
    )


def moment(value: Any) -> datetime | None:
    """A stored moment; None where nothing, or nothing that can be read, is stored."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def this_week(found: Iterable[Week], today: date) -> Week | None:
    return next((week for week in found if week.first <= today <= week.last), None)


@dataclass(frozen=True)
class Coverage:
    """In which weeks messages warned of a fraud type."""

    title: Text
    weeks: tuple[int, ...]


def coverage(found: Iterable[Week]) -> Iterator[Coverage]:
    """Every fraud type of the form with its weeks; 其他 only where somebody chose it."""
    used: defaultdict[Text, list[int]] = defaultdict(list)
    for week in found:
        for title in week.frauds:
            used[title].append(week.number)
    for title in dict.fromkeys([*FRAUD_TITLES.values(), *used]):
        if title in used or title != FRAUD_TITLES["other"]:
            yield Coverage(title, tuple(used.get(title, ())))


@dataclass(frozen=True)
class Row:
    """An operator among all: what it owes in each week begun, None where it owes nothing."""

    unit: Member
    weeks: tuple[Owed | None, ...]
    lack_now: int
    lack_before: int


def rows(data: Data, operators: Iterable[Member]) -> list[Row]:
    """All operators, those that lack most this week first."""
    due = data.due(DUTY)
    found = [_row(data, unit, due) for unit in operators]
    return sorted(
        found, key=lambda row: (-row.lack_now, -row.lack_before, row.unit.region_code, row.unit.code)
    )


def _row(data: Data, unit: Member, due: Mapping[int, tuple[Owed, ...]]) -> Row:
    owed = {item.days.starts: item for item in due.get(unit.id, ())}
    begun = tuple(owed.get(first) for first, _last in begun_weeks(data))
    lacks = {item: max(0, item.needed - item.filed) for item in begun if item}
    now = sum(lack for item, lack in lacks.items() if data.today in item.days)
    return Row(unit, begun, now, sum(lacks.values()) - now)


def begun_weeks(data: Data) -> list[tuple[date, date]]:
    spans = data.campaign.weeks() if data.campaign else ()
    return [(span.starts, span.ends) for span in spans if span.starts <= data.today]
