"""What a unit reads on its first page on a given day: the notice's dates, as domain.md explains them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from core.domain.obligations import URGENCIES
from core.services import agenda, plugins, reports, review
from core.services.agenda import Agenda, Item
from core.store.db import db
from core.store.queries import units as queries
from tests.conftest import actor
from tests.services.helpers import (
    add_unit,
    at,
    campaign,
    clerk,
    day,
    filled,
    handed_in,
    later,
    typed,
    version,
)


def of(unit_id: int) -> Agenda:
    unit = queries.unit(db.session(), unit_id)
    assert unit is not None
    return agenda.of_unit(campaign(), unit, plugins.on())


def item(unit_id: int, code: str, period: str) -> Item:
    return next(i for i in of(unit_id).items if i.obligation.key == (code, period))


def urgencies(unit_id: int, moment: datetime) -> dict[tuple[str, str], str]:
    at(moment)
    return {i.obligation.key: i.urgency for i in of(unit_id).items}


def accept(report_id: str) -> None:
    review.accept(actor("inspector"), report_id, review.claim(actor("inspector"), report_id)["version"])


def give_back(report_id: str) -> None:
    claimed = review.claim(actor("inspector"), report_id)["version"]
    review.return_(actor("inspector"), report_id, claimed, "请补充")


def test_an_operator_owes_the_whole_month_by_its_duties(app: Flask) -> None:
    found = of(add_unit("one")).items
    assert Counter(i.obligation.duty.code for i in found) == {
        "GEN-01": 1, "GEN-02": 1, "GEN-03": 36, "GEN-04": 3, "GEN-05": 1, "CAR-02": 1, "CAR-03": 6, "CAR-06": 3,
    }  # fmt: skip
    weeks = [i.obligation for i in found if i.obligation.duty.code == "CAR-03"]
    assert {o.period.key: o.needed for o in weeks} == {f"week-{n}": 3 for n in range(1, 6)} | {"week-6": 1}
    last = next(o.period for o in weeks if o.period.key == "week-6")
    assert last.starts == last.ends == day(11, 30).date()


def test_a_hall_at_the_counter_owes_no_daily_report_and_a_regulator_no_messages(app: Flask) -> None:
    codes = {
        kind: {i.obligation.duty.code for i in of(add_unit(kind, kind)).items}
        for kind in ("hall", "regulator")
    }
    everyone = {"GEN-01", "GEN-02", "GEN-04", "GEN-05"}
    assert codes == {"hall": everyone | {"CAR-04", "CAR-05"}, "regulator": everyone | {"GEN-03", "CAR-01"}}


def test_before_the_campaign_everything_is_later(app: Flask) -> None:
    found = urgencies(add_unit("one"), day(10, 25, 23, 59, 59))
    assert set(found.values()) == {"later"}


def test_on_the_first_day_the_plan_the_week_and_the_day_are_there(app: Flask) -> None:
    unit_id = add_unit("one")
    found = urgencies(unit_id, day(10, 26, 0))
    assert {key: how for key, how in found.items() if how != "later"} == {
        ("GEN-03", "day-1"): "due_today",
        ("GEN-01", "once-1"): "due_now",
        ("GEN-02", "once-1"): "due_now",
        ("GEN-05", "once-1"): "due_now",
        ("GEN-04", "phase-1"): "due_now",
        ("CAR-02", "phase-1"): "due_now",
        ("CAR-03", "week-1"): "due_now",
        ("CAR-06", "phase-1"): "due_now",
    }
    assert of(unit_id).items[0].obligation.key == ("GEN-03", "day-1")


@pytest.mark.parametrize(
    ("key", "moments"),
    [
        # The plan by 10-30, with a day of grace.
        (("GEN-01", "once-1"), [(day(10, 29, 23, 59), "due_now"), (day(10, 30, 0), "due_today"),
                                (day(10, 31, 23, 59, 59), "due_today"), (day(11, 1, 0), "overdue")]),
        # The first week ends on Sunday, 11-01.
        (("CAR-03", "week-1"), [(day(10, 31, 23, 59), "due_now"), (day(11, 1, 0), "due_today"),
                                (day(11, 2, 23, 59, 59), "due_today"), (day(11, 3, 0), "overdue")]),
        (("CAR-03", "week-2"), [(day(11, 1, 23, 59, 59), "later"), (day(11, 2, 0), "due_now")]),
        # Phase 1 ends on 11-04; phase 2 begins on the next day.
        (("CAR-02", "phase-1"), [(day(11, 4, 0), "due_today"), (day(11, 5, 12), "due_today"),
                                 (day(11, 6, 0), "overdue")]),
        (("CAR-06", "phase-2"), [(day(11, 4, 23, 59, 59), "later"), (day(11, 5, 0), "due_now"),
                                 (day(11, 15, 0), "due_today"), (day(11, 17, 0), "overdue")]),
        # The last week is one day long.
        (("CAR-03", "week-6"), [(day(11, 29, 23, 59, 59), "later"), (day(11, 30, 0), "due_today"),
                                (day(12, 1, 23, 59, 59), "due_today"), (day(12, 2, 0), "overdue")]),
        (("GEN-03", "day-36"), [(day(11, 30, 0), "due_today"), (day(12, 2, 0), "overdue")]),
        # The final report by 12-05.
        (("GEN-05", "once-1"), [(day(12, 4), "due_now"), (day(12, 5, 0), "due_today"),
                                (day(12, 6, 23, 59, 59), "due_today"), (day(12, 7, 0), "overdue")]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_duty_becomes_urgent_on_the_notices_days(
    app: Flask, key: tuple[str, str], moments: list[tuple[datetime, str]]
) -> None:
    unit_id = add_unit("one")
    assert [urgencies(unit_id, moment)[key] for moment, _how in moments] == [how for _moment, how in moments]


def test_three_messages_a_week_are_counted_one_by_one(any_app: Flask) -> None:
    unit_id = add_unit("one")
    who = clerk(unit_id)
    sent = []
    for number in range(3):
        found = item(unit_id, "CAR-03", "week-3")
        assert (found.urgency, found.standing.filed, found.standing.needed) == ("due_now", number, 3)
        sent.append(handed_in(who, "CAR-03", "week-3", number))
        later(timedelta(minutes=1))
    assert item(unit_id, "CAR-03", "week-3").urgency == "waiting"
    give_back(sent[1])
    found = item(unit_id, "CAR-03", "week-3")
    assert (found.urgency, found.standing.filed, found.standing.returned) == ("returned", 2, 1)
    assert found.open_report is not None and found.open_report.id == sent[1]
    assert of(unit_id).items[0] == found
    assert [(i, report.id) for i, report in of(unit_id).returned] == [(found, sent[1])]
    filed_again = reports.save(
        who,
        replace(filled(unit_id, "CAR-03", "week-3", 7), report_id=sent[1], version=version(sent[1])),
        submit=True,
    )
    assert filed_again.ok
    for number, report_id in enumerate(sent):
        assert item(unit_id, "CAR-03", "week-3").standing.accepted == number
        accept(report_id)
    assert item(unit_id, "CAR-03", "week-3").urgency == "done"
    assert item(unit_id, "CAR-03", "week-3") in of(unit_id).done


def test_a_draft_is_offered_to_go_on_with(app: Flask) -> None:
    unit_id = add_unit("one")
    who = clerk(unit_id)
    draft = reports.save(who, filled(unit_id, "GEN-03", "day-18"), submit=False).answer["id"]
    found = item(unit_id, "GEN-03", "day-18")
    assert found.open_report is not None
    assert (found.open_report.id, found.urgency, found.standing.filed) == (draft, "due_today", 0)


def test_a_withdrawn_report_counts_for_nothing(app: Flask) -> None:
    unit_id = add_unit("one")
    who = clerk(unit_id)
    report_id = handed_in(who, "GEN-03", "day-18")
    assert item(unit_id, "GEN-03", "day-18").urgency == "waiting"
    reports.withdraw(who, report_id, version(report_id))
    assert item(unit_id, "GEN-03", "day-18").urgency == "due_today"


def test_what_is_most_urgent_comes_first(app: Flask) -> None:
    unit_id = add_unit("one")
    give_back(handed_in(clerk(unit_id), "CAR-06", "phase-2"))
    at(day(11, 12))
    found = of(unit_id)
    assert found.items[0].obligation.key == ("CAR-06", "phase-2")
    places = [URGENCIES.index(i.urgency) for i in found.items]
    assert places == sorted(places)
    assert {i.urgency for i in found.items} == {"returned", "overdue", "due_today", "due_now", "later"}
    overdue = [i.due_at for i in found.items if i.urgency == "overdue"]
    assert overdue == sorted(overdue)


PART_TIME, CARDS, TEACHER = "part_time_fake_orders", "card_trading", "fake_teacher"


def how(found: Item) -> tuple[str, set[str]]:
    """Urgency and topics that nobody has reported yet."""
    return found.urgency, set(found.standing.topics_missing)


def test_the_three_topics_may_be_explained_in_several_reports(any_app: Flask) -> None:
    """EDU-05: all three by the end of the phase, in one report or more; a return opens its topic again."""
    unit_id = add_unit("school", "school", "education")
    who = clerk(unit_id, "education-reporter")

    def explain(*topics: str, seed: int) -> str:
        entries = typed("EDU-05", "phase-2", seed) | {"topics": list(topics)}
        later(timedelta(minutes=1))
        return handed_in(who, "EDU-05", "phase-2", seed, entries=entries)

    first = explain(PART_TIME, CARDS, seed=1)
    found = item(unit_id, "EDU-05", "phase-2")
    assert how(found) == ("due_now", {TEACHER})
    second = explain(TEACHER, seed=2)
    assert item(unit_id, "EDU-05", "phase-2").urgency == "waiting"
    accept(first)
    found = item(unit_id, "EDU-05", "phase-2")
    assert (str(found.urgency), set(found.standing.topics_unaccepted)) == ("waiting", {TEACHER})
    give_back(second)
    found = item(unit_id, "EDU-05", "phase-2")
    assert how(found) == ("returned", {TEACHER})
    accept(explain(TEACHER, PART_TIME, seed=3))
    assert item(unit_id, "EDU-05", "phase-2").urgency == "done"


def test_the_same_topic_three_times_is_not_three_topics(app: Flask) -> None:
    unit_id = add_unit("school", "school", "education")
    who = clerk(unit_id, "education-reporter")
    for seed in range(3):
        entries = typed("EDU-05", "phase-2", seed) | {"topics": [CARDS]}
        accept(handed_in(who, "EDU-05", "phase-2", seed, entries=entries))
    found = item(unit_id, "EDU-05", "phase-2")
    assert how(found) == ("due_now", {PART_TIME, TEACHER})


def test_another_units_reports_change_nothing(app: Flask) -> None:
    one, other = add_unit("one"), add_unit("other")
    before = of(one)
    handed_in(clerk(other), "GEN-03", "day-18")
    assert of(one) == before
