"""The market regulation duties."""

import pytest

from core.domain.schema import present
from plugins.market_regulation import dudao_plugin, reports
from plugins.market_regulation.duties import AUTHORITY
from tests.unit_types.helpers import Bench
from tests.unit_types.market_regulation.examples import EXAMPLES, example

market_regulation = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    market_regulation.check_round_trip(code)


def test_no_more_finance_staff_can_be_trained_than_there_are() -> None:
    where, why = market_regulation.refusal("MKT-01", finance_staff_trained="211")
    assert where == "finance_staff_trained"
    assert "210" in why


def test_every_one_of_the_finance_staff_may_have_been_trained() -> None:
    record = market_regulation.accepted("MKT-01", finance_staff_trained="210")
    assert record["finance_staff_trained"] == 210


def test_no_more_people_can_pass_than_were_tested() -> None:
    assert market_regulation.refusal("MKT-03", passed="191")[0] == "passed"


@pytest.mark.parametrize("method", ["", "telepathy"])
def test_publicity_among_heads_of_enterprises_has_one_of_the_listed_forms(method: str) -> None:
    assert market_regulation.refusal("MKT-02", method=method)[0] == "method"


def test_training_is_proved_by_a_photo_or_a_document() -> None:
    assert {"photo", "document"} <= set(market_regulation.duty("MKT-01").evidence.kinds)


def test_the_test_is_proved_by_a_score_sheet_and_not_by_a_photo() -> None:
    assert market_regulation.duty("MKT-03").evidence.kinds == ("sheet", "document")


def test_finance_workers_are_asked_whether_they_were_trained() -> None:
    [unit_type] = dudao_plugin().unit_types
    [question] = unit_type.callbacks
    assert question.kinds == (AUTHORITY,)
    assert question.asked_of.zh == "财会人员"


def test_authorities_are_inspected_on_two_points() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [item.kinds for item in unit_type.inspection] == [(AUTHORITY,)] * 2


def test_the_pass_rate_of_the_test_is_shown() -> None:
    record = {"tested": 40, "passed": 34}
    schema = reports.FakeBossTest.schema()
    shown = {line.label.zh: [text.zh for text in line.lines] for line in present(schema, record)}
    assert shown["合格"] == ["34", "占“参加测验”的 85.0%"]


def test_a_test_that_nobody_took_has_no_pass_rate() -> None:
    shown = {
        line.label.zh: line.lines
        for line in present(reports.FakeBossTest.schema(), {"tested": 0, "passed": 0})
    }
    assert [text.zh for text in shown["合格"]] == ["0"]
