"""What the tests of the rules are made of: the notice's calendar, duties, kinds, and dates to draw from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from core.domain.calendar import Cadence, Calendar, Period, PeriodKind, Span
from core.domain.declare import NO_EVIDENCE
from core.domain.duties import DutyRule, KindRef
from core.domain.obligations import Interval
from core.domain.schema import Choice, FieldSpec, FormSchema
from core.domain.text import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")

#: The campaign of the notice, typed from the notice.
NOTICE = Calendar(
    Span(date(2020, 10, 26), date(2020, 11, 30)),
    (
        Span(date(2020, 10, 26), date(2020, 11, 4)),
        Span(date(2020, 11, 5), date(2020, 11, 15)),
        Span(date(2020, 11, 16), date(2020, 11, 30)),
    ),
)

TOPICS = ("orders", "cards", "teacher")
FORM = FormSchema(
    (
        FieldSpec("choices", Text("主题"), "topics", choices=tuple(Choice(t, Text(t)) for t in TOPICS)),
        FieldSpec("whole", Text("人数"), "people", metric=True),
    )
)
KIND = KindRef("things", "shop", front_line=True)


WEEKLY = Cadence("week")


def duty(cadence: Cadence = WEEKLY, **changes: Any) -> DutyRule:
    """A duty of the kind `shop`, with something changed."""
    facts: dict[str, Any] = {
        "code": "THG-01",
        "plugin": "things",
        "title": Text("职责"),
        "cadence": cadence,
        "grace": 1,
        "evidence": NO_EVIDENCE,
        "clauses": (),
        "covers": None,
        "unit_type": "things",
        "kinds": ("shop",),
        "front_line": True,
        "schema": FORM,
    }
    return DutyRule(**facts | changes)


def shanghai(text: str) -> datetime:
    """A moment on the campaign's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def span(starts: str, ends: str) -> Span:
    return Span(date.fromisoformat(starts), date.fromisoformat(ends))


def enabled(starts: str, ends: str | None = None) -> Interval:
    return Interval(date.fromisoformat(starts), date.fromisoformat(ends) if ends else None)


def each_day(days: Span | Period) -> Iterable[date]:
    """Day by day, counted in the plainest way."""
    day = days.starts
    while day <= days.ends:
        yield day
        day += timedelta(days=1)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Campaigns of one to eighty days with up to four phases."""
    starts = draw(st.dates(date(2019, 1, 1), date(2030, 12, 31)))
    length = draw(st.integers(1, 80))
    cuts = sorted(draw(st.sets(st.integers(1, length - 1), max_size=3))) if length > 1 else []
    edges = [0, *cuts, length]
    phases = tuple(
        Span(starts + timedelta(days=a), starts + timedelta(days=b - 1)) for a, b in pairwise(edges)
    )
    return Calendar(Span(starts, starts + timedelta(days=length - 1)), phases)


@st.composite
def cadences(draw: st.DrawFn) -> Cadence:
    kinds: tuple[PeriodKind, ...] = ("day", "week", "phase", "once")
    kind = draw(st.sampled_from(kinds))
    return Cadence(kind, draw(st.integers(1, 5)))


@st.composite
def histories(draw: st.DrawFn, around: Span) -> tuple[Interval, ...]:
    """Intervals of being enabled near a span: in order, apart, the last perhaps open."""
    first = around.starts - timedelta(days=10)
    edges = sorted(draw(st.sets(st.integers(0, around.days + 20), max_size=6)))
    days = [first + timedelta(days=edge) for edge in edges]
    closed = [Interval(a, b) for a, b in zip(days[::2], days[1::2], strict=False)]
    return tuple(closed + ([Interval(days[-1])] if len(days) % 2 else []))
