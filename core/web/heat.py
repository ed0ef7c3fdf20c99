"""The office's heat maps: duty by period, daily duties as a month on the wall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.progress import Progress
from core.services.progress import Overview, PeriodProgress
from core.web.context import period_title, say


@dataclass(frozen=True)
class Cell:
    """A period: how full (0 to 4), the number on it, and the same in words. `day` is a calendar cell's date."""

    level: int
    mark: str
    day: int | None
    text: str
    url: str


@dataclass(frozen=True)
class Row:
    label: str
    title: str
    url: str | None
    cells: list[Cell | None]


@dataclass(frozen=True)
class Map:
    caption: str
    corner: str
    columns: list[str]
    rows: list[Row]


def maps(view: Overview, campaign: CampaignFacts) -> Iterator[Map]:
    """A calendar for each daily duty, then a table for each other cadence that some duty has."""
    found = {(item.duty.code, item.period.number): item for item in view.periods}
    duties = [duty for duty, _part in view.duties]
    weeks = (campaign.calendar.span.days + campaign.calendar.span.starts.weekday() + 6) // 7
    for duty in duties:
        if duty.cadence.kind == "day":
            yield _calendar(view, found, duty, weeks, campaign.calendar.span.starts.weekday())
    for kind, numbers, caption in (
        ("week", range(1, weeks + 1), _("每周的职责")),
        ("phase", [phase.number for phase in campaign.phases], _("按阶段的职责")),
        ("once", [1], _("一次性的职责")),
    ):
        rows = [_row(view, found, duty, list(numbers)) for duty in duties if duty.cadence.kind == kind]
        if rows:
            yield Map(caption, _("职责"), [_column(kind, number) for number in numbers], rows)


def _column(kind: str, number: int) -> str:
    if kind == "week":
        return str(_("第%(n)s周", n=number))
    return str(_("第%(n)s阶段", n=number)) if kind == "phase" else str(_("已报率"))


def _calendar(
    view: Overview, found: dict[tuple[str, int], PeriodProgress], duty: DutyRule, weeks: int, before: int
) -> Map:
    rows = [
        Row(
            str(_("第%(n)s周", n=week + 1)),
            "",
            None,
            [_cell(view, found.get((duty.code, week * 7 + day - before))) for day in range(1, 8)],
        )
        for week in range(weeks)
    ]
    days = [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]
    caption = _("%(duty)s：每天的已报率", duty=f"{duty.code} {say(duty.title)}")
    return Map(caption, _("周"), days, rows)


def _row(
    view: Overview, found: dict[tuple[str, int], PeriodProgress], duty: DutyRule, numbers: list[int]
) -> Row:
    url = url_for("office.reports", region=view.place.code, duty=duty.code)
    return Row(duty.code, say(duty.title), url, [_cell(view, found.get((duty.code, n))) for n in numbers])


def _cell(view: Overview, item: PeriodProgress | None) -> Cell | None:
    """A period that has begun; a coming one has no cell."""
    if item is None:
        return None
    part = item.progress
    text = _(
        "%(period)s：应报 %(owed)s，已报 %(filed)s，已完成 %(done)s，逾期 %(overdue)s",
        period=period_title(item.period),
        owed=part.owed,
        filed=part.filed,
        done=part.done,
        overdue=part.overdue,
    )
    day = item.period.starts.day if item.period.kind == "day" else None
    url = url_for("office.reports", region=view.place.code, duty=item.duty.code)
    return Cell(level(part), f"{part.rate}%", day, text, url)


def level(part: Progress) -> int:
    """How full a cell is drawn: 0 only where a deadline passed with nothing filed."""
    rate = part.rate or 0
    if rate >= 100:
        return 4
    if rate >= 75:
        return 3
    if rate >= 50:
        return 2
    return 1 if part.filed or not part.due else 0
