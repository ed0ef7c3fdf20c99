"""Topics explained: figures from reports made by hand, who sees which schools, zero reports, both languages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.store.models import Unit
from tests.unit_types.world import World

REPORTER = "education-reporter"
TOPICS, SCHOOLS = "/u/education/topics", "/u/education/schools"
ALL = ["part_time_fake_orders", "card_trading", "fake_teacher"]


def told(*topics: str, teachers: int = 10, parents: int = 200) -> dict[str, Any]:
    return {"topics": list(topics), "teachers": teachers, "parents": parents}


@pytest.fixture
def school(world: World) -> Unit:
    """The reporter's own unit, a school without any report yet."""
    world.clear("EDU-05")
    own = world.unit("education", "school")
    world.works_for(REPORTER, own)
    return own


def test_a_school_sees_how_far_each_of_its_topics_has_come(world: World, school: Unit) -> None:
    world.report(school, "EDU-05", "phase-2", told(ALL[0], teachers=7))
    world.report(school, "EDU-05", "phase-2", told(ALL[0], ALL[1], teachers=5), "submitted")
    world.report(school, "EDU-05", "phase-2", told(ALL[2], teachers=100), "returned")
    [row] = world.rows(REPORTER, TOPICS, "每所学校")
    assert row[0].startswith(school.name)
    assert row[1] == "讲到 2 个"
    assert row[2] == "兼职刷单 已通过 开办出卖电话卡银行卡 已报，待审核 冒充教师诈骗家长 已退回"
    assert row[3:] == ["12", "400"]


def test_without_a_report_nothing_is_claimed(world: World, school: Unit) -> None:
    [row] = world.rows(REPORTER, TOPICS, "每所学校")
    assert row[1:] == ["未报，情况未知", "未知", "未知", "未知"]
    world.report(school, "EDU-05", "phase-2", told(*ALL), "returned")
    [row] = world.rows(REPORTER, TOPICS, "每所学校")
    assert row[1] == "未报，情况未知"
    assert row[3:] == ["未知", "未知"]


def test_other_schools_are_not_on_a_schools_page(world: World, school: Unit) -> None:
    other = world.unit("education", "school", 1)
    world.report(other, "EDU-05", "phase-2", told(*ALL))
    assert other.name not in world.page(REPORTER, TOPICS)


def test_an_authority_sees_the_schools_below_it_and_no_others(world: World, school: Unit) -> None:
    authority = world.parent(school)
    world.works_for(REPORTER, authority)
    world.report(school, "EDU-05", "phase-2", told(*ALL))
    with world.inside() as session:
        below = set(session.scalars(select(Unit.name).where(Unit.parent_id == authority.id)))
    rows = world.rows(REPORTER, TOPICS, "每所学校")
    assert {row[0].split()[0] for row in rows} == below
    assert rows[-1][1] == "三个都讲到"
    words = world.words(REPORTER, TOPICS)
    assert f"三个专题都讲到 1 所，含待审核 没讲全 0 所 情况未知 {len(below) - 1} 所" in words


def test_the_office_sees_cities_schools_and_the_topics_over_all(world: World, school: Unit) -> None:
    second = world.unit("education", "school", 1)
    world.report(school, "EDU-05", "phase-2", told(*ALL))
    world.report(second, "EDU-05", "phase-2", told(ALL[0]), "submitted")
    words = world.words("office", SCHOOLS)
    assert "学校 70 三个专题都讲到 1 所，含待审核 没讲全 1 所 情况未知 68 所" in words
    assert "兼职刷单 68 已通过 1 已报，待审核 1 已退回 0 没讲到 0 未知 68" in words
    assert "开办出卖电话卡银行卡 68 已通过 1 已报，待审核 0 已退回 0 没讲到 1 未知 68" in words
    cities = world.rows("office", SCHOOLS, "每个地区")
    assert len(cities) == 18
    assert sum(int(row[1]) for row in cities) == 70
    assert [sum(int(row[n]) for row in cities) for n in (2, 3, 4)] == [1, 1, 68]
    rows = world.rows("office", SCHOOLS, "每所学校")
    assert [rows[-2][1], rows[-1][1]] == ["讲到 1 个", "三个都讲到"]


def test_a_region_opens_its_own_schools(world: World, school: Unit) -> None:
    city = school.region_path.strip("/").split("/")[1]
    inside = world.rows("office", f"{SCHOOLS}?region={city}", "每所学校")
    assert 0 < len(inside) < 70
    assert f"{SCHOOLS}?region={city}" in world.page("office", SCHOOLS)
    assert "这里没有学校" in world.words("office", f"{SCHOOLS}?region=999999")
    assert len(world.rows("office", f"{SCHOOLS}?region=%25", "每所学校")) == 70


def test_a_citys_office_sees_its_own_schools_only(world: World, school: Unit) -> None:
    here = world.rows("zz-office", SCHOOLS, "每所学校")
    assert len(here) == len(world.rows("office", f"{SCHOOLS}?region=410100", "每所学校")) < 70


def test_at_most_two_hundred_schools_are_listed(world: World, school: Unit) -> None:
    before = world.statements("office", SCHOOLS)
    world.more_units(school, 150)
    assert len(world.rows("office", SCHOOLS, "每所学校")) == 200
    assert "另有 20 所没有列出" in world.words("office", SCHOOLS)
    assert world.statements("office", SCHOOLS) == before < 20


def test_an_authority_takes_as_many_statements_for_fifty_schools(world: World, school: Unit) -> None:
    world.works_for(REPORTER, world.parent(school))
    before = world.statements(REPORTER, TOPICS)
    world.more_units(school, 49)
    assert world.statements(REPORTER, TOPICS) == before < 20


def test_the_pages_are_gone_while_the_plugin_is_off(world: World, school: Unit) -> None:
    world.switch("education", on=False)
    for login, url in ((REPORTER, TOPICS), ("office", SCHOOLS)):
        world.page(login, url, status=404)
    world.switch("education", on=True)
    assert TOPICS in world.page(REPORTER, TOPICS)


def test_the_pages_are_whole_in_english(world: World, school: Unit) -> None:
    world.report(school, "EDU-05", "phase-2", told(ALL[0]))
    assert "1 of 3 explained" in world.english(REPORTER, TOPICS)
    assert "By region" in world.english("office", SCHOOLS)
