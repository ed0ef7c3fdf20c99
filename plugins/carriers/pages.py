"""The operators' message calendar, the table of all operators, and two panels on pages of the core."""

from __future__ import annotations

from core.api import Member, Pages, View, Visit, view
from plugins.carriers import messages
from plugins.carriers.duties import OPERATOR, REGULATOR

pages = Pages()
#: How many earlier wordings the inspector sees beside a report; those with the same wording come on top of them.
EARLIER = 3


@pages.page("/calendar", ("短信日历", "Message calendar"), menu="calendar3", below=True)
def calendar(visit: Visit) -> View:
    """An operator's own weeks; for the regulator, the operators below it."""
    if visit.unit is None or visit.unit.kind not in (OPERATOR.key, REGULATOR.key):
        return view("not_here.html")
    if visit.unit.kind == REGULATOR.key:
        return _table(visit, linked=False)
    weeks = messages.weeks(visit.data, visit.unit)
    return view(
        "calendar.html",
        unit=visit.unit,
        weeks=weeks,
        this_week=messages.this_week(weeks, visit.data.today),
        coverage=list(messages.coverage(weeks)),
    )


@pages.page("/operators", ("运营商短信", "Operators' messages"), audience="office", menu="chat-dots")
def operators(visit: Visit) -> View:
    return _table(visit, linked=True)


def _table(visit: Visit, *, linked: bool) -> View:
    found = messages.rows(visit.data, filter(_is_operator, visit.data.units()))
    return view(
        "operators.html",
        rows=found[: messages.MOST_ROWS],
        left_out=len(found) - messages.MOST_ROWS,
        weeks=list(enumerate(messages.begun_weeks(visit.data), 1)),
        today=visit.data.today,
        lacking=sum(row.lack_now > 0 for row in found),
        lack=sum(row.lack_now for row in found),
        total=len(found),
        linked=linked,
    )


@pages.slot("unit.home", ("本周防骗短信", "Warning messages this week"), weight=20)
def messages_this_week(visit: Visit) -> View | None:
    if visit.unit is None or not _is_operator(visit.unit):
        return None
    weeks = messages.weeks(visit.data, visit.unit)
    week = messages.this_week(weeks, visit.data.today)
    if week is None or week.owed is None:
        return None
    unused = [item for item in messages.coverage(weeks) if not item.weeks]
    return view("this_week.html", week=week, unused=unused)


@pages.slot("review.report", ("同一运营商的其他短信", "Other messages of the same operator"))
def earlier_wordings(visit: Visit) -> View | None:
    """The wordings sent last beside this one: a text that is used again and again warns nobody."""
    report = visit.report
    if report is None or report.duty != messages.DUTY:
        return None
    own = _wording(report.record.get("wording"))
    others = [
        (other, bool(own) and _wording(other.record.get("wording")) == own)
        for other in visit.data.reports(messages.DUTY, unit=report.unit.id, states=messages.SHOWN)
        if other.id != report.id
    ]
    shown = [(other, same) for number, (other, same) in enumerate(others) if number < EARLIER or same]
    return view(
        "wordings.html",
        others=[(messages.sending(other), other.record.get("wording"), same) for other, same in shown],
        same=sum(same for _other, same in others),
    )


def _wording(text: object) -> str:
    """A wording as it is compared: blanks and line ends make no difference."""
    return "".join(str(text or "").split())


def _is_operator(unit: Member) -> bool:
    return unit.kind == OPERATOR.key
