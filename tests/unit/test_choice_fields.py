"""Choices, and yes or no."""

from __future__ import annotations

import pytest

from core.api import (
    ReportForm,
    choice,
    choices,
    yes_no,
)
from tests.unit.asked import MEDIA, errors, kept, one, refused


def test_one_of_the_options_must_be_chosen() -> None:
    assert kept(choice("选", options=MEDIA), "radio") == "radio"
    assert refused(choice("选", options=MEDIA), "radio2").zh == "请从列出的选项中选择"
    assert kept(choice("选", options=MEDIA, required=False), "") is None


def test_several_options_are_kept_once_in_the_order_of_the_form() -> None:
    assert kept(choices("选", options=MEDIA), ["press", "tv", "press", ""]) == ["tv", "press"]
    assert kept(choices("选", options=MEDIA, required=False), []) == []
    assert refused(choices("选", options=MEDIA), []).zh == "请至少选择一项"


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("typed", [["web"], ["tv", "web"]])
def test_an_option_that_does_not_exist_is_refused_and_never_dropped(typed: list[str], required: bool) -> None:
    field = choices("选", options=MEDIA, required=required)
    assert refused(field, typed).zh == "请从列出的选项中选择"


def test_a_form_that_nobody_has_sent_can_be_checked_too() -> None:
    class Many(ReportForm):
        it = choices("选", options=MEDIA)

    form = Many()
    assert not form.validate()
    assert errors(form)["it"][0].zh == "请至少选择一项"


@pytest.mark.parametrize(("typed", "value"), [("yes", True), ("no", False)])
@pytest.mark.parametrize("default", [None, True, False])
def test_yes_or_no_is_kept_as_it_was_chosen(typed: str, value: bool, default: bool | None) -> None:
    assert kept(yes_no("吗", default=default), typed) is value


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("typed", [None, "", " "])
def test_a_default_answers_where_nothing_was_chosen(default: bool, typed: str | None) -> None:
    assert kept(yes_no("吗", default=default), typed) is default
    assert one(yes_no("吗", default=default), typed).missing() == []


@pytest.mark.parametrize(("default", "shown"), [(True, "yes"), (False, "no"), (None, "")])
def test_a_default_is_chosen_on_a_new_page(default: bool | None, shown: str) -> None:
    class Ask(ReportForm):
        it = yes_no("吗", default=default)

    assert Ask().answers()["it"]._value() == shown
    assert Ask({}).answers()["it"]._value() == shown
    assert Ask({"it": ["no"]}).answers()["it"]._value() == "no"


def test_without_a_default_an_answer_is_needed() -> None:
    assert refused(yes_no("吗"), None).zh == "请填写此项"
    assert kept(yes_no("吗", required=False), None) is None
    assert one(yes_no("吗"), None).missing() == ["it"]


@pytest.mark.parametrize("default", [None, True])
def test_an_answer_that_is_neither_is_refused(default: bool | None) -> None:
    assert refused(yes_no("吗", default=default), "maybe").en == "Choose yes or no"
