"""Small tables in a form."""

from __future__ import annotations

import pytest

from core.api import (
    ReportForm,
    date_field,
    inside_period,
    rows,
    text,
    yes_no,
)
from tests.unit.asked import FULL, Cell, Everything, errors
from tests.unit.made import span


class Table(ReportForm):
    it = rows("表", "Table", row=Cell, at_most=5)


def row(number: int, kind: str, count: str) -> dict[str, list[str]]:
    return {f"it-{number}-kind": [kind], f"it-{number}-number": [count]}


def test_rows_are_kept_in_order_and_empty_ones_between_them_do_not_count() -> None:
    form = Table(row(0, "tv", "1") | row(1, "", "  ") | row(3, "radio", "2") | row(4, "\u200b", "\u3000"))
    assert form.validate(), form.errors
    assert form.record() == {"it": [{"kind": "tv", "number": 1}, {"kind": "radio", "number": 2}]}
    assert Table.entries_of(form.record()) == row(0, "tv", "1") | row(1, "radio", "2")


@pytest.mark.parametrize("entries", [{}, row(0, " ", "\u3000"), row(2, "", "")])
def test_a_table_of_blanks_is_empty(entries: dict[str, list[str]]) -> None:
    form = Table(entries)
    assert form.missing() == ["it"]
    assert not form.validate()
    assert [reason.zh for reason in errors(form)["it"]] == ["请至少填写一行"]


def test_an_optional_table_may_be_empty() -> None:
    form = Everything(FULL | {"table-0-kind": [""], "table-0-number": [" "]})
    assert form.validate()
    assert form.record()["table"] == []


def test_errors_stand_at_the_place_of_their_row() -> None:
    form = Table(row(0, "tv", "1") | row(2, "web", "2") | row(3, "tv", "") | row(4, "tv", "100"))
    assert not form.validate()
    places = errors(form)["it"]
    assert [sorted(place) for place in places] == [[], [], ["kind"], ["number"], ["number"]]
    assert places[2]["kind"][0].zh == "请从列出的选项中选择"
    assert places[3]["number"][0].zh == "请填写此项"
    assert places[4]["number"][0].zh == "不能大于 99"
    assert [sorted(line.form.errors) for line in form.answers()["it"]] == [sorted(place) for place in places]


@pytest.mark.parametrize("number", ["5", "6", "99", "05", "9" * 6000, "x"])
def test_a_row_too_many_is_refused_and_never_dropped(number: str) -> None:
    full = {name: typed for place in range(5) for name, typed in row(place, "tv", "1").items()}
    form = Table(full | {f"it-{number}-kind": ["tv"]})
    assert not form.validate()
    assert [(reason.zh, reason.en) for reason in errors(form)["it"]] == [("最多 5 行", "At most 5 rows")]
    assert form.missing() == []


def test_an_empty_row_too_many_is_nothing() -> None:
    form = Table(row(0, "tv", "1") | row(5, "", " "))
    assert form.validate()


def test_a_row_too_many_alone_is_refused_even_where_the_table_is_optional() -> None:
    form = Everything(FULL | {"table-0-kind": [""], "table-0-number": [""], "table-3-kind": ["tv"]})
    assert not form.validate()
    assert set(form.errors) == {"table"}


def test_a_row_with_nothing_but_a_preselected_answer_is_empty() -> None:
    class Line(ReportForm):
        name = text("名")
        open = yes_no("开门", default=True)

    class Lines(ReportForm):
        it = rows("表", row=Line, at_most=2)

    form = Lines({"it-0-name": ["甲"], "it-0-open": ["yes"], "it-1-name": [""], "it-1-open": ["yes"]})
    assert form.validate(), form.errors
    assert form.record() == {"it": [{"name": "甲", "open": True}]}
    form = Lines({"it-0-name": ["甲"], "it-1-open": ["no"]})
    assert not form.validate()
    assert list(errors(form)["it"][1]) == ["name"]


def test_rows_know_the_days_that_the_report_is_for() -> None:
    class Event(ReportForm):
        day = date_field("日", rules=[inside_period()])

    class Events(ReportForm):
        it = rows("表", row=Event)

    days = span("2020-11-02", "2020-11-08")
    assert Events({"it-0-day": ["2020-11-08"]}, span=days).validate()
    assert not Events({"it-0-day": ["2020-11-09"]}, span=days).validate()


def test_a_table_may_stand_in_a_row() -> None:
    class Outer(ReportForm):
        name = text("名", required=False)
        inner = rows("内", row=Cell, at_most=2)

    class Nested(ReportForm):
        it = rows("外", row=Outer, at_most=2)

    entries = {"it-1-inner-0-kind": ["tv"], "it-1-inner-0-number": ["1"]}
    form = Nested(entries)
    assert form.validate(), form.errors
    record = form.record()
    assert record == {"it": [{"name": None, "inner": [{"kind": "tv", "number": 1}]}]}
    again = Nested(Nested.entries_of(record))
    assert again.validate()
    assert again.record() == record
