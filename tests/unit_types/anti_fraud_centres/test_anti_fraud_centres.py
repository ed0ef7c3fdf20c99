"""The anti-fraud centres' duties."""

import pytest

from plugins.anti_fraud_centres import dudao_plugin
from plugins.anti_fraud_centres.duties import CENTRE
from tests.unit_types.anti_fraud_centres.examples import EXAMPLES, example
from tests.unit_types.helpers import Bench, Entries

centres = Bench(dudao_plugin(), example)


def frauds(count: int) -> Entries:
    """So many filled rows of AFC-01."""
    return {
        f"frauds-{row}-{name}": [typed]
        for row in range(count)
        for name, typed in (("fraud_type", "online_loans"), ("cases", "1"), ("loss", "10.00"))
    }


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    centres.check_round_trip(code)


def test_five_frequent_frauds_may_be_named() -> None:
    assert len(centres.accepted("AFC-01", frauds(5))["frauds"]) == 5


def test_a_sixth_fraud_never_reaches_the_record() -> None:
    form = centres.filled("AFC-01", frauds(6))
    form.validate()
    assert len(form.record()["frauds"]) == 5


def test_at_least_one_frequent_fraud_is_needed() -> None:
    entries = {"groups_at_risk": ["pupils"]}
    form = centres.duty("AFC-01").form(entries)
    assert not form.validate()
    assert set(form.errors) == {"frauds"}


def test_an_empty_row_between_two_does_not_count() -> None:
    record = centres.accepted(
        "AFC-01",
        {f"frauds-1-{name}": [""] for name in ("fraud_type", "cases", "loss")}
        | {"frauds-2-fraud_type": ["prizes"], "frauds-2-cases": ["3"], "frauds-2-loss": ["0"]},
    )
    assert [row["fraud_type"] for row in record["frauds"]] == ["fake_order_rebates", "prizes"]


@pytest.mark.parametrize(
    ("column", "typed"),
    [("fraud_type", "weather"), ("cases", "1.5"), ("cases", "-1"), ("loss", "10.005"), ("loss", "")],
)
def test_what_is_wrong_in_a_row_is_said_there(column: str, typed: str) -> None:
    assert centres.refusal("AFC-01", {f"frauds-1-{column}": [typed]})[0] == f"frauds-1-{column}"


def test_a_loss_is_kept_exactly() -> None:
    assert centres.accepted("AFC-01")["frauds"][1]["loss"] == "2045000.55"


def test_groups_at_risk_are_needed() -> None:
    assert centres.refusal("AFC-01", {"groups_at_risk": []})[0] == "groups_at_risk"


def test_a_counter_measure_is_for_one_listed_fraud_type() -> None:
    assert centres.refusal("AFC-06", fraud_type="weather")[0] == "fraud_type"


def test_footage_and_finished_material_are_proved_by_a_file_of_any_kind() -> None:
    for code in ("AFC-02", "AFC-03"):
        assert centres.duty(code).evidence.kinds == ("photo", "video", "document", "sheet")


def test_centres_are_inspected_on_two_points() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [item.kinds for item in unit_type.inspection] == [(CENTRE,)] * 2
