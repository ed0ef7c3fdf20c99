"""The carriers' duties."""

from datetime import date

import pytest

from core.domain.calendar import Span
from plugins.carriers import dudao_plugin
from plugins.carriers.duties import HALL, OPERATOR, REGULATOR
from tests.unit_types.carriers.examples import EXAMPLES, example
from tests.unit_types.helpers import Bench

carriers = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    carriers.check_round_trip(code)


def test_only_the_hall_is_front_line() -> None:
    assert [kind.front_line for kind in (REGULATOR, OPERATOR, HALL)] == [False, False, True]


@pytest.mark.parametrize("missing", ["mobile", "unicom", "telecom"])
def test_the_regulator_must_have_covered_all_three_operators(missing: str) -> None:
    covered = [name for name in ("mobile", "unicom", "telecom") if name != missing]
    where, why = carriers.refusal("CAR-01", {"operators": covered})
    assert where == "operators"
    assert missing.title() in why


def test_an_operator_that_does_not_exist_is_refused() -> None:
    every = ["mobile", "unicom", "telecom", "fourth"]
    assert carriers.refusal("CAR-01", {"operators": every})[0] == "operators"


@pytest.mark.parametrize("sent_at", ["2020-11-09T00:00", "2020-11-15T23:59"])
def test_a_warning_message_may_be_sent_from_the_weeks_first_to_its_last_minute(sent_at: str) -> None:
    entries = example("CAR-03") | {"sent_at": [sent_at]}
    form = carriers.duty("CAR-03").form(entries, span=Span(date(2020, 11, 9), date(2020, 11, 15)))
    assert form.validate()


@pytest.mark.parametrize("sent_at", ["2020-11-08T23:59", "2020-11-16T00:00"])
def test_a_warning_message_sent_outside_the_week_is_refused(sent_at: str) -> None:
    entries = example("CAR-03") | {"sent_at": [sent_at]}
    form = carriers.duty("CAR-03").form(entries, span=Span(date(2020, 11, 9), date(2020, 11, 15)))
    assert not form.validate()
    assert set(form.errors) == {"sent_at"}


def test_a_sending_time_may_be_typed_with_a_blank() -> None:
    assert carriers.accepted("CAR-03", sent_at="2020-10-27 09:30")["sent_at"] == "2020-10-27T09:30"


def test_a_sending_time_that_is_none_is_refused() -> None:
    assert carriers.refusal("CAR-03", sent_at="昨天上午")[0] == "sent_at"


@pytest.mark.parametrize("code", ["CAR-02", "CAR-03"])
def test_a_messages_wording_may_have_500_characters_and_no_more(code: str) -> None:
    assert carriers.accepted(code, wording="字" * 500)["wording"] == "字" * 500
    where, why = carriers.refusal(code, wording="字" * 501)
    assert where == "wording"
    assert "500" in why


def test_a_fraud_type_that_is_not_listed_is_refused() -> None:
    assert carriers.refusal("CAR-03", fraud_type="weather")[0] == "fraud_type"


@pytest.mark.parametrize("share", ["-0.1", "100.1", "62.55"])
def test_the_share_of_users_is_a_percentage_with_one_decimal(share: str) -> None:
    assert carriers.refusal("CAR-03", share_of_users=share)[0] == "share_of_users"


def test_all_users_may_have_been_reached() -> None:
    assert carriers.accepted("CAR-03", share_of_users="100")["share_of_users"] == "100.0"


@pytest.mark.parametrize("recipients", ["2500000.5", "很多", "-1"])
def test_recipients_are_a_whole_number(recipients: str) -> None:
    assert carriers.refusal("CAR-03", recipients=recipients)[0] == "recipients"


def test_thousands_separators_and_full_width_digits_are_understood() -> None:
    assert carriers.accepted("CAR-03", recipients="2,500,000")["recipients"] == 2_500_000
    assert carriers.accepted("CAR-03", recipients="２５")["recipients"] == 25


@pytest.mark.parametrize("hours", ["0", "24"])
def test_a_screen_may_run_from_never_to_all_day(hours: str) -> None:
    assert carriers.accepted("CAR-05", screen_hours=hours)["screen_hours"] == f"{hours}.0"


@pytest.mark.parametrize("hours", ["24.1", "25", "-1"])
def test_a_screen_cannot_run_more_than_24_hours_a_day(hours: str) -> None:
    assert carriers.refusal("CAR-05", screen_hours=hours)[0] == "screen_hours"


def test_a_tool_that_is_not_listed_is_refused() -> None:
    assert carriers.refusal("CAR-06", tool="magic")[0] == "tool"


def test_every_tool_that_the_notice_names_can_be_chosen() -> None:
    tools = {option.title.zh for option in carriers.schema("CAR-06").field("tool").choices}
    assert tools >= {
        "移动高频拦截",
        "联通手机管家",
        "电信天翼",
        "个人护身符",
        "金钟罩",
        "手机自带拦截系统",
    }


@pytest.mark.parametrize("code", ["CAR-02", "CAR-03"])
def test_a_sending_is_proved_by_an_export_or_a_screenshot(code: str) -> None:
    assert {"sheet", "photo"} <= set(carriers.duty(code).evidence.kinds)


def test_a_reminder_at_the_counter_is_proved_by_a_photo_and_an_explanation_by_a_video_too() -> None:
    assert carriers.duty("CAR-04").evidence.kinds == ("photo",)
    assert carriers.duty("CAR-05").evidence.kinds == ("photo", "video")


def test_halls_are_inspected_on_four_points_and_operators_on_two() -> None:
    [unit_type] = dudao_plugin().unit_types
    asked = [item.kinds for item in unit_type.inspection]
    assert asked.count((HALL,)) == 4
    assert asked.count((OPERATOR,)) == 2


def test_a_victims_no_falls_on_the_operator_or_on_the_hall() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [question.kinds for question in unit_type.callbacks] == [(OPERATOR,), (HALL,)]
