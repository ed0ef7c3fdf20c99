"""Days and moments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api import (
    ReportForm,
    date_field,
    datetime_field,
    inside_period,
)
from tests.unit.asked import kept, refused
from tests.unit.made import SHANGHAI, span


@pytest.mark.parametrize(
    "typed",
    [
        "2020-11-12",
        "2020/11/12",
        "2020.11.12",
        "2020年11月12日",
        "20201112",
        " 2020-11-12 ",
        "２０２０－１１－１２",
    ],
)
def test_a_day_may_be_written_in_each_usual_way(typed: str) -> None:
    assert kept(date_field("日"), typed) == "2020-11-12"


@pytest.mark.parametrize("typed", ["2020/1/5", "2020-1-5", "2020年1月5日", "2020-01-05", "20200105"])
def test_a_day_needs_no_leading_zeros(typed: str) -> None:
    assert kept(date_field("日"), typed) == "2020-01-05"


@pytest.mark.parametrize(
    "typed",
    [
        "2020-11-31",
        "2020-13-01",
        "2021-02-29",
        "0000-01-01",
        "20-11-12",
        "11/12/2020",
        "2020-W46-4",
        "2020-11-12T09:30",
        "2020111",
        "202011",
        "昨天",
        "2020-11",
        "2020-317",
        "２0２0-١-١",
    ],
)
def test_what_is_no_day_is_refused_with_an_example(typed: str) -> None:
    assert refused(date_field("日"), typed).en == "Enter a date, e.g. 2020-11-12"


@pytest.mark.parametrize(
    "typed",
    [
        "2020-10-27T09:30",
        "2020-10-27t9:30",
        "2020-10-27 09:30",
        "2020/10/27 9:30",
        "2020/10/27  9：30",
        "2020年10月27日 9:30",
        "2020年10月27日9:30",
        "20201027 09:30",
        "2020-10-27T09:30:59",
        "2020-10-27T09:30:59.123456",
    ],
)
def test_a_moment_may_be_written_in_each_usual_way_and_is_kept_to_the_minute(typed: str) -> None:
    assert kept(datetime_field("时"), typed) == "2020-10-27T09:30"


@pytest.mark.parametrize(
    ("typed", "local"),
    [
        ("2020-10-27T01:30Z", "2020-10-27T09:30"),
        ("2020-10-27T01:30z", "2020-10-27T09:30"),
        ("2020-10-27T01:30:00+00:00", "2020-10-27T09:30"),
        ("2020-10-27T09:30+08:00", "2020-10-27T09:30"),
        ("2020-10-27 09:30 +0800", "2020-10-27T09:30"),
        ("2020-10-26T21:30-04:00", "2020-10-27T09:30"),
        ("2020-10-26T16:00Z", "2020-10-27T00:00"),
        ("2020-10-26T15:59:59Z", "2020-10-26T23:59"),
    ],
)
def test_a_moment_with_an_offset_is_converted_to_the_campaigns_clock(typed: str, local: str) -> None:
    assert kept(datetime_field("时"), typed) == local


@given(
    st.datetimes(datetime(1992, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 (the strategy wants them so)
    st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_is_the_same_instant_whatever_offset_it_is_written_with(
    at: datetime, minutes: int
) -> None:
    instant = at.replace(second=0, microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    read = datetime.fromisoformat(kept(datetime_field("时"), instant.isoformat()))
    assert read.tzinfo is None
    assert read.replace(tzinfo=SHANGHAI) == instant


def test_a_forms_zone_may_be_another() -> None:
    class Elsewhere(ReportForm):
        zone = ZoneInfo("America/New_York")
        it = datetime_field("时")

    form = Elsewhere({"it": ["2020-10-27T01:30Z"]})
    assert form.validate()
    assert form.record() == {"it": "2020-10-26T21:30"}
    assert ReportForm.zone == SHANGHAI


@pytest.mark.parametrize(
    "typed",
    [
        "2020-10-27",
        "09:30",
        "2020-10-27T24:00",
        "2020-10-27T09:60",
        "2020-10-27T09:30:61",
        "2020-10-27T9",
        "2020-10-27T09:30+99:00",
        "2020-02-30T09:30",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "2020-10-2709:30",
        "昨天上午",
    ],
)
def test_what_is_no_moment_is_refused_with_an_example(typed: str) -> None:
    assert refused(datetime_field("时"), typed).en == "Enter date and time, e.g. 2020-11-12 09:30"


def test_a_moment_with_an_offset_is_inside_the_period_by_the_campaigns_day() -> None:
    field = datetime_field("时", rules=[inside_period()])
    day = span("2020-10-27", "2020-10-27")
    assert kept(field, "2020-10-26T16:00Z", span=day) == "2020-10-27T00:00"
    assert "2020-10-27" in refused(field, "2020-10-27T16:00Z", span=day).zh
