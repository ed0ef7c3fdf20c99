"""The carriers' pages, panels and checks, through the real application on 12 November 2020 (week 3)."""

from __future__ import annotations

from typing import Any

import pytest

from core.store.models import Unit
from tests.unit_types.world import World

REPORTER = "carriers-reporter"
CALENDAR, OPERATORS = "/u/carriers/calendar", "/u/carriers/operators"
WEEKS, FRAUDS = "每一周", "每种诈骗类型"


def sent(
    at: str, fraud_type: str = "online_loans", wording: str = "凡是先交钱的贷款都是诈骗"
) -> dict[str, Any]:
    return {
        "sent_at": at, "fraud_type": fraud_type, "wording": wording, "recipients": 100, "messages": 100,
        "share_of_users": "50.0",
    }  # fmt: skip


@pytest.fixture
def operator(world: World) -> Unit:
    """The reporter's own unit, without any report yet."""
    world.clear("CAR-03")
    own = world.unit("carriers", "operator")
    world.works_for(REPORTER, own)
    return own


def test_the_calendar_counts_each_week_from_the_reports(world: World, operator: Unit) -> None:
    world.report(operator, "CAR-03", "week-1", sent("2020-10-27T10:00"))
    world.report(operator, "CAR-03", "week-1", sent("2020-10-28T10:00", "game_trading"))
    world.report(operator, "CAR-03", "week-1", sent("2020-10-29T10:00"), "submitted")
    first = world.report(operator, "CAR-03", "week-3", sent("2020-11-10T09:30"), "in_review")
    world.report(operator, "CAR-03", "week-3", sent("2020-11-11T09:30"), "returned")
    weeks = world.rows(REPORTER, CALENDAR, WEEKS)
    assert [row[1] for row in weeks] == ["3 / 3", "0 / 3", "1 / 3", "0 / 3", "0 / 3", "0 / 1"]
    assert [row[2] for row in weeks] == [
        "已报齐，待审核", "少 3 条", "还差 2 条", "还没开始", "还没开始", "还没开始",
    ]  # fmt: skip
    assert weeks[0][4] == "网络贷款 游戏交易"
    assert weeks[2][3] == "11月10日（周二）09:30 审核中 11月11日（周三）09:30 已退回"
    assert f"/u/carriers/reports/{first}" in world.page(REPORTER, CALENDAR)
    assert "本周已报 1 / 3" in world.words(REPORTER, CALENDAR)
    frauds = dict(world.rows(REPORTER, CALENDAR, FRAUDS))
    assert frauds["网络贷款"] == "第1周、第3周"
    assert frauds["游戏交易"] == "第1周"
    assert frauds["刷单返利"] == "还没发过"
    assert "其他" not in frauds


def test_a_week_is_done_when_enough_is_accepted(world: World, operator: Unit) -> None:
    for day in (2, 3, 4):
        world.report(operator, "CAR-03", "week-2", sent(f"2020-11-0{day}T10:00"))
    assert world.rows(REPORTER, CALENDAR, WEEKS)[1][2] == "已完成"


def test_without_reports_all_is_open_and_what_is_unknown_is_said(world: World, operator: Unit) -> None:
    weeks = world.rows(REPORTER, CALENDAR, WEEKS)
    assert {row[3] for row in weeks} == {"没有报告"}
    world.report(operator, "CAR-03", "week-3", {"wording": "旧表"}, "submitted")
    assert "发送时间未知" in world.rows(REPORTER, CALENDAR, WEEKS)[2][3]


def test_another_operators_messages_are_not_on_the_calendar(world: World, operator: Unit) -> None:
    other = world.unit("carriers", "operator", 1)
    foreign = world.report(other, "CAR-03", "week-3", sent("2020-11-10T09:30"))
    assert foreign not in world.page(REPORTER, CALENDAR)
    assert world.rows(REPORTER, CALENDAR, WEEKS)[2][1] == "0 / 3"


def test_a_hall_is_told_whom_the_page_is_for(world: World, operator: Unit) -> None:
    world.works_for(REPORTER, world.unit("carriers", "hall"))
    assert "这一页给运营商公司看" in world.words(REPORTER, CALENDAR)
    assert "本周防骗短信" not in world.words(REPORTER, "/u/carriers/")


def test_a_regulator_sees_the_operators_below_it_and_no_others(world: World, operator: Unit) -> None:
    above = world.unit("carriers", "regulator")
    world.works_for(REPORTER, above)
    rows = world.rows(REPORTER, CALENDAR, "每家")
    with world.inside() as session:
        names = {
            unit.name
            for unit in session.query(Unit).where(Unit.kind == "operator", Unit.parent_id == above.id)
        }
    assert {row[0].split()[0] for row in rows} == names
    assert names


