"""Inspectors: who may review what, and for how long a claim keeps others out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from core.domain.access import Actor, Grant, Reach, Role
from core.domain.errors import Conflict, Denied, Missing
from core.domain.workflow import CLAIM_MINUTES, State
from core.services import reports, review
from core.store.queries.reviews import QueueFilter
from tests.conftest import actor
from tests.services.helpers import (
    OTHER_CITY,
    clerk,
    handed_in,
    home,
    later,
    stored,
    version,
)

REASON = "照片看不清日期，请重新拍摄"
SECOND = timedelta(seconds=1)


def test_a_report_put_back_in_the_queue_is_free_for_all_again(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    put_back = review.release(inspector, report_id, review.claim(inspector, report_id)["version"])
    assert put_back["state"] == "submitted"
    assert stored(report_id).claimed_by is None
    assert reports.withdraw(operator, report_id, version(report_id))["state"] == "withdrawn"


def also_inspector(who: Actor) -> Actor:
    return replace(who, grants=(*who.grants, Grant(Role.INSPECTOR, Reach())))


def test_nobody_reviews_a_report_of_an_own_unit(app: Flask, operator: Actor, inspector: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    lead = clerk(home(operator), "carriers-lead", Role.LEAD)
    for judge in (also_inspector(operator), also_inspector(lead)):
        with pytest.raises(Denied):
            review.claim(judge, report_id)
    claimed = review.claim(inspector, report_id)
    turned = replace(inspector, grants=(*inspector.grants, Grant(Role.LEAD, Reach(home(operator)))))
    with pytest.raises(Denied):
        review.accept(turned, report_id, claimed["version"])
    with pytest.raises(Denied):
        review.return_(turned, report_id, claimed["version"], REASON)
    assert stored(report_id).state == State.IN_REVIEW


def test_who_submitted_a_report_never_reviews_it_even_after_leaving_the_unit(
    app: Flask, operator: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    left = replace(operator, grants=(Grant(Role.INSPECTOR, Reach()),))
    with pytest.raises(Denied):
        review.claim(left, report_id)


def test_the_next_report_in_the_queue_is_never_one_of_an_own_unit(app: Flask, operator: Actor) -> None:
    handed_in(operator, "CAR-06", "phase-2")
    newest = QueueFilter(unit_type="carriers", duty_code="CAR-06")
    judge = also_inspector(clerk(home(operator), "carriers-lead"))
    while (taken := review.claim_next(judge, newest)) is not None:
        assert stored(taken["id"]).unit_id not in operator.unit_ids
        review.accept(judge, taken["id"], taken["version"])
    assert review.claim_next(actor("inspector"), newest) is not None


def test_an_inspector_outside_the_region_or_type_finds_nothing(app: Flask, operator: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    outside = replace(
        actor("inspector"), grants=(Grant(Role.INSPECTOR, Reach(region_path=f"/410000/{OTHER_CITY}/")),)
    )
    other_type = replace(
        actor("inspector"), grants=(Grant(Role.INSPECTOR, Reach(unit_types=frozenset({"banks"}))),)
    )
    for judge in (outside, other_type, operator):
        with pytest.raises(Missing):
            review.claim(judge, report_id)
    assert stored(report_id).state == State.SUBMITTED


def test_a_claim_keeps_others_out_for_twenty_minutes_and_then_lapses(app: Flask, operator: Actor) -> None:
    first, second = actor("inspector"), actor("fx-inspector-inside")
    report_id = handed_in(operator, "CAR-03", "week-3")
    stale = review.claim(first, report_id)["version"]
    later(timedelta(minutes=CLAIM_MINUTES))
    with pytest.raises(Conflict) as busy:
        review.claim(second, report_id)
    assert first.name in busy.value.message.zh
    with pytest.raises(Conflict):
        review.accept(second, report_id, stale)
    later(SECOND)
    claimed = review.claim(second, report_id)
    assert stored(report_id).claimed_by == second.user_id
    with pytest.raises(Conflict):
        review.accept(first, report_id, stale)
    assert review.accept(second, report_id, claimed["version"])["state"] == "accepted"


def test_claiming_again_lengthens_ones_own_claim(app: Flask, operator: Actor) -> None:
    first, second = actor("inspector"), actor("fx-inspector-inside")
    report_id = handed_in(operator, "CAR-03", "week-3")
    review.claim(first, report_id)
    later(timedelta(minutes=CLAIM_MINUTES))
    review.claim(first, report_id)
    later(timedelta(minutes=CLAIM_MINUTES))
    with pytest.raises(Conflict):
        review.claim(second, report_id)
