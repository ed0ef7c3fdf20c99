"""The education duties."""

from datetime import date

import pytest

from plugins.education import dudao_plugin
from plugins.education.duties import AUTHORITY, SCHOOL, UNIVERSITY
from tests.unit_types.education.examples import EXAMPLES, example
from tests.unit_types.helpers import Bench, first_span

education = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    education.check_round_trip(code)


def test_universities_and_schools_are_front_line() -> None:
    assert [kind.front_line for kind in (AUTHORITY, UNIVERSITY, SCHOOL)] == [False, True, True]


@pytest.mark.parametrize("code", ["EDU-03", "EDU-04"])
def test_team_and_training_are_due_at_the_end_of_phase_two(code: str) -> None:
    assert first_span(education.duty(code)).ends == date(2020, 11, 15)


def test_no_more_schools_can_take_part_than_there_are() -> None:
    where, why = education.refusal("EDU-01", schools_taking_part="121")
    assert where == "schools_taking_part"
    assert "120" in why


@pytest.mark.parametrize("day", ["2020-11-05", "2020-11-15"])
def test_an_event_may_be_held_from_the_phases_first_to_its_last_day(day: str) -> None:
    assert education.accepted("EDU-02", held_on=day)["held_on"] == day


@pytest.mark.parametrize("day", ["2020-11-04", "2020-11-16"])
def test_an_event_outside_the_phase_is_refused(day: str) -> None:
    where, why = education.refusal("EDU-02", held_on=day)
    assert where == "held_on"
    assert "2020-11-05" in why


@pytest.mark.parametrize("field", ["forms", "fraud_types"])
def test_an_event_needs_a_form_and_a_fraud_type(field: str) -> None:
    assert education.refusal("EDU-02", {field: []})[0] == field


def test_an_event_is_proved_by_two_photos() -> None:
    evidence = education.duty("EDU-02").evidence
    assert (evidence.at_least, evidence.kinds) == (2, ("photo",))


def test_a_team_is_proved_by_its_roster_and_not_by_a_photo() -> None:
    assert education.duty("EDU-03").evidence.kinds == ("document", "sheet")


@pytest.mark.parametrize("hours", ["-1", "1.25", "一小时"])
def test_hours_of_training_are_a_number_with_one_decimal(hours: str) -> None:
    assert education.refusal("EDU-04", hours=hours)[0] == "hours"


def test_one_report_may_explain_one_topic_but_not_none() -> None:
    record = education.accepted("EDU-05", {"topics": ["fake_teacher"]})
    assert record["topics"] == ["fake_teacher"]
    assert education.refusal("EDU-05", {"topics": []})[0] == "topics"


def test_all_three_topics_must_be_covered_over_the_phase() -> None:
    duty = education.duty("EDU-05")
    assert duty.covers == "topics"
    assert len(education.schema("EDU-05").field("topics").choices) == 3


def test_a_fourth_topic_is_refused() -> None:
    assert education.refusal("EDU-05", {"topics": ["fake_teacher", "weather"]})[0] == "topics"


def test_of_the_people_in_the_groups_none_is_summed_up() -> None:
    metrics = [spec.name for spec in education.schema("EDU-06").metrics]
    assert metrics == ["groups", "pushes"]


def test_campuses_are_inspected_on_four_points() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [item.kinds for item in unit_type.inspection] == [(UNIVERSITY, SCHOOL)] * 4


def test_students_and_parents_are_asked_about_their_school() -> None:
    [unit_type] = dudao_plugin().unit_types
    [question] = unit_type.callbacks
    assert question.kinds == (UNIVERSITY, SCHOOL)
    assert question.asked_of.pick("en") == "Students and parents"
