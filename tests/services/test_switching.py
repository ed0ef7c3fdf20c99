"""Many units switched at once: all or none, in one's own scope, with tallies that equal a recount afterwards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from core.domain.access import Actor
from core.domain.errors import Conflict, Invalid, Missing
from core.services import agenda, fsck, places, plugins, switching, tallies
from core.services.choices import Below, Choice, Listed, Matching, Named
from core.services.fsck import Findings
from core.services.places import NewUnit
from core.services.switch_preview import Preview, preview
from core.services.switching import Switched, switch_parts, switch_units
from core.services.work import SYSTEM
from core.store.db import db
from core.store.models import AuditRecord, Unit, UnitInterval
from core.store.queries import filings
from core.store.queries import units as queries
from core.store.queries.units import UnitFilter
from tests.conftest import actor
from tests.services.actions import bustle
from tests.services.helpers import (
    CITY,
    OTHER_CITY,
    accepted,
    add_unit,
    at,
    campaign,
    clerk,
    count,
    day,
    disagreements,
    handed_in,
    quiet,
    returned,
    stored,
)
from tests.services.test_tallies import finish_work
from tests.services.threads import together

REASON = "机构撤并"


def office() -> Actor:
    return actor("office")


def is_on(unit_id: int) -> bool:
    return any(known.ends is None for known in filings.intervals(db.session(), unit_id))


def states(ids: list[int]) -> list[bool]:
    return [is_on(unit_id) for unit_id in ids]


def tree() -> dict[str, int]:
    """A company of the city with branches here and elsewhere, outlets below these, and a unit of nobody."""
    rows = [
        ("top", CITY, None), ("here", CITY, "top"), ("away", OTHER_CITY, "top"), ("leaf", CITY, "here"),
        ("behind", CITY, "away"), ("other", CITY, None),
    ]  # fmt: skip
    new = [NewUnit(code, code, "carriers", "operator", region, parent) for code, region, parent in rows]
    return places.add_units(new, campaign().calendar.span.starts)


def records(action: str) -> list[AuditRecord]:
    db.session.expire_all()
    return list(db.session.query(AuditRecord).filter_by(action=action).order_by(AuditRecord.id))


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def busy(any_app: Flask) -> list[int]:
    """Five units of one city and one elsewhere, with reports in every state; one of the five is off."""
    quiet()
    ids = [add_unit(f"unit-{number}") for number in range(5)] + [add_unit("away", region=OTHER_CITY)]
    for unit_id in ids:
        who = clerk(unit_id)
        reports = [handed_in(who, "CAR-03", "week-3", seed) for seed in range(3)]
        accepted(reports[0], actor("inspector"))
        returned(reports[1], actor("inspector"))
        handed_in(who, "CAR-06", "phase-1", unit_id)
        accepted(handed_in(who, "GEN-03", "day-18", unit_id), actor("inspector"))
    switching.switch_unit(office(), ids[0], False, REASON)
    return ids


def test_some_units_are_switched_and_the_tallies_equal_a_recount(busy: list[int]) -> None:
    done = switch_units(office(), Named(tuple(busy[:4])), False, f"  {REASON} ")
    assert done == Switched(changed=3, already=1)
    assert states(busy) == [False] * 4 + [True] * 2
    assert disagreements() == []
    assert switch_units(office(), Named(tuple(busy)), True, "恢复") == Switched(4, 2)
    assert states(busy) == [True] * 6
    assert disagreements() == []
    finish_work()
    assert fsck.check() == Findings()


def test_the_reason_stands_with_each_unit_and_one_record_tells_of_all(busy: list[int]) -> None:
    before = len(records("unit.disable"))
    switch_units(office(), Named(tuple(busy)), False, REASON)
    facts = queries.several(db.session(), busy)
    assert {unit.disabled_reason for unit in facts} == {REASON}
    [record] = records("unit.disable")[before:]
    assert (record.actor, record.outcome, record.object_type) == ("office", "done", "units")
    assert record.detail == {
        "how": "ids", "count": 5, "already": 1, "reason": REASON, "units": sorted(busy[1:]),
    }  # fmt: skip


def test_a_unit_is_switched_with_all_below_it(any_app: Flask) -> None:
    quiet()
    ids = tree()
    before = len(records("unit.disable"))
    assert switch_units(office(), Below(ids["top"]), False, REASON) == Switched(5, 0)
    assert [code for code, unit_id in ids.items() if is_on(unit_id)] == ["other"]
    [record] = records("unit.disable")[before:]
    assert (record.object_type, record.object_id, record.unit_id) == ("unit", str(ids["top"]), ids["top"])
    assert record.detail["how"] == f"subtree of {ids['top']}"
    assert sorted(record.detail["units"]) == sorted(set(ids.values()) - {ids["other"]})
    assert switch_units(office(), Below(ids["here"]), True, "恢复") == Switched(2, 0)


def test_a_tree_that_runs_in_a_circle_ends(any_app: Flask) -> None:
    ids = tree()
    db.session.query(Unit).filter_by(id=ids["top"]).update({"parent_id": ids["leaf"]})
    db.session.commit()
    assert switch_units(office(), Below(ids["here"]), False, REASON).changed == 5


def test_below_a_unit_only_what_is_in_scope_is_there_even_behind_what_is_not(any_app: Flask) -> None:
    ids = tree()
    mine = actor("zz-office")
    assert preview(mine, Below(ids["top"]), False).changing == 4
    assert switch_units(mine, Below(ids["top"]), False, REASON) == Switched(4, 0)
    assert is_on(ids["away"]) and not is_on(ids["behind"])
    with pytest.raises(Missing):
        switch_units(mine, Below(ids["away"]), False, REASON)


@pytest.mark.parametrize("unit_id", [0, -1, 10**6, 2**31, 2**63, 10**30, -(10**30)])
def test_a_unit_that_is_named_but_not_there_is_missing(app: Flask, unit_id: int) -> None:
    own = add_unit("own")
    for choice in (Named((own, unit_id)), Below(unit_id), Listed("a.csv", (own, unit_id))):
        with pytest.raises(Missing):
            preview(office(), choice, False)
        with pytest.raises(Missing):
            switch_units(office(), choice, False, REASON)
    assert is_on(own)


def test_a_city_cannot_touch_another_citys_units(any_app: Flask) -> None:
    home, away = add_unit("home"), add_unit("away", region=OTHER_CITY)
    for choice in (Named((home, away)), Listed("a.csv", (home, away)), Below(away)):
        with pytest.raises(Missing):
            switch_units(actor("zz-office"), choice, False, REASON)
    assert is_on(home) and is_on(away)
    everything = Matching(UnitFilter(unit_type="carriers"))
    done = switch_units(actor("zz-office"), everything, False, REASON)
    assert done.changed == count(
        Unit, Unit.unit_type == "carriers", Unit.region_path.startswith(f"/410000/{CITY}/")
    )
    assert not is_on(home) and is_on(away)
    assert disagreements() == []


@pytest.mark.parametrize("login", ["carriers-reporter", "carriers-lead", "inspector", "auditor", "admin"])
def test_only_an_office_switches(app: Flask, login: str) -> None:
    unit_id = add_unit("one")
    for choice in (Named((unit_id,)), Below(unit_id), Matching(UnitFilter())):
        with pytest.raises(Missing):
            switch_units(actor(login), choice, False, REASON)
    assert preview(actor(login), Matching(UnitFilter()), False).changing == 0
    assert is_on(unit_id)


@pytest.mark.parametrize(
    "chosen",
    [
        UnitFilter(),
        UnitFilter(region_path=f"/410000/{OTHER_CITY}/"),
        UnitFilter(unit_type="banks"),
        UnitFilter(words="郑州"),
        UnitFilter(words="100%_"),
        UnitFilter(enabled=True, unit_type="courts"),
        UnitFilter(enabled=False),
    ],
)
def test_a_filter_switches_exactly_what_the_units_page_lists(any_app: Flask, chosen: UnitFilter) -> None:
    rows, total = queries.list_units(db.session(), chosen, 0, 10_000)
    on = {row.id for row in rows if row.enabled}
    seen = preview(office(), Matching(chosen), False)
    assert (seen.changing, seen.already) == (len(on), total - len(on))
    before = set(db.session.scalars(db.select(UnitInterval.unit_id).where(UnitInterval.ends.is_(None))))
    done = switch_units(office(), Matching(chosen), False, REASON, expected=seen.changing)
    assert done == Switched(len(on), total - len(on))
    after = set(db.session.scalars(db.select(UnitInterval.unit_id).where(UnitInterval.ends.is_(None))))
    assert before - after == on
    assert disagreements() == []


@pytest.mark.parametrize("reason", ["", " \n", "长" * 501])
def test_a_reason_is_needed_and_has_a_limit(app: Flask, reason: str) -> None:
    unit_id = add_unit("one")
    with pytest.raises(Invalid) as refused:
        switch_units(office(), Named((unit_id,)), False, reason)
    assert "reason" in refused.value.fields
    assert is_on(unit_id)


def test_a_list_gives_reasons_and_both_directions_in_one_transaction(any_app: Flask) -> None:
    quiet()
    ids = [add_unit(f"unit-{number}") for number in range(4)]
    switching.switch_unit(office(), ids[3], False, "早先")
    off, on = Listed("a.csv", tuple(ids[:2]), {ids[0]: "自己的理由"}), Listed("a.csv", tuple(ids[2:]))
    before = len(records("unit.disable")), len(records("unit.enable"))
    assert switch_parts(office(), {False: off, True: on}, REASON, expected=3) == Switched(3, 1)
    assert states(ids) == [False, False, True, True]
    reasons = [unit.disabled_reason for unit in queries.several(db.session(), ids[:2])]
    assert reasons == ["自己的理由", REASON]
    [disabled], [enabled] = records("unit.disable")[before[0] :], records("unit.enable")[before[1] :]
    assert (disabled.detail["units"], disabled.detail["source"]) == (ids[:2], "a.csv")
    assert disabled.detail["reasons"] == {str(ids[0]): "自己的理由"}
    assert (enabled.detail["units"], enabled.detail["already"]) == ([ids[3]], 1)
    assert switch_parts(SYSTEM, {True: on}, REASON) == Switched(0, 2)


def test_a_list_whose_rows_all_give_reasons_needs_no_other(app: Flask) -> None:
    one, two = add_unit("one"), add_unit("two")
    with pytest.raises(Invalid):
        switch_parts(office(), {False: Listed("a.csv", (one, two), {one: "撤并"})}, "")
    assert switch_parts(office(), {False: Listed("a.csv", (one,), {one: "撤并"})}, "").changed == 1


def test_a_failure_in_the_middle_leaves_all_as_it_was(
    busy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first half is written, then the tallies cannot be: nothing of either stays, and no record."""
    before, audited = states(busy), count(AuditRecord)

    def fail(*_anything: object) -> None:
        raise OSError("no space left")

    for target, name in ((tallies, "add_up"), (switching, "_tell")):
        with monkeypatch.context() as patch:
            patch.setattr(target, name, fail)
            with pytest.raises(OSError, match="no space"):
                switch_units(office(), Named(tuple(busy)), False, REASON)
        db.session.expire_all()
        assert states(busy) == before
        assert count(AuditRecord) == audited
        assert disagreements() == []


