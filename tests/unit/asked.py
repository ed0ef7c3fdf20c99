"""A form with a field of every kind, and single fields in which something is typed."""

from __future__ import annotations

import json
from typing import Any

from core.api import (
    ReportForm,
    choice,
    choices,
    date_field,
    datetime_field,
    decimal,
    long_text,
    metric,
    money,
    rows,
    text,
    url,
    whole,
    yes_no,
)
from core.domain.text import Text

MEDIA = (("tv", "电视", "Television"), ("radio", "广播", "Radio"), ("press", "报刊"))


class Cell(ReportForm):
    kind = choice("类型", "Kind", options=MEDIA)
    number = whole("数量", "Number", maximum=99)


class Everything(ReportForm):
    """A field of every kind."""

    title = text("标题", "Title", max_length=20)
    story = long_text("经过", "Story", required=False, min_length=3, max_length=200)
    people = metric("人数", "People", minimum=1)
    share = decimal("比例", "Share", maximum=100, decimals=1)
    saved = money("金额", "Money", metric=True, required=False)
    held_on = date_field("日期", "Date")
    sent_at = datetime_field("时间", "Time", required=False)
    medium = choice("媒体", "Medium", options=MEDIA)
    media = choices("各媒体", "Media", options=MEDIA, required=False)
    shared = yes_no("共享", "Shared")
    address = url("网址", "Address", required=False)
    table = rows("表", "Table", row=Cell, at_most=3, required=False)


FULL = {
    "title": ["一场讲座"],
    "story": ["第一行\n第二行"],
    "people": ["1200"],
    "share": ["62.5"],
    "saved": ["50000.50"],
    "held_on": ["2020-11-12"],
    "sent_at": ["2020-11-12T09:30"],
    "medium": ["tv"],
    "media": ["tv", "press"],
    "shared": ["no"],
    "address": ["https://example.org/a?b=c#d"],
    "table-0-kind": ["tv"],
    "table-0-number": ["3"],
}
RECORD = {
    "title": "一场讲座",
    "story": "第一行\n第二行",
    "people": 1200,
    "share": "62.5",
    "saved": "50000.50",
    "held_on": "2020-11-12",
    "sent_at": "2020-11-12T09:30",
    "medium": "tv",
    "media": ["tv", "press"],
    "shared": False,
    "address": "https://example.org/a?b=c#d",
    "table": [{"kind": "tv", "number": 3}],
}


def one(field: Any, typed: str | list[str] | None, **options: Any) -> ReportForm:
    """A form with one field, `it`, in which something was typed."""
    form = type("One", (ReportForm,), {"it": field})
    entries = {} if typed is None else {"it": [typed] if isinstance(typed, str) else typed}
    made = form(entries, **options)
    assert isinstance(made, ReportForm)
    return made


def kept(field: Any, typed: str | list[str] | None, **options: Any) -> Any:
    """What the record holds of it."""
    form = one(field, typed, **options)
    assert form.validate(), form.errors
    value = form.record()["it"]
    assert json.loads(json.dumps(value)) == value
    return value


def refused(field: Any, typed: str | list[str] | None, **options: Any) -> Text:
    """Why it is refused: one reason, in both languages."""
    form = one(field, typed, **options)
    assert not form.validate(), form.record()
    [reason] = form.errors["it"]
    assert isinstance(reason, Text)
    assert reason.zh
    assert reason.en
    return reason


def errors(form: ReportForm) -> dict[str, Any]:
    """What is wrong by field: texts, or for a table perhaps the errors of each row."""
    return dict(form.errors)
