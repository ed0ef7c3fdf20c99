"""The office's pages of plugins: what they tell is so, and switching does what was told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from core.extend.host import HookFailed
from core.services import failures, plugin_matrix, plugins
from core.services.failures import PARK_AFTER
from core.services.rehearsal import Rehearsal, rehearse
from core.services.runtime import runtime
from core.store.models import OutboxTask, PluginState
from tests.web.conftest import opened
from tests.web.site import DEMO, FIXTURE, Site

REASON = "试点结束"
PARCELS = """
from core.api import Duty, Plugin, ReportForm, UnitKind, UnitType, hookimpl, metric, weekly
from core.api.jobs import Job

class Leaflets(ReportForm):
    leaflets = metric("随件宣传单", "Leaflets")

@hookimpl
def dudao_jobs():
    return [Job("remind", ("提醒投递", "Remind"), print)]

@hookimpl
def dudao_plugin():
    company = UnitKind("company", ("寄递企业", "Company"))
    duty = Duty("PCL-01", ("随件宣传", "Leaflets"), who=company, due=weekly(1), form=Leaflets)
    kind = UnitType("parcels", ("寄递企业", "Parcel companies"), [company], [duty])
    return Plugin("parcels", ("寄递", "Parcels"), "3.1", unit_types=[kind])
"""


@pytest.fixture(scope="module")
def site(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(filled_folder, tmp_path_factory.mktemp("plugin-admin") / "data") as made:
        yield made


def words(html: str) -> str:
    """A page's text in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(html: str) -> dict[str, list[str]]:
    """The first table's lines by their name."""
    table = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    assert table
    found = [
        [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)]
        for line in re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL)
    ]
    return {line[0]: line[1:] for line in found}


def rehearsed(site: Site, key: str) -> Rehearsal:
    with site.inside():
        return rehearse(key)


def switch(site: Site, key: str, verb: str, **form: str) -> Any:
    return site.post("office", f"/office/plugins/{key}/{verb}", {"reason": REASON, **form})


@pytest.fixture
def off(site: Site) -> Iterator[str]:
    assert switch(site, "carriers", "disable").status_code == 302
    yield "carriers"
    assert switch(site, "carriers", "enable").status_code == 302


def fail(site: Site, key: str, hook: str, times: int) -> HookFailed:
    with site.inside():
        for _number in range(times):
            try:
                raise ValueError("<b>no picture</b>")
            except ValueError as error:
                failed = HookFailed(key, hook, error)
            failures.record([failed])
    return failed


def test_the_matrix_has_a_line_for_each_plugin_with_its_numbers(site: Site) -> None:
    page = site.client("office").get("/office/plugins").text
    table = rows(page)
    with site.inside():
        lines = plugin_matrix.matrix().rows
        assert len(table) == len(lines) == len(runtime().registry.plugins)
    for line in lines:
        plugin = line.row.plugin
        cells = table[f"{plugin.title.zh} {plugin.key} {plugin.version}"]
        units = f"{line.row.units:,}" if plugin.unit_types else "所有类别"
        assert cells[:4] == ["启用", units, f"{line.open:,}", f"{line.waiting:,}"]
        assert line.open > 0 and cells[5] == "正常"
        if plugin.unit_types:
            listed = site.client("office").get(f"/office/units?type={plugin.unit_types[0].key}").text
            assert f"共 {line.row.units} 条" in listed


def test_a_plugin_that_is_off_owes_nothing_and_its_reports_are_frozen(site: Site, off: str) -> None:
    cells = rows(site.client("office").get("/office/plugins").text)["电信运营商 carriers 1.0"]
    assert cells[0] == "停用" and cells[2].startswith("—") and cells[3].endswith("已冻结")


