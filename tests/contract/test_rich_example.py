"""The documentation's rich example lives in an installation: tables, pages, deeds, jobs, events, checks, score."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect, select, text

from core.app import create_app
from core.cli import main
from core.extend.host import HOOKS
from core.jobs import entry, schedule
from core.services import checks, fsck, plugins, scores, seed, tracing, upgrading
from core.store import migrations
from core.store.db import db
from core.store.models import AuditRecord, Notification, OutboxTask, PluginFailure, Report, Unit
from tests.conftest import PASSWORD, move_clock, settings_for
from tests.services.helpers import jpeg
from tests.web.site import Site, steady

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "parcels"
CLERK, OFFICE, INSPECTOR = "parcels-reporter", "office", "inspector"
WEEK = "/u/parcels/duties/PCL-01/week-3/new"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation with the example among the bundled plugins, in its own tables' newest state."""
    folder = tmp_path_factory.mktemp("parcels") / "data"
    app = create_app(settings_for(folder, DUDAO_PLUGINS_DIR=str(EXAMPLE), DUDAO_TRACE="1"))
    made = Site(app)
    with made.inside():
        upgrading.upgrade()
        seed.everything(PASSWORD, fixture=True)
    yield made
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def work(site: Site) -> None:
    """Do everything that is owed, as the worker would."""
    with site.inside() as session:
        ids = list(session.scalars(select(OutboxTask.id).where(OutboxTask.done_at.is_(None))))
    for outbox_id in ids:
        with site.inside():
            entry.run(outbox_id)


def stock(site: Site) -> list[tuple[int, str]]:
    with site.inside() as session:
        rows = session.execute(text("SELECT leaflets, counted FROM parcels_stock"))
        return [(row.leaflets, row.counted) for row in rows]


def test_the_example_is_accepted_with_its_tables_and_nothing_failed(site: Site) -> None:
    with site.inside():
        assert "parcels" in plugins.on()
        assert "parcels_stock" in inspect(db.engine).get_table_names()
        assert not upgrading.behind("parcels")
        assert db.session.scalars(select(PluginFailure)).all() == []


def test_a_depot_enters_its_stock_and_the_office_sees_it(site: Site) -> None:
    page = site.client(CLERK).get("/u/parcels/stock")
    assert page.status_code == 200 and "还没有登记" in page.text
    wrong = site.post(CLERK, "/u/parcels/stock", {"leaflets": "许多"})
    assert (
        wrong.status_code == 422
        and "请填写 0 至 9999999 的整数" in wrong.text
        and 'value="许多"' in wrong.text
    )
    assert stock(site) == []
    assert site.post(CLERK, "/u/parcels/stock", {"leaflets": "150"}).status_code == 302
    assert stock(site) == [(150, "")]
    with site.inside() as session:
        records = session.scalars(select(AuditRecord).where(AuditRecord.action == "plugin.deed")).all()
        kept = [(record.object_type, record.outcome) for record in records]
        assert kept == [("", "invalid"), ("parcels.enter", "done")]
    assert "150" in site.client(OFFICE).get("/u/parcels/stocks").text
    home = site.client(CLERK).get("/u/parcels/").text
    assert "宣传单还有 150 张" in home and "宣传单存量" in home


def test_the_pages_speak_the_plugins_own_english(site: Site) -> None:
    browser = site.fresh("parcels-lead")
    browser.post("/language", {"locale": "en", "next": "/"})
    shown = browser.client.get("/u/parcels/stock").text
    assert "Leaflets counted" in shown and "Leaflets in stock" in shown
    assert "登记" not in shown.split("<main")[1]


def test_its_job_reminds_once_a_day(site: Site) -> None:
    with site.inside():
        schedule.tick()
    work(site)
    with site.inside():
        schedule.tick()
    work(site)
    with site.inside() as session:
        told = session.scalars(
            select(Notification).where(Notification.key.startswith("plugin:parcels"))
        ).all()
        assert {tuple(row.title) for row in told} == {("宣传单快用完了", "Leaflets are running out")}
        assert len(told) == len({row.user_id for row in told}) == 2


