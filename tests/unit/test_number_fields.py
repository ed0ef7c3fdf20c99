"""Numbers, amounts of money, and their bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api import (
    decimal,
    money,
    whole,
)
from core.api.fields import LARGEST, LARGEST_YUAN
from core.domain.schema import metric_values
from tests.unit.asked import kept, one, refused


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0),
        ("007", 7),
        (" 1200 ", 1200),
        ("1,200", 1200),
        ("1，200", 1200),
        ("12,345,678", 12_345_678),
        ("１２００", 1200),
        ("+5", 5),
        ("5.0", 5),
        ("-0", 0),
        ("1000000000000", 10**12),
    ],
)
def test_whole_numbers_are_read_as_people_write_them(typed: str, number: int) -> None:
    value = kept(whole("数"), typed)
    assert value == number
    assert type(value) is int


@pytest.mark.parametrize(
    "typed",
    [
        "1,5",
        "1,50",
        "1，5",
        "12,34",
        "1,2345",
        ",200",
        "1,,200",
        "1200,",
        "1,200,00",
        "1 5",
        "1e3",
        "1E3",
        "1_000",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "0x10",
        "5²",
        "①",
        "١٢",
        "十二",
        "12人",
        "约 12",
        "--1",
        "1.2.3",
        ".",
        "3.",
    ],
)
@pytest.mark.parametrize("field", [whole("数"), money("钱")])
def test_what_is_not_plainly_a_number_is_refused_with_an_example(field: Any, typed: str) -> None:
    assert refused(field, typed).en == "Enter a number, e.g. 1200"


@pytest.mark.parametrize(
    ("typed", "json_value"),
    [
        ("0", "0.00"),
        ("-0", "0.00"),
        ("-0.00", "0.00"),
        ("5", "5.00"),
        ("5.5", "5.50"),
        ("5.50", "5.50"),
        ("5.5000", "5.50"),
        ("005.50", "5.50"),
        ("1,280,000.05", "1280000.05"),
        ("１，２８０．５", "1280.50"),
        ("10000000000", "10000000000.00"),
    ],
)
def test_a_decimal_has_one_way_of_being_stored(typed: str, json_value: str) -> None:
    assert kept(money("钱"), typed) == json_value


@given(st.decimals(-(10**11), 10**11, allow_nan=False, places=2))
def test_every_decimal_is_kept_exactly(number: Any) -> None:
    assert kept(decimal("数", decimals=2, minimum=-(10**12)), f"{number:f}") == f"{number + 0:f}"


def test_too_many_decimals_are_refused_and_counted_right() -> None:
    assert refused(decimal("数", decimals=1), "1.25").en == "At most 1 decimal"
    assert refused(decimal("数", decimals=2), "1.255").en == "At most 2 decimals"
    assert refused(decimal("数", decimals=2), "1.255").zh == "最多 2 位小数"
    assert refused(decimal("数"), "1." + "0" * 400 + "1").en == "At most 1 decimal"
    assert refused(whole("数"), "1.5").en == "Enter a whole number"


@pytest.mark.parametrize("typed", ["1000000000001", "-1000000000001", "9" * 5000, "1" + "0" * 400 + ".5"])
def test_numbers_beyond_all_use_are_refused(typed: str) -> None:
    assert refused(whole("数", minimum=-(10**30), maximum=10**30), typed).en == "The number is too large"
    assert refused(decimal("数", minimum=-(10**30), maximum=10**30), typed).en == "The number is too large"


def test_bounds_are_included_and_the_refusal_names_them() -> None:
    field = whole("数", minimum=2, maximum=24)
    assert [kept(field, typed) for typed in ("2", "24")] == [2, 24]
    assert refused(field, "1").en == "Must be at least 2"
    assert refused(field, "25").en == "Must be at most 24"
    assert refused(decimal("数", maximum=24), "24.1").en == "Must be at most 24"
    assert refused(whole("数"), "-1").zh == "不能小于 0"


def test_sums_of_the_largest_numbers_over_a_province_fit_64_bits() -> None:
    reports = 60_000 * 36  # every unit of the province, every day
    assert refused(money("钱", metric=True), "10000000000.01").zh == "不能大于 10000000000"
    form = one(money("钱", metric=True), str(LARGEST_YUAN))
    assert form.validate()
    for_one_report = [*metric_values(form.schema(), form.record()).values(), LARGEST]
    assert max(for_one_report) * reports < 2**63