def test_the_page_tells_beforehand_what_disappears_freezes_and_is_orphaned(site: Site) -> None:
    found = rehearsed(site, "carriers")
    text = words(site.client("office").get("/office/plugins/carriers").text)
    for line in (
        "停用预演",
        f"不再应报 {found.obligations:,} 正在进行、还没报的事项",
        f"不能接着填 {found.begun:,} 草稿、已撤回、已退回的报告",
        f"不能审核 {found.waiting:,} 等待审核的报告",
        f"没有人承担 {len(found.clauses)} 句通知要求",
        f"任务页空白的人 {found.people} 只为这类单位填报",
        "/u/carriers/",
        "carriers-reporter",
    ):
        assert line in text, line
    assert found.obligations > 100 and found.begun > 10 and found.waiting > 10 and found.clauses


def test_every_link_of_the_rehearsal_leads_to_as_many_reports_as_it_says(site: Site) -> None:
    page = site.client("office").get("/office/plugins/carriers").text
    links = re.findall(r'<a href="(/office/reports\?[^"]*state=[^"]*)">([\d,]+)</a>', page)
    assert len(links) > 8
    for url, number in links:
        assert f"共 {number} 条" in site.client("office").get(unescape(url)).text, url


def test_its_pages_are_gone_and_its_people_have_nothing_to_do_exactly_as_told(site: Site) -> None:
    logins = [login for login in (*FIXTURE, *DEMO, *site.units) if login != "fx-disabled"]

    def empty() -> set[str]:
        return {login for login in logins if "这一类单位关闭" in site.client(login).get("/").text}

    found = rehearsed(site, "carriers")
    assert empty() == set()
    # Some of its own pages are for the office or inspectors.
    readers = ("carriers-lead", "office", "inspector")
    seen = {
        page.address: [who for who in readers if site.client(who).get(page.address).status_code == 200]
        for page in found.pages
        if "<" not in page.address
    }
    assert "carriers-lead" in seen["/u/carriers/"] and all(seen.values())
    assert switch(site, "carriers", "disable").status_code == 302
    try:
        assert empty() == {person.login for person in found.first}
        for url, whose in seen.items():
            assert {site.client(who).get(url).status_code for who in whose} == {404}, url
        text = words(site.client("office").get("/office/plugins/carriers").text)
        assert "启用预演" in text and f"又要应报 {found.obligations:,}" in text and REASON in text
    finally:
        assert switch(site, "carriers", "enable").status_code == 302
    assert empty() == set()


@pytest.mark.parametrize(("verb", "field"), [("disable", "reason"), ("put-back", "reason-back")])
def test_a_form_without_a_reason_is_shown_again_with_the_way_to_the_field(
    site: Site, verb: str, field: str
) -> None:
    with site.inside() as session:
        session.get_one(PluginState, "banks").parked = ["scores"]
        session.commit()
    answer = switch(site, "banks", verb, reason=" \n")
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text and f'id="{field}-error"' in answer.text
    assert answer.text.count("请写明理由") == 2


def test_what_was_typed_is_kept_in_the_form_that_failed_only(site: Site) -> None:
    answer = switch(site, "banks", "disable", reason=" ")
    assert answer.status_code == 422
    assert switch(site, "banks", "enable").status_code == 409


def test_failures_are_listed_with_incident_and_traceback_as_text(site: Site) -> None:
    failed = fail(site, "education", "dudao_check_report", 2)
    page = site.client("office").get("/office/plugins/education").text
    assert f"事件号 {failed.incident}" in page and "dudao_check_report" in page
    assert "Traceback" in page and "&lt;b&gt;no picture" in page and "<b>no picture" not in page
    cells = rows(site.client("office").get("/office/plugins").text)["教育 education 1.0"]
    assert cells[4].startswith("自动检查") and failed.incident in cells[4]


def test_a_parked_part_is_shown_and_put_back_from_the_page(site: Site) -> None:
    fail(site, "courts", "dudao_score", PARK_AFTER)
    line = next(
        cells
        for name, cells in rows(site.client("office").get("/office/plugins").text).items()
        if "courts" in name
    )
    assert line[5] == "1 个问题 已暂停：评分"
    notices = site.client("admin").get("/notices/").text
    assert "/office/plugins/courts" in notices
    page = site.client("admin").get("/office/plugins/courts").text
    assert "已暂停的部分" in page and "/office/plugins/courts/put-back" in page
    assert site.post("admin", "/office/plugins/courts/put-back", {"reason": "修好了"}).status_code == 302
    page = site.client("admin").get("/office/plugins/courts").text
    assert "已暂停的部分" not in page
    with site.inside():
        assert plugins.parked("courts") == frozenset()
    assert site.post("admin", "/office/plugins/courts/put-back", {"reason": "再来"}).status_code == 409