def test_a_report_is_checked_accepted_counted_off_and_scored(site: Site) -> None:
    site.post(CLERK, "/u/parcels/stock", {"leaflets": "1000"})
    typed = {"do": "submit", "day": "2020-11-12", "parcels": "300", "leaflets": "380"}
    files = {"files": (io.BytesIO(jpeg(1)), "现场.jpg")}
    assert site.post(CLERK, WEEK, typed | files, content_type="multipart/form-data").status_code == 302
    with site.inside() as session:
        report_id = session.scalars(
            select(Report.id)
            .where(Report.duty_code == "PCL-01", Report.period_key == "week-3")
            .join(Unit, Unit.id == Report.unit_id)
            .where(Report.submitted_at.is_not(None))
            .order_by(Report.submitted_at.desc())
        ).first()
    assert "检查还在进行" in site.client(INSPECTOR).get(f"/review/{report_id}").text
    work(site)
    shown = site.client(INSPECTOR).get(f"/review/{report_id}").text
    assert "宣传单比快件多，请核对" in shown and "照片很小，可能看不清" in shown
    assert site.post(INSPECTOR, f"/review/{report_id}/claim").status_code == 302
    with site.inside() as session:
        version = session.get_one(Report, report_id).version
    assert site.post(INSPECTOR, f"/review/{report_id}/accept", {"version": version}).status_code == 302
    work(site)
    [(left, counted)] = stock(site)
    assert left == 620 and report_id and report_id in counted
    with site.inside() as session:
        again = session.scalars(
            select(OutboxTask).where(OutboxTask.job == "plugin_event", OutboxTask.key.contains("accepted"))
        ).all()
        for task in again:
            task.done_at = None
        session.commit()
    work(site)
    assert stock(site) == [(left, counted)], "an event that is told twice counts once"
    with site.inside():
        move_clock(site.app, timedelta(days=1))
        assert scores.owe_scores() == 1
    work(site)
    site._browsers.clear()
    site._tokens.clear()
    with site.inside() as session:
        unit_id = session.get_one(Report, report_id).unit_id
        [score] = scores.of_unit(unit_id)
        assert score.points == score.out_of == 100
        assert checks.of_report(report_id or "")[0].ran
        assert fsck.check().clean


def test_its_command_is_run_in_a_recorded_deed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = site.app.extensions["dudao"].settings
    for name, value in (settings.environment() | {"DUDAO_PLUGINS_DIR": str(EXAMPLE)}).items():
        monkeypatch.setenv(name, value)
    listed = CliRunner().invoke(main, ["plugin", "do", "parcels"])
    assert listed.exit_code == 0 and "enter" in listed.output
    with site.inside() as session:
        code = session.scalars(
            select(Unit.code).where(Unit.unit_type == "parcels", Unit.kind == "depot")
        ).first()
    done = CliRunner().invoke(main, ["plugin", "do", "parcels", "enter", str(code), "77"])
    assert done.exit_code == 0, done.output
    assert (77, "") in stock(site) or 77 in [left for left, _counted in stock(site)]
    wrong = CliRunner().invoke(main, ["plugin", "do", "parcels", "enter", "no-such", "1"])
    assert wrong.exit_code != 0 and "no depot has the code" in wrong.output


def bare(site: Site) -> Site:
    """The same installation after the plugin was uninstalled."""
    return Site(create_app(settings_for(site.app.extensions["dudao"].settings.data)))


ANSWERS = re.compile(r'<dl class="facts facts-wide">.*?</dl>', re.DOTALL)
FINDINGS = re.compile(r"宣传单比快件多，请核对")


