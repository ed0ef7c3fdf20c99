"""Capture time and place beside what a report claims: examples of the edges, and that nothing is said without data."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendar import Span
from core.domain.capture import FAR, Place, hints, taken_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = Span(date(2020, 11, 9), date(2020, 11, 15))
ADDED = datetime(2020, 11, 16, 9, tzinfo=SHANGHAI)
ZHENGZHOU = Place("郑州市", 34.75, 113.62)


def said(facts: dict[str, Any], *near: Place, added: datetime = ADDED) -> list[str]:
    return [finding.message.zh for finding in hints(facts, WEEK, added, SHANGHAI, near)]


@pytest.mark.parametrize(
    ("taken", "zone", "fits"),
    [
        ("2020-11-09T00:00:00", "", True),
        ("2020-11-08T23:59:59", "", False),
        ("2020-11-15T23:59:59", "", True),
        ("2020-11-16T00:00:00", "", False),
        # The device's own zone counts where it wrote one.
        ("2020-11-09T00:30:00", "+09:00", False),
        ("2020-11-09T01:00:00", "+09:00", True),
        ("2020-11-08T23:30:00", "+07:00", True),
        ("2020-11-08T12:00:00", "-05:00", True),
        # Films carry UTC: the week begins at 16:00 of the day before.
        ("2020-11-08T15:59:59", "+00:00", False),
        ("2020-11-08T16:00:00", "+00:00", True),
        ("2020-11-15T15:59:59", "+00:00", True),
        ("2020-11-15T16:00:00", "+00:00", False),
        ("2020-11-12T10:00:00", "+08:00", True),
        ("2019-11-12T10:00:00", "", False),
    ],
)
def test_a_day_outside_of_the_period_is_told(taken: str, zone: str, fits: bool) -> None:
    facts = {"taken": taken} | ({"zone": zone} if zone else {})
    assert bool(said(facts)) is not fits


def test_the_words_say_how_far_off_it_is() -> None:
    assert said({"taken": "2020-10-31T08:00:00"}) == [
        "拍摄时间 2020-10-31 08:00，比本期（2020-11-09 至 2020-11-15）开始早 9 天"
    ]
    assert said({"taken": "2020-11-16T08:00:00"}) == [
        "拍摄时间 2020-11-16 08:00，比本期（2020-11-09 至 2020-11-15）结束晚 1 天"
    ]


def test_a_clock_that_is_ahead_is_no_lie() -> None:
    assert "时钟" in said({"taken": "2021-01-01T08:00:00"})[0]
    assert said({"taken": "2020-11-15T20:00:00"}, added=datetime(2020, 11, 15, 9, tzinfo=SHANGHAI)) == []


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"taken": ""},
        {"taken": None},
        {"taken": "0000:00:00 00:00:00"},
        {"taken": "2020-11-12T10:00:00", "zone": "nonsense"},
        {"gps": None},
    ],
)
def test_missing_or_senseless_data_is_no_hint(facts: dict[str, Any]) -> None:
    assert said(facts, ZHENGZHOU) == []


def test_a_place_in_another_city_of_the_neighbourhood_is_no_hint() -> None:
    assert said({"gps": [34.80, 114.31]}, ZHENGZHOU) == []


def test_a_place_far_away_is_told_with_its_distance() -> None:
    assert said({"gps": [39.90, 116.40]}, ZHENGZHOU) == ["照片里的位置离郑州市约 623 公里，请核对拍摄地点"]


def test_the_nearest_of_several_places_counts() -> None:
    luoyang = Place("洛阳市", 34.62, 112.45)
    assert said({"gps": [34.62, 112.46]}, ZHENGZHOU, luoyang) == []


def test_without_a_known_centre_no_place_is_wrong() -> None:
    assert said({"gps": [39.90, 116.40]}) == []


@given(
    at=st.datetimes(datetime(2020, 11, 1), datetime(2020, 11, 25)),  # noqa: DTZ001 - Hypothesis wants them so
    hours=st.integers(-12, 14),
)
def test_only_the_day_in_the_campaigns_zone_decides(at: datetime, hours: int) -> None:
    zone = f"{'-' if hours < 0 else '+'}{abs(hours):02}:00"
    facts = {"taken": at.isoformat(timespec="seconds"), "zone": zone}
    day = (at - timedelta(hours=hours) + timedelta(hours=8)).date()
    late = datetime(2021, 1, 1, tzinfo=SHANGHAI)
    assert bool(said(facts, added=late)) is (day not in WEEK)
    moment = taken_at(facts, SHANGHAI)
    assert moment is not None
    assert moment.date() == day


@given(
    latitude=st.floats(-89, 89), longitude=st.floats(-179, 179), bearing=st.sampled_from([(1, 0), (-1, 0)])
)
def test_a_degree_of_latitude_is_111_kilometres(
    latitude: float, longitude: float, bearing: tuple[int, int]
) -> None:
    here = Place("x", latitude, longitude)
    there = latitude + bearing[0]
    assert 111 < here.kilometres(there, longitude) < 112
    assert here.kilometres(latitude, longitude) < 0.001 < FAR