def test_the_administrator_gets_no_links_to_what_is_closed_to_him(site: Site) -> None:
    for url in ("/office/plugins", "/office/plugins/carriers", "/office/plugins/common"):
        page = site.client("admin").get(url).text
        assert 'href="/office/plugins' in page
        for href in set(re.findall(r'href="(/(?:office|review|audit|people)[^"#]*)', page)):
            assert site.client("admin").get(unescape(href)).status_code == 200, href


def test_a_plugin_that_is_not_there_has_no_page(site: Site) -> None:
    for url in ("/office/plugins/no_such_plugin", "/office/plugins/posters"):
        assert site.client("office").get(url).status_code == 404
    assert switch(site, "no_such_plugin", "enable").status_code == 404
    assert switch(site, "no_such_plugin", "put-back").status_code == 404


def test_plugins_in_quarantine_come_first_and_those_that_are_gone_last(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "broken.py").write_text("from core.api import hookimpl\n1 / 0\n", "utf-8")
    (folder / "parcels.py").write_text(PARCELS, "utf-8")
    made = make_site(DUDAO_PLUGINS_DIR=str(folder), DUDAO_PLUGINS_OFF="courts")
    with made.inside() as session:
        at = runtime().clock.now()
        state = PluginState(key="posters", enabled=True, reason="", changed_at=at, changed_by="office")
        state.title, state.version = ["海报", "Posters"], "2.1"
        session.add(state)
        session.commit()
    text = words(made.client("office").get("/office/plugins").text)
    places = [
        text.index(part)
        for part in ("broken importing it failed", "carriers 1.0", "没有安装、但有历史的插件")
    ]
    assert places == sorted(places)
    assert "检察院、法院 courts 1.0 没有安装 CRT-01 、 CRT-02 、 CRT-03" in text
    assert "海报 posters 2.1 没有安装 没有" in text
    listed = made.client("office").get("/office/reports?duty=CRT-01")
    assert listed.status_code == 200 and "/office/reports/" in listed.text
    page = words(made.client("office").get("/office/plugins/parcels").text)
    assert "1 项职责会加入本次活动，从今天起应报 PCL-01 随件宣传" in page and "file parcels.py" in page
    assert "提醒投递 remind 每天 06:00 还没有 停用，不运行" in page
    assert switch(made, "parcels", "enable").status_code == 302
    with made.inside() as session:
        moment = runtime().clock.now()
        session.add(
            OutboxTask(
                id="1" * 32, job="plugin_job", key="plugin_job:parcels:remind:2020-11-12",
                payload={"plugin": "parcels", "job": "remind", "turn": "2020-11-12"},
                created_at=moment, due_at=moment, done_at=moment,
            )
        )  # fmt: skip
        session.commit()
    page = words(made.client("office").get("/office/plugins/parcels").text)
    assert re.search(r"提醒投递 remind 每天 06:00 2020-11-12 \d\d:\d\d 2020-11-13 06:00", page)


def test_the_matrix_takes_as_many_statements_for_two_plugins_as_for_nine(
    site: Site, make_site: Callable[..., Site]
) -> None:
    gone = "anti_fraud_centres,city_offices,courts,education,market_regulation,other_members,banks"
    counts = []
    for one in (site, make_site(DUDAO_PLUGINS_OFF=gone)):
        one.client("office").get("/office/plugins")
        with one.statements() as seen:
            assert one.client("office").get("/office/plugins").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] < 20
    with site.statements() as seen:
        site.client("office").get("/office/plugins/carriers")
    assert len(seen) < 30
