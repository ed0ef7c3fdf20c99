"""The banks' duties."""

from datetime import date

import pytest

from core.domain.schema import metric_values
from plugins.banks import dudao_plugin
from plugins.banks.duties import BANK, OUTLET, REGULATOR
from tests.unit_types.banks.examples import EXAMPLES, example
from tests.unit_types.helpers import Bench, first_span

banks = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    banks.check_round_trip(code)


def test_only_the_outlet_is_front_line() -> None:
    assert [kind.front_line for kind in (REGULATOR, BANK, OUTLET)] == [False, False, True]


@pytest.mark.parametrize("code", ["BNK-03", "BNK-04"])
def test_banners_and_notices_are_due_at_the_end_of_phase_one(code: str) -> None:
    assert first_span(banks.duty(code)).ends == date(2020, 11, 4)


@pytest.mark.parametrize("hours", ["0", "24"])
def test_a_screen_may_run_from_never_to_all_day(hours: str) -> None:
    assert banks.accepted("BNK-02", hours_a_day=hours)["hours_a_day"] == f"{hours}.0"


@pytest.mark.parametrize("hours", ["24.5", "240", "-1"])
def test_a_screen_cannot_run_more_than_24_hours_a_day(hours: str) -> None:
    assert banks.refusal("BNK-02", hours_a_day=hours)[0] == "hours_a_day"


def test_no_more_terminals_can_have_a_notice_than_there_are() -> None:
    where, why = banks.refusal("BNK-04", terminals_total="12", terminals_done="13")
    assert where == "terminals_done"
    assert "12" in why


def test_an_outlet_without_terminals_may_say_so() -> None:
    assert banks.accepted("BNK-04", terminals_total="0", terminals_done="0")["terminals_done"] == 0


def test_no_more_outlets_can_take_part_than_the_bank_has() -> None:
    assert banks.refusal("BNK-06", outlets_taking_part="41")[0] == "outlets_taking_part"
    assert banks.accepted("BNK-06", outlets_taking_part="40")["outlets_taking_part"] == 40


def test_a_wrong_total_is_blamed_alone() -> None:
    assert banks.refusal("BNK-06", outlets_total="四十")[0] == "outlets_total"


@pytest.mark.parametrize("amount", ["0.001", "50000.505", "-1", "五万"])
def test_money_saved_has_at_most_two_decimals_and_is_not_negative(amount: str) -> None:
    assert banks.refusal("BNK-05", money_saved=amount)[0] == "money_saved"


def test_money_saved_is_kept_exactly_and_summed_in_fen() -> None:
    record = banks.accepted("BNK-05", money_saved="3,456,789,012.34")
    assert record["money_saved"] == "3456789012.34"
    sums = metric_values(banks.schema("BNK-05"), record)
    assert sums["money_saved"] == 345_678_901_234


def test_a_week_without_a_typical_case_is_accepted() -> None:
    assert banks.accepted("BNK-05", typical_case="")["typical_case"] is None


def test_a_screen_is_proved_by_a_photo_or_a_video_and_a_banner_by_a_photo() -> None:
    assert banks.duty("BNK-02").evidence.kinds == ("photo", "video")
    assert banks.duty("BNK-03").evidence.kinds == ("photo",)


def test_only_undercover_visitors_see_whether_the_teller_asks() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [item.key for item in unit_type.inspection if item.undercover] == ["teller_asked"]
    assert {item.kinds for item in unit_type.inspection} == {(OUTLET,)}


def test_a_victims_no_falls_on_the_outlet() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [question.kinds for question in unit_type.callbacks] == [(OUTLET,)]
