"""The other member units' duty."""

import pytest

from plugins.other_members import dudao_plugin
from tests.unit_types.helpers import Bench
from tests.unit_types.other_members.examples import EXAMPLES, example

members = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    members.check_round_trip(code)


def test_what_was_done_must_be_said() -> None:
    assert members.refusal("OTH-01", done="  \n ")[0] == "done"


@pytest.mark.parametrize("field", ["staff", "customers"])
def test_staff_and_customers_are_whole_numbers(field: str) -> None:
    assert members.refusal("OTH-01", {field: ["许多"]})[0] == field


def test_control_signs_do_not_reach_the_record() -> None:
    assert members.accepted("OTH-01", done="一\x00二\r\n三")["done"] == "一二\n三"


def test_other_members_are_neither_inspected_nor_asked_about() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert (unit_type.inspection, unit_type.callbacks) == ((), ())
