"""Regions and units: what is imported, what is switched, and that what is owed follows."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask

from core.domain.access import Grant, Reach, Role
from core.domain.errors import Conflict, Denied, Invalid, Missing
from core.domain.obligations import Interval
from core.services import agenda, places, plugins, switching
from core.services.places import NewUnit
from core.store.db import db
from core.store.models import AuditRecord, Region, TallyLeaf, Unit, UnitInterval
from core.store.queries import filings
from core.store.queries import units as queries
from tests.conftest import actor
from tests.services.helpers import (
    CITY,
    OTHER_CITY,
    add_unit,
    at,
    campaign,
    clerk,
    count,
    day,
    disagreements,
    handed_in,
    quiet,
    submit,
)

CAMPAIGN_START = date(2020, 10, 26)


def switch(unit_id: int, on: bool, reason: str = "机构调整") -> None:
    switching.switch_unit(actor("office"), unit_id, on, reason)


def intervals(unit_id: int) -> list[tuple[date, date | None]]:
    return [(known.starts, known.ends) for known in filings.intervals(db.session(), unit_id)]


def owed(unit_id: int, code: str) -> dict[str, int]:
    """How many reports of a duty the unit owes, by period."""
    unit = queries.unit(db.session(), unit_id)
    assert unit is not None
    found = agenda.of_unit(campaign(), unit, plugins.on())
    return {
        i.obligation.period.key: i.obligation.needed for i in found.items if i.obligation.duty.code == code
    }


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_switching_a_unit_needs_a_reason(app: Flask, reason: str) -> None:
    unit_id = add_unit("one")
    with pytest.raises(Invalid) as refused:
        switch(unit_id, False, reason)
    assert "reason" in refused.value.fields
    assert intervals(unit_id) == [(CAMPAIGN_START, None)]


def test_a_unit_is_disabled_from_the_same_day_on(any_app: Flask) -> None:
    """On its last day it owes nothing any more; what it owed before stays."""
    unit_id = add_unit("one")
    switch(unit_id, False)
    assert intervals(unit_id) == [(CAMPAIGN_START, date(2020, 11, 12))]
    daily = owed(unit_id, "GEN-03")
    assert "day-17" in daily and "day-18" not in daily
    assert owed(unit_id, "CAR-03") == {"week-1": 3, "week-2": 3}


def test_enabling_again_on_the_same_day_leaves_no_gap(any_app: Flask) -> None:
    unit_id = add_unit("one")
    for _time in range(3):
        switch(unit_id, False)
        switch(unit_id, True)
    assert intervals(unit_id) == [(CAMPAIGN_START, None)]
    assert len(owed(unit_id, "GEN-03")) == 36


def test_enabling_on_the_next_day_leaves_a_gap_of_one_day(app: Flask) -> None:
    unit_id = add_unit("one")
    switch(unit_id, False)
    at(day(11, 13))
    switch(unit_id, True)
    assert intervals(unit_id) == [(CAMPAIGN_START, date(2020, 11, 12)), (date(2020, 11, 13), None)]
    daily = owed(unit_id, "GEN-03")
    assert "day-18" not in daily and "day-19" in daily
    assert owed(unit_id, "CAR-03")["week-3"] == 3


def test_a_unit_that_began_and_ended_on_one_day_owes_nothing(app: Flask) -> None:
    unit_id = add_unit("one", since=date(2020, 11, 12))
    switch(unit_id, False)
    assert owed(unit_id, "GEN-03") == owed(unit_id, "CAR-03") == {}
    switch(unit_id, True)
    assert min(owed(unit_id, "GEN-03")) == "day-18"


@pytest.mark.parametrize(
    ("since", "wanted"),
    [(9, 3), (10, 3), (11, 3), (12, 2), (13, 2), (14, 1), (15, 1)],
)
def test_a_week_of_some_days_is_prorated_and_rounded_up(app: Flask, since: int, wanted: int) -> None:
    """Three a week: seven days 3, six 3, five 3, four 2, three 2, two 1, one 1."""
    assert owed(add_unit("one", since=date(2020, 11, since)), "CAR-03")["week-3"] == wanted


def test_the_campaigns_last_week_of_one_day_asks_for_one(app: Flask) -> None:
    assert owed(add_unit("one"), "CAR-03") == {f"week-{n}": 3 for n in range(1, 6)} | {"week-6": 1}


def test_a_unit_switched_twice_the_same_way_is_a_conflict(app: Flask) -> None:
    unit_id = add_unit("one")
    with pytest.raises(Conflict):
        switch(unit_id, True)
    switch(unit_id, False)
    with pytest.raises(Conflict):
        switch(unit_id, False)
    assert count(UnitInterval, UnitInterval.unit_id == unit_id) == 1


def test_an_office_switches_units_of_its_own_region_only(app: Flask) -> None:
    home, away = add_unit("home"), add_unit("away", region=OTHER_CITY)
    switching.switch_unit(actor("zz-office"), home, False, "机构调整")
    for login, unit_id in [("zz-office", away), ("fx-office-county", home), ("office", 999_999)]:
        with pytest.raises(Missing):
            switching.switch_unit(actor(login), unit_id, False, "机构调整")
    assert intervals(away) == [(CAMPAIGN_START, None)]


@pytest.mark.parametrize("login", ["carriers-reporter", "carriers-lead", "inspector", "auditor", "admin"])
def test_only_an_office_switches_units(app: Flask, login: str) -> None:
    unit_id = add_unit("one")
    with pytest.raises(Missing):
        switching.switch_unit(actor(login), unit_id, False, "机构调整")
    assert intervals(unit_id) == [(CAMPAIGN_START, None)]


def test_the_reason_is_kept_for_the_unit_and_for_the_audit_trail(app: Flask) -> None:
    unit_id = add_unit("one")
    switch(unit_id, False, "  机构撤并  ")
    facts = queries.unit(db.session(), unit_id)
    assert facts is not None and not facts.enabled and facts.disabled_reason == "机构撤并"
    record = db.session.query(AuditRecord).filter_by(action="unit.disable", object_id=str(unit_id)).one()
    assert (record.detail["reason"], record.actor, record.unit_id) == ("机构撤并", "office", unit_id)


def test_a_tally_follows_the_unit_out_and_in_again(any_app: Flask) -> None:
    """What was filed for the running week counts while the unit owes it; work done stays counted as reports."""
    quiet()
    unit_id = add_unit("one")
    who = clerk(unit_id)
    for seed in range(3):
        handed_in(who, "CAR-03", "week-3", seed)

    def leaf() -> tuple[int, int]:
        db.session.expire_all()
        row = (
            db.session.query(TallyLeaf)
            .filter_by(duty_code="CAR-03", period_key="week-3", region_path=f"/410000/{CITY}/")
            .one()
        )
        return row.units_filed, row.reports_waiting

    filed, waiting = leaf()
    switch(unit_id, False)
    assert leaf() == (filed - 1, waiting)
    assert disagreements() == []
    switch(unit_id, True)
    assert leaf() == (filed, waiting)
    assert disagreements() == []


def test_a_disabled_unit_is_told_so(app: Flask) -> None:
    unit_id = add_unit("one")
    switch(unit_id, False)
    with pytest.raises(Denied):
        submit(clerk(unit_id), "GEN-03", "day-10")


@pytest.mark.parametrize("seed", range(6))
def test_a_unit_counts_for_exactly_the_days_on_which_it_ended_enabled(app: Flask, seed: int) -> None:
    """Random switching over six weeks against a plain list of days."""
    rng = random.Random(seed)
    unit_id = add_unit("one")
    on, at_midnight = True, {}
    for number in range(40):
        today = CAMPAIGN_START + timedelta(days=number)
        at(day(today.month, today.day))
        for _switch in range(rng.choice([0, 0, 0, 1, 1, 2, 3])):
            on = not on
            switch(unit_id, on)
        at_midnight[today] = on
    known = [Interval(*pair) for pair in intervals(unit_id)]
    assert {today: any(today in part for part in known) for today in at_midnight} == at_midnight
    assert sum(part.ends is None for part in known) == int(on)
    spans = sorted((part.starts, part.ends or date.max) for part in known)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_units_are_added_all_or_none(app: Flask) -> None:
    good = NewUnit("good", "好单位", "carriers", "operator", CITY)
    for bad in (
        replace(good, code="bad", region_code="999999"),
        replace(good, code="bad", kind="nothing"),
        replace(good, code="bad", unit_type="nothing"),
        replace(good, code="bad", parent="no-such-unit"),
        good,
    ):
        with pytest.raises(Invalid) as refused:
            places.add_units([good, bad], CAMPAIGN_START)
        assert bad.code in refused.value.message.zh
        db.session.rollback()
        assert count(Unit, Unit.code.in_(["good", "bad"])) == 0


def test_a_unit_is_hung_below_its_parent(app: Flask) -> None:
    top = NewUnit("top", "上级", "carriers", "regulator", "410000")
    low = NewUnit("low", "下级", "carriers", "operator", CITY, parent="top")
    known = places.add_units([top, low], CAMPAIGN_START)
    below = places.add_units([replace(low, code="lower", kind="hall", parent="low")], CAMPAIGN_START)
    rows = {
        unit.code: unit.parent_id
        for unit in db.session.query(Unit).filter(Unit.id.in_([*known.values(), *below.values()]))
    }
    assert rows == {"top": None, "low": known["top"], "lower": known["low"]}


def test_importing_regions_again_changes_nothing(app: Flask) -> None:
    before = {region.code: (region.name, region.path) for region in db.session.query(Region)}
    assert places.import_regions() == len(before)
    db.session.expire_all()
    assert {region.code: (region.name, region.path) for region in db.session.query(Region)} == before


def region_file(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "regions.csv"
    path.write_text("\n".join(["code,name,level,parent", *lines]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "row", "word"),
    [
        (
            [
                "410199,某区,county,410100",
                "419999,某县,county,999999",
                "410000,河南省,province,",
                "410100,郑州市,city,410000",
            ],
            3,
            "999999",
        ),
        (["410000,河南省,province,", "410100,郑州市,town,410000"], 3, "town"),
        (["410000,河南省,province,", ",郑州市,city,410000"], 3, ""),
    ],
    ids=["unknown parent", "unknown level", "no code"],
)
def test_a_wrong_region_file_is_refused_with_the_row_as_it_stands_in_the_file(
    app: Flask, tmp_path: Path, lines: list[str], row: int, word: str
) -> None:
    before = count(Region)
    with pytest.raises(Invalid) as refused:
        places.import_regions(region_file(tmp_path, *lines))
    assert f"第 {row} 行" in refused.value.message.zh and word in refused.value.message.zh
    db.session.rollback()
    assert count(Region) == before


def test_a_file_without_the_columns_is_refused_in_words(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text("名称,上级\n郑州市,河南省\n", "utf-8")
    with pytest.raises(Invalid):
        places.import_regions(path)


def test_regions_may_stand_in_any_order_in_the_file(app: Flask, tmp_path: Path) -> None:
    lines = ["410199,某区,county,410100", "410100,郑州市,city,410000", "410000,河南省,province,"]
    assert places.import_regions(region_file(tmp_path, *lines)) == 3
    region = db.session.get(Region, "410199")
    assert region is not None and region.path == "/410000/410100/410199/"


def test_an_office_of_two_regions_switches_in_both(app: Flask) -> None:
    both = replace(
        actor("zz-office"),
        grants=tuple(
            Grant(Role.OFFICE, Reach(region_path=f"/410000/{code}/")) for code in (CITY, OTHER_CITY)
        ),
    )
    for code in (CITY, OTHER_CITY):
        switching.switch_unit(both, add_unit(f"in-{code}", region=code), False, "机构调整")