def test_the_office_sees_who_lacks_most_first(world: World, operator: Unit) -> None:
    for day in (9, 10, 11):
        world.report(operator, "CAR-03", "week-3", sent(f"2020-11-{day:02}T10:00"), "submitted")
    world.report(operator, "CAR-03", "week-1", sent("2020-10-27T10:00"))
    rows = world.rows("office", OPERATORS, "每家")
    assert len(rows) == 36
    assert rows[0][1:] == ["差 3 条", "少 6 条", "0 / 3", "0 / 3", "0 / 3"]
    assert rows[-1][0].startswith(operator.name)
    assert rows[-1][1:] == ["0", "少 5 条", "1 / 3", "0 / 3", "3 / 3"]
    assert "本周没报齐 35 家公司" in world.words("office", OPERATORS)
    inside = world.rows("zz-office", OPERATORS, "每家")
    assert {row[0].split()[1] for row in inside} == {"郑州市"}


def test_the_home_page_says_what_is_missing_this_week(world: World, operator: Unit) -> None:
    for day in (9, 10):
        world.report(operator, "CAR-03", "week-3", sent(f"2020-11-{day:02}T10:00"), "submitted")
    world.report(operator, "CAR-03", "week-3", sent("2020-11-11T10:00"), "returned")
    home = world.words(REPORTER, "/u/carriers/")
    assert "本周短信 2/3，还差 1 条，11月15日24点前发送" in home
    assert "1 条被退回，请修改" in home
    world.report(operator, "CAR-03", "week-3", sent("2020-11-11T11:00"), "submitted")
    assert "本周短信 3/3，已报齐" in world.words(REPORTER, "/u/carriers/")


def test_the_inspector_sees_the_last_wordings_and_which_are_the_same(world: World, operator: Unit) -> None:
    texts = ["一模一样的短信", "第二种说法", "第三种说法", "第四种说法", " 一模一样的\n短信"]
    ids = [
        world.report(operator, "CAR-03", "week-1", sent(f"2020-10-{26 + n}T10:00", wording=text))
        for n, text in enumerate(texts)
    ]
    other = world.unit("carriers", "operator", 1)
    world.report(other, "CAR-03", "week-1", sent("2020-10-27T10:00", wording="别家的短信"))
    text = world.words("inspector", f"/review/{ids[-1]}")
    panel = text.partition("同一运营商的其他短信")[2].partition("办理过程")[0]
    assert "有 1 条短信的内容与本条完全相同" in panel
    assert [word in panel for word in texts[:4]] == [True] * 4
    assert panel.count("与本条相同") == 1
    assert "别家的短信" not in text
    alone = world.words("inspector", f"/review/{ids[0]}")
    assert ["第二种说法" in alone, "第三种说法" in alone] == [False, True]


def test_another_dutys_report_has_no_such_panel(world: World, operator: Unit) -> None:
    report = world.report(operator, "CAR-02", "phase-1", sent("2020-10-27T10:00"), "submitted")
    assert "同一运营商的其他短信" not in world.words("inspector", f"/review/{report}")


def test_the_pages_take_as_many_statements_for_fifty_operators(world: World, operator: Unit) -> None:
    before = world.statements("office", OPERATORS)
    world.more_units(operator, 49)
    assert len(world.rows("office", OPERATORS, "每家")) == 85
    assert world.statements("office", OPERATORS) == before < 20


def test_the_pages_are_gone_while_the_plugin_is_off(world: World, operator: Unit) -> None:
    world.switch("carriers", on=False)
    for login, url in ((REPORTER, CALENDAR), ("office", OPERATORS)):
        world.page(login, url, status=404)
        assert url not in world.page(login, "/account")
    world.switch("carriers", on=True)
    assert CALENDAR in world.page(REPORTER, CALENDAR)


def test_the_pages_are_whole_in_english(world: World, operator: Unit) -> None:
    world.report(operator, "CAR-03", "week-3", sent("2020-11-10T09:30"), "submitted")
    assert "Still to send: 2" in world.english(REPORTER, CALENDAR)
    assert "Short in earlier weeks" in world.english("office", OPERATORS)
    world.site.post(REPORTER, "/language", {"locale": "en"})
    assert "2 still to send by the end of 15 Nov" in world.words(REPORTER, "/u/carriers/")