def test_without_the_plugin_its_history_reads_the_same_and_it_comes_back(site: Site) -> None:
    with site.inside() as session:
        wanted = select(Report).where(Report.unit_type == "parcels", Report.state == "accepted")
        report = session.scalars(wanted.order_by(Report.submitted_at.desc())).first()
        assert report is not None
        report_id, unit_id = report.id, report.unit_id
    before = site.client(OFFICE).get(f"/office/reports/{report_id}").text
    home = site.client(CLERK).get("/u/parcels/").text
    without = bare(site)
    page = without.client(OFFICE).get(f"/office/reports/{report_id}").text
    assert ANSWERS.findall(page) == ANSWERS.findall(before) != []
    assert FINDINGS.search(page) and FINDINGS.search(before)
    [audited] = re.findall("登记存量", without.client("auditor").get("/audit/?action=plugin.deed").text)[:1]
    assert audited
    with without.inside():
        [score] = scores.of_unit(unit_id)
        assert score.title.zh == "寄递企业" and score.points == 100
        upgrading.upgrade()
        assert fsck.check().clean
    assert "寄递企业" in without.client(OFFICE).get(f"/office/units/{unit_id}").text
    for url in ("/office/", "/office/units", "/office/reports", "/office/clauses", "/office/plugins"):
        assert without.client(OFFICE).get(url).status_code == 200, url
    for url in ("/u/parcels/", "/u/parcels/stock", "/u/parcels/stocks"):
        assert without.client(CLERK).get(url).status_code == 404, url
    with site.inside():
        upgrading.upgrade()
    assert steady(site.client(CLERK).get("/u/parcels/")) and stock(site)
    assert ANSWERS.findall(site.client(OFFICE).get(f"/office/reports/{report_id}").text) == ANSWERS.findall(
        before
    )
    assert ("宣传单还有" in home) == ("宣传单还有" in site.client(CLERK).get("/u/parcels/").text)


def test_the_core_upgrades_while_tables_of_an_uninstalled_plugin_stand(tmp_path: Path) -> None:
    """Core's history is core's alone: a plugin that left in the middle of it stops nothing."""
    app = create_app(settings_for(tmp_path / "data", DUDAO_PLUGINS_DIR=str(EXAMPLE)))
    with app.app_context():
        migrations.upgrade("0001")
        [(_key, history)] = [item for item in upgrading.histories() if item[0] == "parcels"]
        migrations.upgrade(history=history)
        db.engine.dispose()
    without = create_app(settings_for(tmp_path / "data"))
    with without.app_context():
        migrations.upgrade()
        assert migrations.current() == migrations.newest()
        assert "parcels_stock" in inspect(db.engine).get_table_names()
        db.engine.dispose()


def test_its_tables_go_down_and_up_without_the_cores(site: Site) -> None:
    with site.inside():
        core = migrations.current()
        assert upgrading.migrate("parcels", "base") == "no tables"
        assert "parcels_stock" not in inspect(db.engine).get_table_names()
        assert migrations.current() == core
        assert upgrading.migrate("parcels") == "0001"
        assert "parcels_stock" in inspect(db.engine).get_table_names()


def test_every_hook_was_called_and_seen(site: Site) -> None:
    """What the tests above did went through each hook; the developers' page shows it."""
    with site.inside():
        called = {call.hook.partition(":")[0] for entry in tracing.recent() for call in entry.calls}
    # The declaration is asked for at start, commands from the command line: no request or job of theirs is traced.
    assert called | {"dudao_plugin", "dudao_commands"} >= set(HOOKS)
    assert "parcels-dudao_pages-low;dur=" in site.client(CLERK).get("/u/parcels/").headers["Server-Timing"]
    shown = site.client(OFFICE).get("/office/plugin-trace")
    assert shown.status_code == 200 and "dudao_pages:low" in shown.text
    assert site.client("inspector").get("/office/plugin-trace").status_code == 403


def test_a_page_is_traced_from_the_command_line(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = site.app.extensions["dudao"].settings
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    told = CliRunner().invoke(main, ["plugin", "trace", "/u/parcels/stock", "--as", CLERK])
    assert told.exit_code == 0, told.output
    assert "200 /u/parcels/stock" in told.output and "dudao_pages:stock_page" in told.output
    refused = CliRunner().invoke(main, ["plugin", "trace", "/", "--as", "nobody"])
    assert refused.exit_code != 0 and "Not found" in refused.output