def test_what_was_shown_must_still_hold(busy: list[int]) -> None:
    choice = Named(tuple(busy))
    seen = preview(office(), choice, False)
    switching.switch_unit(office(), busy[1], False, "另有安排")
    with pytest.raises(Conflict):
        switch_units(office(), choice, False, REASON, expected=seen.changing)
    assert states(busy) == [False, False, True, True, True, True]
    assert switch_units(office(), choice, False, REASON, expected=seen.changing - 1).changed == 4
    with pytest.raises(Conflict):
        switch_units(office(), choice, False, REASON, expected=seen.changing - 1)


def slow(ids: list[int], plugins_on: frozenset[str]) -> int:
    """Obligations under way and not filed, asked of each unit's own agenda."""
    today = day(11, 12).date()
    return sum(
        not item.standing.is_filed and item.obligation.period.starts <= today <= item.obligation.period.ends
        for unit in queries.several(db.session(), ids)
        for item in agenda.of_unit(campaign(), unit, plugins_on).items
    )


def test_the_preview_counts_what_the_units_hold(busy: list[int]) -> None:
    draft = handed_in(clerk(busy[1]), "GEN-04", "phase-1", 9)
    db.session.query(type(stored(draft))).filter_by(id=draft).update({"state": "draft"})
    db.session.commit()
    seen = preview(office(), Named(tuple(busy)), False)
    assert seen == Preview(
        on=False,
        changing=5,
        already=1,
        obligations=slow(busy, plugins.on()),
        begun=5 + 1,
        waiting=5 * 2,
        first=tuple(
            zip(busy[1:], [*(f"unit-{n}（测试）" for n in range(1, 5)), "away（测试）"], strict=True)
        ),
    )
    switch_units(office(), Named(tuple(busy)), False, REASON)
    back = preview(office(), Named(tuple(busy)), True)
    switch_units(office(), Named(tuple(busy)), True, REASON)
    assert back.obligations == slow(busy, plugins.on())
    assert (back.changing, back.already, back.waiting) == (6, 0, 12)


