"""Which of the three EDU-05 topics each school has explained, and what is not known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.api import Data, Member, Region, ReportFact, Text
from plugins.education.duties import CAMPUSES
from plugins.education.reports import TOPICS

DUTY = "EDU-05"
TITLES = {value: Text(zh, en) for value, zh, en in TOPICS}
KINDS = frozenset(kind.key for kind in CAMPUSES)
#: States of reports that count, and those that are looked at: a school whose only report came back has said nothing yet.
COUNTED = ("submitted", "in_review", "accepted")
SEEN = (*COUNTED, "returned")
#: How many reports are read at most; far more than a province has.
MOST_REPORTS = 10_000

Reach = Literal["accepted", "waiting", "returned", "missing", "unknown"]
State = Literal["unknown", "some", "all"]
_ORDER: tuple[State, ...] = ("unknown", "some", "all")


@dataclass(frozen=True)
class School:
    """A school or university: how far each topic has come, and how many people heard of it."""

    unit: Member
    topics: Mapping[str, Reach]
    state: State
    teachers: int
    parents: int

    @property
    def explained(self) -> int:
        return sum(reach in ("accepted", "waiting") for reach in self.topics.values())


def schools(data: Data, region: str | None = None) -> list[School]:
    """The schools in sight, the least covered first."""
    reports: defaultdict[int, list[ReportFact]] = defaultdict(list)
    for report in data.reports(DUTY, states=SEEN, at_most=MOST_REPORTS):
        reports[report.unit.id].append(report)
    found = [school(unit, reports[unit.id]) for unit in data.units(region=region) if unit.kind in KINDS]
    return sorted(found, key=lambda item: (_ORDER.index(item.state), item.explained))


def school(unit: Member, reports: Sequence[ReportFact]) -> School:
    counted = [report for report in reports if report.state in COUNTED]
    topics = {topic: _reach(topic, reports, known=bool(counted)) for topic in TITLES}
    missing = any(reach not in ("accepted", "waiting") for reach in topics.values())
    state: State = "unknown" if not counted else "some" if missing else "all"
    return School(unit, topics, state, _sum(counted, "teachers"), _sum(counted, "parents"))


def _reach(topic: str, reports: Iterable[ReportFact], *, known: bool) -> Reach:
    """The furthest that a report with the topic has come; without one it is missing only where something is known."""
    states = {report.state for report in reports if topic in (report.record.get("topics") or ())}
    if "accepted" in states:
        return "accepted"
    if states & set(COUNTED):
        return "waiting"
    if states:
        return "returned"
    return "missing" if known else "unknown"


def _sum(reports: Iterable[ReportFact], field: str) -> int:
    values: list[Any] = [report.record.get(field) for report in reports]
    return sum(value for value in values if isinstance(value, int))


def states(found: Iterable[School]) -> Counter[str]:
    return Counter(school.state for school in found)


@dataclass(frozen=True)
class Area:
    """How many schools of a region and all below it stand in each state."""

    region: Region
    states: Counter[str]

    @property
    def schools(self) -> int:
        return self.states.total()


def areas(data: Data, found: Sequence[School]) -> list[Area]:
    """The regions just below the one that all these schools share, those with most schools lacking something first."""
    known = data.regions()
    paths = {school.unit.id: known[school.unit.region_code].path for school in found}
    shared = sum(len(set(codes)) == 1 for codes in zip(*paths.values(), strict=False))
    grouped: defaultdict[str, list[School]] = defaultdict(list)
    for item in found:
        path = paths[item.unit.id]
        grouped[path[min(shared, len(path) - 1)]].append(item)
    result = [Area(known[code], states(inside)) for code, inside in grouped.items()]
    return sorted(result, key=lambda area: (area.states["all"] - area.schools, area.region.path))


@dataclass(frozen=True)
class Topic:
    """A topic over all schools: how many stand where with it."""

    title: Text
    reach: Counter[str]


def topics(found: Sequence[School]) -> Iterator[Topic]:
    for key, title in TITLES.items():
        yield Topic(title, Counter(school.topics[key] for school in found))
