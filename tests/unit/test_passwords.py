"""Which passwords are refused."""

from __future__ import annotations

import pytest

from core.domain.passwords import LONGEST, SHORTEST, problem_with


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "雨后的老街很安静三点", "Kx7!pq-Wv2rT", "zebra-lamp-river"],
)
def test_a_long_sentence_of_any_composition_is_accepted(password: str) -> None:
    assert problem_with(password, ["张三", "zz-office"]) is None


def test_length_decides_first() -> None:
    long_enough = "rain over old lane"
    assert problem_with(long_enough[:SHORTEST]) is None
    short = problem_with(long_enough[: SHORTEST - 1])
    assert short
    assert str(SHORTEST) in short.zh
    assert str(SHORTEST) in short.en
    assert problem_with((long_enough * 10)[:LONGEST]) is None
    too_long = problem_with((long_enough * 10)[: LONGEST + 1])
    assert too_long
    assert str(LONGEST) in too_long.zh


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "Password!2020",
        "1234567890",
        "aaaaaaaaaaaa",
        "ababababab",
        "qwerty123456",
        "woaini20201112",
        "Dudao-2020-11",
        "反诈2020-11-12",
        "ADMIN--2020--",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    problem = problem_with(password)
    assert problem
    assert "容易猜到" in problem.zh
    assert "easy to guess" in problem.en


@pytest.mark.parametrize("password", ["zz-office-2020", "ZZOFFICE20201112", "某市分局20201112"])
def test_ones_own_names_with_digits_are_refused(password: str) -> None:
    about = ["zz-office", "某市分局", ""]
    assert problem_with(password, about)
    assert problem_with(password, ["别人的名字"]) is None