def test_a_preview_and_a_switch_take_as_many_statements_for_one_unit_as_for_hundreds(app: Flask) -> None:
    one = add_unit("one", kind="operator")

    def taken(choice: Choice, on: bool) -> tuple[int, int, int]:
        who = office()
        with statements() as seen:
            found = preview(who, choice, on)
        with statements() as done:
            switch_units(who, choice, on, REASON)
        return len(seen), len(done), found.changing

    few, many = taken(Named((one,)), False), taken(Matching(UnitFilter(enabled=True)), False)
    assert many[2] > 400 > few[2]
    assert many[0] <= few[0] and many[0] < 20
    # Rows of the unit of work and of the tallies go in portions, not one by one.
    assert many[1] <= few[1] + 6


def test_units_switched_in_bulk_at_once_neither_block_nor_miscount(any_app: Flask) -> None:
    """Overlapping crowds of two offices, over the same leaves."""
    quiet()
    ids = [add_unit(f"unit-{n}", region=CITY if n % 2 else OTHER_CITY) for n in range(6)]
    for number, unit_id in enumerate(ids):
        for code, period in [("CAR-03", "week-2"), ("CAR-06", "phase-1"), ("GEN-03", "day-3")][number % 2 :]:
            handed_in(clerk(unit_id), code, period)
    crowds = [tuple(ids[:4]), tuple(reversed(ids[2:])), tuple(ids[1:5])]
    who = office()
    for on in (False, True):
        db.session.rollback()
        jobs = [partial(switch_units, who, Named(crowd), on, REASON) for crowd in crowds]
        answers = together(any_app, jobs)
        assert sum(a.changed for a in answers if isinstance(a, Switched)) == 6, answers
        assert disagreements() == []


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 30))]


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_history_bulk_switching_keeps_the_tallies(app: Flask, seed: int) -> None:
    """Between the deeds of a random month some of the units go out and in together."""
    at(day(10, 27))
    quiet()
    ids = [add_unit("one"), add_unit("two"), add_unit("three", region=OTHER_CITY)]
    people, rng = bustle(seed, ids), random.Random(seed)
    for _turn in range(8):
        people.act(25)
        some = tuple(rng.sample(ids, rng.randrange(1, 4)))
        for on in rng.sample([True, False], 2):
            switch_units(office(), Named(some), on, REASON)
            assert disagreements() == [], f"seed {seed}, after {dict(people.done)}"
