"""Notices on terminals: what is not reported is unknown, never done; who sees which outlets; both languages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.store.models import Region, Unit
from tests.unit_types.world import World

REPORTER = "banks-reporter"
TERMINALS, OUTLETS = "/u/banks/terminals", "/u/banks/outlets"


def notices(total: int, done: int) -> dict[str, int]:
    return {"terminals_total": total, "terminals_done": done}


@pytest.fixture
def outlet(world: World) -> Unit:
    """The reporter's own unit, an outlet without any report yet."""
    world.clear("BNK-04")
    own = world.unit("banks", "outlet")
    world.works_for(REPORTER, own)
    return own


def test_an_outlet_sees_its_own_terminals(world: World, outlet: Unit) -> None:
    assert [row[1:] for row in world.rows(REPORTER, TERMINALS, "营业网点")] == [
        ["未报，情况未知", "未知", "未知"]
    ]
    assert "已贴终端 未知 还没有可用的报告" in world.words(REPORTER, TERMINALS)
    world.report(outlet, "BNK-04", "once-1", notices(8, 5), "submitted")
    assert [row[1:] for row in world.rows(REPORTER, TERMINALS, "营业网点")] == [["还有 3 台没贴", "5", "8"]]
    assert "已贴终端 5 共 8 台，只算已报的网点" in world.words(REPORTER, TERMINALS)


@pytest.mark.parametrize(
    ("record", "state", "row"),
    [
        (notices(4, 4), "accepted", ["全部贴好", "4", "4"]),
        (notices(0, 0), "accepted", ["没有自助终端", "0", "0"]),
        (notices(4, 4), "returned", ["报告被退回，情况未知", "未知", "未知"]),
        ({}, "accepted", ["未报，情况未知", "未知", "未知"]),
    ],
)
def test_every_state_is_said_in_words(
    world: World, outlet: Unit, record: dict[str, int], state: str, row: list[str]
) -> None:
    world.report(outlet, "BNK-04", "once-1", record, state)
    [found] = world.rows(REPORTER, TERMINALS, "营业网点")
    assert found[1:] == row


def test_a_bank_sees_the_outlets_below_it_and_no_others(world: World, outlet: Unit) -> None:
    bank = world.parent(outlet)
    world.works_for(REPORTER, bank)
    world.report(outlet, "BNK-04", "once-1", notices(4, 4))
    foreign = world.unit("banks", "outlet", 20)
    world.report(foreign, "BNK-04", "once-1", notices(1000, 1000))
    with world.inside() as session:
        below = set(session.scalars(select(Unit.name).where(Unit.parent_id == bank.id)))
    assert foreign.name not in below
    rows = world.rows(REPORTER, TERMINALS, "营业网点")
    assert {row[0].split()[0] for row in rows} == below
    assert rows[-1][1:] == ["全部贴好", "4", "4"]
    assert "1,000" not in world.page(REPORTER, TERMINALS)


def test_the_office_adds_up_what_is_known_and_counts_what_is_not(world: World, outlet: Unit) -> None:
    world.report(outlet, "BNK-04", "once-1", notices(1200, 1200))
    world.report(world.unit("banks", "outlet", 1), "BNK-04", "once-1", notices(10, 4))
    words = world.words("office", OUTLETS)
    assert "已贴终端 1,204 共 1,210 台，只算已报的网点" in words
    assert "营业网点 35 已报 2 个 没贴完 1 个网点 情况未知 33 个网点" in words
    rows = world.rows("office", OUTLETS, "营业网点")
    assert [rows[0][1], rows[-2][1], rows[-1][1]] == ["未报，情况未知", "还有 6 台没贴", "全部贴好"]
    assert "%" not in world.words("office", OUTLETS)


def test_the_dashboard_has_one_line_for_the_region_that_is_shown(world: World, outlet: Unit) -> None:
    city = outlet.region_path.strip("/").split("/")[1]
    assert "终端提示：情况未知，35 个网点都没有报" in world.words("office", "/office/")
    world.report(outlet, "BNK-04", "once-1", notices(10, 4))
    away = world.unit("banks", "outlet", 20)
    assert city not in away.region_path
    world.report(away, "BNK-04", "once-1", notices(100, 100))
    assert "终端提示：已贴 104 / 已知 110 台，未报网点 33 个" in world.words("office", "/office/")
    assert "终端提示：已贴 4 / 已知 10 台" in world.words("office", f"/office/?region={city}")
    assert "终端提示" in world.words("zz-office", "/office/")


def test_the_dashboard_has_no_line_where_there_are_no_outlets(world: World, outlet: Unit) -> None:
    with world.inside() as session:
        taken = select(Unit.region_code).where(Unit.kind == "outlet")
        counties = select(Region.code).where(Region.level == "county", Region.code.not_in(taken))
        empty = session.scalars(counties.order_by(Region.code)).first()
    assert "终端提示：" not in world.words("office", f"/office/?region={empty}")


def test_the_pages_take_as_many_statements_for_fifty_outlets(world: World, outlet: Unit) -> None:
    world.works_for(REPORTER, world.parent(outlet))
    pages = ((REPORTER, TERMINALS), ("office", OUTLETS), ("office", "/office/"))
    before = [world.statements(*page) for page in pages]
    world.more_units(outlet, 49)
    assert len(world.rows("office", OUTLETS, "营业网点")) == 84
    assert [world.statements(*page) for page in pages] == before
    assert max(before) < 30


def test_at_most_two_hundred_outlets_are_listed(world: World, outlet: Unit) -> None:
    world.more_units(outlet, 180)
    assert len(world.rows("office", OUTLETS, "营业网点")) == 200
    assert "另有 15 个没有列出" in world.words("office", OUTLETS)


def test_the_pages_are_gone_while_the_plugin_is_off(world: World, outlet: Unit) -> None:
    world.switch("banks", on=False)
    for login, url in ((REPORTER, TERMINALS), ("office", OUTLETS)):
        world.page(login, url, status=404)
    assert "终端提示：" not in world.words("office", "/office/")
    world.switch("banks", on=True)
    assert TERMINALS in world.page(REPORTER, TERMINALS)


def test_the_pages_are_whole_in_english(world: World, outlet: Unit) -> None:
    world.report(outlet, "BNK-04", "once-1", notices(10, 4))
    assert "6 still without" in world.english(REPORTER, TERMINALS)
    assert "Not reported, unknown" in world.english("office", OUTLETS)
    assert "outlets without a report: 34" in world.words("office", "/office/")
