"""Every route, job, event, check, score, command, menu entry and slot of every plugin is closed while it is off.

The lists are read from the router and the registry, so that what a plugin adds later is tested without a word here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from core.api.pages import Pages
from core.app import create_app
from core.domain.errors import Missing
from core.services import checks, plugin_commands, plugin_jobs, plugins, scores, seed, upgrading
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import OutboxTask, Report, Unit
from core.web.policy import Policy
from tests.conftest import PASSWORD, actor, settings_for
from tests.contract.test_rich_example import EXAMPLE
from tests.web.site import DEMO, Site

BUNDLED = sorted(
    path.parent.name for path in (Path(__file__).resolve().parents[2] / "plugins").glob("*/__init__.py")
)
KEYS = [*BUNDLED, "parcels"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """All bundled plugins and the documentation's rich example."""
    app = create_app(settings_for(tmp_path_factory.mktemp("off") / "data", DUDAO_PLUGINS_DIR=str(EXAMPLE)))
    made = Site(app)
    with made.inside():
        upgrading.upgrade()
        seed.everything(PASSWORD, fixture=True)
        assert set(plugins.on()) == set(KEYS)
    yield made
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def switch(site: Site, key: str, on: bool) -> None:
    with site.inside():
        plugins.switch(actor("office"), key, on, "测试")


@pytest.fixture(params=KEYS)
def off(site: Site, request: pytest.FixtureRequest) -> Iterator[str]:
    switch(site, request.param, on=False)
    yield request.param
    switch(site, request.param, on=True)


def own_rules(site: Site, key: str) -> list[Rule]:
    declared: dict[str, Policy] = site.app.extensions["dudao_policies"]
    return [rule for rule in site.app.url_map.iter_rules() if declared[rule.endpoint].plugin == key]


def unit_type_rules(site: Site) -> list[Rule]:
    declared: dict[str, Policy] = site.app.extensions["dudao_policies"]
    return [rule for rule in site.app.url_map.iter_rules() if declared[rule.endpoint].unit_pages]


def address(rule: Rule, unit_type: str = "") -> str:
    path = re.sub(r"<unit_type>", unit_type, rule.rule)
    return re.sub(r"<(?:int:)?\w+>", "1", path)


def logins(site: Site, key: str) -> list[str]:
    types = site.app.extensions["dudao"].registry.plugins[key].unit_types
    return [*DEMO, *(f"{unit_type.key}-{role}" for unit_type in types for role in ("reporter", "lead"))]


def test_the_lists_are_not_empty(site: Site) -> None:
    assert own_rules(site, "parcels") and own_rules(site, "carriers") and unit_type_rules(site)
    pages: dict[str, Pages] = site.app.extensions["dudao_plugin_pages"].pages
    assert {"parcels", "carriers"} <= pages.keys()


def test_no_route_of_it_answers_anybody(site: Site, off: str) -> None:
    types = [t.key for t in site.app.extensions["dudao"].registry.plugins[off].unit_types]
    paths = [(rule, address(rule)) for rule in own_rules(site, off)]
    paths += [(rule, address(rule, key)) for key in types for rule in unit_type_rules(site)]
    for login in logins(site, off):
        for rule, path in paths:
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                data = {"csrf_token": site.token(login)} if method == "POST" else None
                answer = site.client(login).open(path, method=method, data=data)
                assert answer.status_code in (403, 404), f"{login} {method} {path}: {answer.status_code}"


def test_no_menu_entry_and_no_panel_of_it_is_shown(site: Site, off: str) -> None:
    bring = site.app.extensions["dudao_plugin_pages"]
    pages = bring.pages.get(off, Pages())
    for login in logins(site, off):
        if login == "admin":
            continue
        for path in ("/", "/notices/", "/office/"):
            shown = site.client(login).get(path, follow_redirects=True).text
            assert f'href="/u/{off}' not in shown, f"{login} {path}"
    with site.inside():
        for slot in pages.slots:
            assert not [key for _slot, key in bring._slots(slot.place, off) if key == off]


def test_no_job_event_check_score_or_command_of_it_runs(site: Site, off: str) -> None:
    registry = site.app.extensions["dudao"].registry
    with site.inside() as session:
        before = set(session.scalars(select(OutboxTask.id)))
        plugin_jobs.owe_turns()
        scores.owe_scores()
        new = session.scalars(select(OutboxTask).where(OutboxTask.id.not_in(before))).all()
        assert [task.key for task in new if task.payload.get("plugin") == off] == []
        unit = session.scalars(
            select(Unit.id).where(Unit.unit_type.in_([t.key for t in registry.plugins[off].unit_types]))
        ).first()
        report = session.scalars(select(Report).where(Report.submitted_at.is_not(None))).first()
        assert report is not None
        told = {"plugin": off, "name": "unit.enabled", "id": "x", "at": report.created_at.isoformat()}
        assert plugin_jobs.tell_event({**told, "unit_id": unit or 1}) is None
        assert plugin_jobs.run_job({"plugin": off, "job": "low_stock", "turn": "2020-11-12"}) is None
        assert checks.run({"plugin": off, "report_id": report.id, "version": report.version}) == []
        assert scores.run({"plugin": off, "day": "2020-11-12", "after": 0}) == []
        with pytest.raises(Missing):
            plugin_commands.of(off)
        assert off not in plugins.on() and off in runtime().registry.plugins


def test_no_search_list_or_figure_asks_for_its_duties(site: Site, off: str) -> None:
    """What inspectors may decide and offices see as owed holds no duty of it."""
    codes = {rule.code for rule in site.app.extensions["dudao"].registry.duty_rules() if rule.plugin == off}
    shown = site.client("inspector").get("/review/").text
    listed = set(re.findall(r'<span class="code">([A-Z]+-\d+)</span>', shown))
    assert not codes & listed
    board = site.client("office").get("/office/").text
    rows = set(re.findall(r'<th scope="row"><a[^>]*>([A-Z]+-\d+)', board))
    assert not codes & rows
