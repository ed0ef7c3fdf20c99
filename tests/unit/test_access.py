"""Who may do what, and to which records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.access import (
    HOLDERS,
    ROLE_TITLES,
    Actor,
    Everything,
    Grant,
    Permission,
    Reach,
    Role,
    Scope,
    covers,
    titles,
)

#: permission: the roles that hold it; typed again.
TABLE = {
    "report": "reporter lead",
    "review": "inspector",
    "read_reports": "office inspector",
    "read_files": "reporter lead inspector office",
    "dashboard": "office",
    "switch_units": "office",
    "switch_plugins": "office admin",
    "reopen": "office",
    "hand_over": "office",
    "audit": "auditor",
    "people": "admin",
}
CITY = "/41/4101/"
UNIT = {"unit_id": 7, "region_path": "/41/4101/410102/", "unit_type": "banks"}


def actor(*grants: Grant) -> Actor:
    return Actor(1, "某人", "someone", grants)


def holder(role: Role, **reach: object) -> Actor:
    return actor(Grant(role, Reach(**reach)))  # type: ignore[arg-type]


@pytest.mark.parametrize("permission", [p for p in Permission if p.value not in ("public", "signed_in")])
@pytest.mark.parametrize("role", Role)
def test_each_permission_is_held_by_the_roles_of_the_table_and_no_other(
    permission: Permission, role: Role
) -> None:
    expected = role.value in TABLE[permission.value].split()
    someone = holder(role)
    assert someone.may(permission) is expected
    assert someone.roles_for(permission) == ({role} if expected else set())
    assert someone.scope(permission) == (Scope((Reach(),)) if expected else Scope())


def test_every_permission_is_in_the_table() -> None:
    open_to_all = {Permission.PUBLIC, Permission.SIGNED_IN}
    assert set(HOLDERS) | open_to_all == set(Permission)
    assert {permission.value for permission in HOLDERS} == set(TABLE)


def test_what_needs_no_role_may_be_done_without_any_but_opens_no_records() -> None:
    nobody = actor()
    assert nobody.may(Permission.PUBLIC)
    assert nobody.may(Permission.SIGNED_IN)
    assert nobody.scope(Permission.SIGNED_IN) == Scope()
    assert not any(nobody.may(permission) for permission in HOLDERS)


def test_a_city_or_county_office_may_not_switch_plugins() -> None:
    assert holder(Role.OFFICE).may(Permission.SWITCH_PLUGINS)
    assert not holder(Role.OFFICE, region_path=CITY).may(Permission.SWITCH_PLUGINS)
    assert holder(Role.OFFICE, region_path=CITY).scope(Permission.SWITCH_PLUGINS) == Scope()
    assert holder(Role.OFFICE, region_path=CITY).may(Permission.SWITCH_UNITS)


@pytest.mark.parametrize("limit", [{"unit_types": frozenset({"banks"})}, {"unit_id": 7}])
def test_an_office_for_some_units_only_may_not_switch_plugins(limit: dict[str, object]) -> None:
    assert not holder(Role.OFFICE, **limit).may(Permission.SWITCH_PLUGINS)


def test_a_city_grant_does_not_spoil_a_province_grant() -> None:
    both = actor(Grant(Role.OFFICE, Reach(region_path=CITY)), Grant(Role.OFFICE, Reach()))
    assert both.scope(Permission.SWITCH_PLUGINS) == Scope((Reach(),))


def test_a_scope_holds_each_reach_of_the_granting_roles_once() -> None:
    city, own = Reach(region_path=CITY), Reach(unit_id=7)
    someone = actor(
        Grant(Role.OFFICE, city),
        Grant(Role.INSPECTOR, city),
        Grant(Role.REPORTER, own),
        Grant(Role.LEAD, own),
    )
    assert someone.scope(Permission.READ_REPORTS) == Scope((city,))
    assert someone.scope(Permission.READ_FILES) == Scope((city, own))
    assert someone.scope(Permission.REPORT) == Scope((own,))
    assert someone.roles_for(Permission.REPORT) == {Role.REPORTER, Role.LEAD}
    assert someone.unit_ids == {7}
    assert someone.roles == {Role.OFFICE, Role.INSPECTOR, Role.REPORTER, Role.LEAD}


@pytest.mark.parametrize(
    ("reach", "covered"),
    [
        (Reach(), True),
        (Reach(unit_id=7), True),
        (Reach(unit_id=8), False),
        (Reach(region_path="/41/"), True),
        (Reach(region_path=CITY), True),
        (Reach(region_path="/41/4101/410102/"), True),
        (Reach(region_path="/41/4102/"), False),
        (Reach(region_path="/41/4101/410103/"), False),
        (Reach(unit_types=frozenset({"banks", "courts"})), True),
        (Reach(unit_types=frozenset({"courts"})), False),
        (Reach(unit_types=frozenset()), False),
        (Reach(region_path=CITY, unit_types=frozenset({"banks"})), True),
        (Reach(region_path=CITY, unit_types=frozenset({"courts"})), False),
        (Reach(unit_id=7, region_path="/41/4102/"), False),
    ],
)
def test_a_reach_opens_a_record_that_meets_all_of_its_limits(reach: Reach, covered: bool) -> None:
    assert covers(Scope((reach,)), **UNIT) is covered  # type: ignore[arg-type]


def test_a_scope_opens_what_any_of_its_reaches_opens_and_an_empty_one_nothing() -> None:
    assert covers(Scope((Reach(unit_id=8), Reach(region_path=CITY))), **UNIT)  # type: ignore[arg-type]
    assert not covers(Scope((Reach(unit_id=8), Reach(unit_id=9))), **UNIT)  # type: ignore[arg-type]
    assert not covers(Scope(), **UNIT)  # type: ignore[arg-type]
    assert covers(Everything("a test"), **UNIT)  # type: ignore[arg-type]


def test_a_path_never_matches_a_neighbour_whose_code_begins_alike() -> None:
    reach = Scope((Reach(region_path="/41/4101/"),))
    assert not covers(reach, unit_id=1, region_path="/41/41010/", unit_type="banks")


paths = st.lists(st.sampled_from("12"), max_size=3).map(lambda parts: "/" + "".join(f"{p}/" for p in parts))


@given(st.lists(paths, max_size=3), paths)
def test_a_region_grant_opens_exactly_its_subtree(granted: list[str], place: str) -> None:
    scope = Scope(tuple(Reach(region_path=path) for path in granted))
    above = {place}
    while place != "/":
        place = place.rsplit("/", 2)[0] + "/"
        above.add(place)
    lowest = max(above, key=len)
    assert covers(scope, unit_id=1, region_path=lowest, unit_type="banks") is bool(above & set(granted))


def test_roles_are_told_in_the_order_of_the_table_in_both_languages() -> None:
    assert set(ROLE_TITLES) == set(Role)
    assert all(title.zh and title.en for title in ROLE_TITLES.values())
    assert [title.zh for title in titles([Role.OFFICE, Role.REPORTER, Role.OFFICE])] == ["填报员", "联席办"]
