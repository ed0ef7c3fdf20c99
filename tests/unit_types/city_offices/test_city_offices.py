"""The city and county offices' duties."""

import pytest

from plugins.city_offices import dudao_plugin
from plugins.city_offices.duties import OFFICE
from tests.unit_types.city_offices.examples import EXAMPLES, example
from tests.unit_types.helpers import Bench

offices = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    offices.check_round_trip(code)


@pytest.mark.parametrize("code", ["CTY-01", "CTY-02"])
def test_remarks_on_inspections_and_callbacks_may_be_left_out(code: str) -> None:
    assert offices.accepted(code, remarks="")["remarks"] is None


def test_callbacks_take_no_evidence_and_inspections_need_none() -> None:
    assert offices.duty("CTY-02").evidence.at_most == 0
    assert offices.duty("CTY-01").evidence.at_least == 0
    assert offices.duty("CTY-01").evidence.at_most > 0


def test_a_series_names_at_least_one_medium() -> None:
    assert offices.refusal("CTY-03", {"media": []})[0] == "media"


def test_a_medium_that_is_not_listed_is_refused() -> None:
    assert offices.refusal("CTY-03", {"media": ["radio", "smoke"]})[0] == "media"


def test_each_of_the_seven_places_is_counted_for_itself() -> None:
    labels = [spec.label.zh for spec in offices.schema("CTY-04").metrics]
    assert labels[:7] == ["进社区", "进农村", "进网络", "进企业", "进校园", "进场所", "进家庭"]


def test_a_place_without_an_activity_is_reported_as_zero_and_not_left_out() -> None:
    assert offices.accepted("CTY-04", families="0")["families"] == 0
    assert offices.refusal("CTY-04", families="")[0] == "families"


@pytest.mark.parametrize("typed", ["-1", "1.5", "NaN", "10000000000000"])
def test_reads_are_a_plausible_whole_number(typed: str) -> None:
    assert offices.refusal("CTY-06", reads=typed)[0] == "reads"


def test_an_office_is_inspected_on_four_points() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [item.kinds for item in unit_type.inspection] == [(OFFICE,)] * 4
