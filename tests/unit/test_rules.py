"""Checks between fields, and between a field and the report's period."""

from __future__ import annotations

import pytest

from core.api import (
    ReportForm,
    all_chosen,
    at_most_field,
    choices,
    date_field,
    datetime_field,
    inside_period,
    metric,
    whole,
)
from tests.unit.asked import errors
from tests.unit.made import span

WEEK = span("2020-11-02", "2020-11-08")


class Terminals(ReportForm):
    done = metric("已贴", "Done", rules=[at_most_field("total")])
    total = whole("总数", "Total", required=False)


@pytest.mark.parametrize(("done", "total"), [("0", "0"), ("12", "12"), ("3", "12"), ("1,200", "1200")])
def test_a_part_may_be_as_large_as_the_whole(done: str, total: str) -> None:
    assert Terminals({"done": [done], "total": [total]}).validate()


def test_a_part_larger_than_the_whole_is_refused_with_its_name_and_size() -> None:
    form = Terminals({"done": ["13"], "total": ["12"]})
    assert not form.validate()
    assert list(form.errors) == ["done"]
    [reason] = errors(form)["done"]
    assert (reason.zh, reason.en) == ("不能大于“总数”（12）", "Must not exceed “Total” (12)")


@pytest.mark.parametrize("total", ["", "许多"])
def test_a_part_is_not_compared_with_a_whole_that_is_missing_or_wrong(total: str) -> None:
    form = Terminals({"done": ["13"], "total": [total]})
    form.validate()
    assert "done" not in form.errors


class Event(ReportForm):
    day = date_field("日期", rules=[inside_period()], required=False)
    at = datetime_field("时间", rules=[inside_period()], required=False)


@pytest.mark.parametrize(
    ("typed", "inside"),
    [("2020-11-01", False), ("2020-11-02", True), ("2020-11-08", True), ("2020-11-09", False)],
)
def test_a_day_must_lie_in_the_period_both_ends_included(typed: str, inside: bool) -> None:
    assert Event({"day": [typed]}, span=WEEK).validate() is inside


@pytest.mark.parametrize(
    ("typed", "inside"),
    [
        ("2020-11-01T23:59", False),
        ("2020-11-02T00:00", True),
        ("2020-11-08T23:59", True),
        ("2020-11-09T00:00", False),
    ],
)
def test_a_moment_must_lie_in_the_period_from_its_first_to_its_last_minute(typed: str, inside: bool) -> None:
    assert Event({"at": [typed]}, span=WEEK).validate() is inside


def test_a_refused_day_is_told_the_period() -> None:
    form = Event({"day": ["2020-11-09"]}, span=WEEK)
    assert not form.validate()
    [reason] = errors(form)["day"]
    assert "2020-11-02" in reason.zh
    assert "2020-11-08" in reason.en


def test_an_empty_day_and_a_form_without_a_period_are_not_checked() -> None:
    assert Event({}, span=WEEK).validate()
    assert Event({"day": ["1999-01-01"]}).validate()


class Covered(ReportForm):
    operators = choices(
        "运营商",
        "Operators",
        options=[("mobile", "移动", "Mobile"), ("unicom", "联通", "Unicom"), ("telecom", "电信")],
        rules=[all_chosen()],
    )


def test_all_options_chosen_are_accepted_in_any_order() -> None:
    assert Covered({"operators": ["telecom", "mobile", "unicom"]}).validate()


def test_the_refusal_names_the_options_that_are_missing() -> None:
    form = Covered({"operators": ["unicom"]})
    assert not form.validate()
    [reason] = errors(form)["operators"]
    assert (reason.zh, reason.en) == ("须全部选择，还缺：移动、电信", "All are needed; missing: Mobile, 电信")
