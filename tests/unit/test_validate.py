"""What a declaration must not do, each with a sentence that its author can act on."""

from __future__ import annotations

from typing import Any

import pytest

from core.api import Duty, Plugin, ReportForm, UnitKind, UnitType, once, phase_end, text, weekly
from core.extend.validate import problems

KIND = UnitKind("k", "种")


class Form(ReportForm):
    title = text("题目", "Title")


def duty(code: str = "THG-01", **changes: Any) -> Duty:
    given: dict[str, Any] = {"who": KIND, "due": weekly(), "form": Form} | changes
    return Duty(code, "事", **given)


def said(*types: UnitType) -> str:
    return "; ".join(problems(Plugin("thing", "物", "1.0", unit_types=types)))


def of(*duties: Duty) -> UnitType:
    return UnitType("thing", "物", [KIND], duties)


def test_a_right_declaration_has_no_problem() -> None:
    assert said(of(duty())) == ""


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"who": []}, "names no kind"),
        ({"due": weekly(0)}, "due 0 times"),
        ({"due": once(by=phase_end(0))}, "there is no phase 0"),
        ({"due": once(by=phase_end(10))}, "there is no phase 10"),
        ({"due": "weekly"}, "due= needs"),
        ({"evidence": "a photo"}, "evidence= needs"),
        ({"grace": -1}, "grace is a number of days"),
        ({"form": int}, "form= needs"),
        ({"covers": "topics"}, "covers='topics' is not a field"),
    ],
)
def test_a_wrong_duty_is_named_with_what_to_do(wrong: dict[str, Any], words: str) -> None:
    told = said(of(duty(**wrong)))
    assert words in told
    assert "THG-01" in told


def test_nothing_may_be_declared_twice_in_one_plugin() -> None:
    assert "duty code THG-01 is declared twice" in said(of(duty(), duty()))
    assert "unit type 'thing' is declared twice" in said(of(duty()), of(duty("THG-02")))
