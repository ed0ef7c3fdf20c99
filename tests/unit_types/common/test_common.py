"""The duties of every unit."""

from datetime import date

import pytest

from core.api import Everyone
from plugins.common import dudao_plugin
from tests.unit_types.common.examples import EXAMPLES, example
from tests.unit_types.helpers import NOTICE, Bench, first_span

common = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    common.check_round_trip(code)


@pytest.mark.parametrize("code", ["GEN-01", "GEN-02", "GEN-04", "GEN-05"])
def test_plan_team_summary_and_final_report_bind_every_unit(code: str) -> None:
    assert common.duty(code).who == Everyone()


def test_the_daily_report_does_not_bind_outlets_and_schools() -> None:
    assert common.duty("GEN-03").who == Everyone(front_line=False)


@pytest.mark.parametrize("code", ["GEN-01", "GEN-02"])
def test_plan_and_team_are_due_on_the_fifth_day(code: str) -> None:
    assert first_span(common.duty(code)).ends == date(2020, 10, 30)


def test_the_final_report_is_due_five_days_after_the_campaign() -> None:
    assert first_span(common.duty("GEN-05")).ends == date(2020, 12, 5)


def test_deadlines_move_with_the_campaign() -> None:
    by = common.duty("GEN-01").due.by
    assert by is not None
    assert by.on(NOTICE.moved(weeks=2)) == date(2020, 11, 13)


@pytest.mark.parametrize("length", [20, 500])
def test_a_daily_summary_has_20_to_500_characters(length: int) -> None:
    assert len(common.accepted("GEN-03", summary="字" * length)["summary"]) == length


@pytest.mark.parametrize(("length", "bound"), [(19, "20"), (501, "500")])
def test_a_daily_summary_outside_20_to_500_characters_is_refused(length: int, bound: str) -> None:
    where, why = common.refusal("GEN-03", summary="字" * length)
    assert where == "summary"
    assert bound in why


def test_blanks_do_not_lengthen_a_daily_summary() -> None:
    assert common.refusal("GEN-03", summary="字" * 19 + " \n")[0] == "summary"


def test_a_daily_report_without_a_channel_is_refused() -> None:
    assert common.refusal("GEN-03", {"channels": []})[0] == "channels"


def test_a_daily_report_with_an_unknown_channel_is_refused() -> None:
    assert common.refusal("GEN-03", {"channels": ["leaflets", "carrier_pigeon"]})[0] == "channels"


def test_a_quiet_day_may_be_reported_with_zeros() -> None:
    record = common.accepted("GEN-03", activities="0", people_reached="0")
    assert (record["activities"], record["people_reached"]) == (0, 0)


def test_fewer_than_no_people_are_refused() -> None:
    assert common.refusal("GEN-03", people_reached="-1")[0] == "people_reached"


def test_sharing_in_the_matrix_is_proposed_and_may_be_declined() -> None:
    assert common.duty("GEN-03").form()["share_to_feed"].data is True
    assert common.accepted("GEN-03", share_to_feed="no")["share_to_feed"] is False


def test_a_day_without_a_picture_is_enough_and_nine_are_the_most() -> None:
    evidence = common.duty("GEN-03").evidence
    assert (evidence.at_least, evidence.at_most, evidence.kinds) == (0, 9, ("photo", "video"))


def test_the_plan_is_proved_by_a_document_and_the_team_by_a_photo_too() -> None:
    assert "photo" not in common.duty("GEN-01").evidence.kinds
    assert "photo" in common.duty("GEN-02").evidence.kinds


def test_honours_and_suggestions_may_be_left_out() -> None:
    record = common.accepted("GEN-05", {"honours": [], "suggestions": []})
    assert (record["honours"], record["suggestions"]) == (None, None)


def test_a_meeting_date_that_is_no_date_is_refused() -> None:
    assert common.refusal("GEN-02", meeting_date="2020-02-30")[0] == "meeting_date"


def test_every_victim_is_asked_about_the_publicity_month() -> None:
    [question] = dudao_plugin().callbacks
    assert question.kinds == ()
    assert question.asked_of.zh == ""
