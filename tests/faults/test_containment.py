"""A sick plugin hurts nobody else: every fault in every hook, one at a time, and all other pages beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.extend import host
from core.services import checks, plugin_commands, plugin_jobs, reports, scores
from core.services.failures import part_of
from core.services.runtime import runtime
from core.store.models import CheckResult, Report, UnitScore
from core.web import plugin_pages
from tests.faults.sick import Cell, cells, everyday, write
from tests.faults.site_with_plugin import HOME, Ward, ward

pytestmark = [
    pytest.mark.slow,
    # A request to stop that comes inside a destructor is swallowed there by the interpreter; the next one is not.
    pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"),
]

#: The product's budgets are shortened to this; a start and an answer may take so much longer than a healthy one.
BUDGET = 0.3
HEALTHY = 1.0
LEEWAY = 3.0
CELLS = cells()
TRIED = [
    pytest.param(cell, id=str(cell), marks=() if cell in everyday(CELLS) else pytest.mark.soak) for cell in CELLS
]
#: Faults after which all records are compared with each other, which takes longest.
HARD_ON_RECORDS = {
    "raises",
    "sleeps",
    "commits in the middle",
    "rolls back in the middle",
    "holds a transaction",
}


@pytest.fixture(autouse=True)
def short_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IMPORT", "DECLARE", "CHECK", "SCORE", "EVENT", "JOB"):
        monkeypatch.setattr(host, f"{name}_SECONDS", BUDGET)
    monkeypatch.setattr(plugin_jobs, "JOB_SECONDS", BUDGET)
    monkeypatch.setattr(plugin_pages, "PAGE_SECONDS", BUDGET)
    # Healthy plugins' panels and forms are asked as well, on a machine that may be busy.
    monkeypatch.setattr(plugin_pages, "SLOT_SECONDS", HEALTHY)
    monkeypatch.setattr(reports, "FORM_SECONDS", HEALTHY)
    monkeypatch.setattr(scores, "BATCH_SECONDS", BUDGET)


@pytest.fixture(scope="module")
def healthy(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """The same world with a healthy plugin: how long it takes to start, what its pages look like."""
    folder = tmp_path_factory.mktemp("healthy")
    write(folder / "plugins", "healthy")
    with ward(filled_folder, folder, "healthy") as made:
        made.before = made.walk()
        yield made


@pytest.mark.parametrize("cell", TRIED)
def test_a_fault_in_a_hook_is_contained(cell: Cell, healthy: Ward, tmp_path: Path) -> None:
    write(tmp_path / "plugins", cell.key, cell.hook, cell.fault)
    with ward(healthy.data, tmp_path, cell.key, like=healthy) as site:
        assert site.started < healthy.started + BUDGET + LEEWAY
        began = time.monotonic()
        TRIGGERS[cell.hook](site, cell)
        assert time.monotonic() - began < 3 * BUDGET + LEEWAY
        assert site.walk() == healthy.before, "another page looks different"
        site.report_and_review()
        if cell.fault in HARD_ON_RECORDS:
            site.assert_records_agree()


def test_more_than_two_hundred_faults_are_tried_and_each_fault_and_hook_every_day() -> None:
    often = everyday(CELLS)
    assert len(CELLS) >= 200
    assert {cell.fault for cell in often} == {cell.fault for cell in CELLS}
    assert {cell.hook for cell in often} == set(TRIGGERS)


def left_out(site: Ward, cell: Cell) -> None:
    """It is in quarantine with a reason, and the administrator's page says both."""
    with site.site.inside():
        [bad] = runtime().registry.quarantined
    assert bad.key == cell.key and len(bad.problem) > 10
    page = site.site.client("admin").get("/office/plugins")
    assert page.status_code == 200 and cell.key in page.text


def told(site: Ward, hook: str) -> str:
    """The one failure on record names plugin, hook, time, reason; answers with its incident number."""
    [failure] = site.failures()
    assert (failure.hook, failure.part) == (hook, part_of(hook))
    assert failure.reason and failure.at is not None and len(failure.incident) == 8
    page = site.site.client("admin").get(f"/office/plugins/{site.key}")
    assert page.status_code == 200 and failure.incident in page.text
    assert "<b>&amp;</b>" not in page.text, "its text is shown as text"
    return failure.incident


def on_start(site: Ward, cell: Cell) -> None:
    left_out(site, cell)


def declaring_pages(site: Ward, cell: Cell) -> None:
    """Its pages are missing; the failure is on record after the first request."""
    assert site.site.client(HOME[0]).get(f"/u/{cell.key}/page").status_code == 404
    told(site, "dudao_pages")


def declaring_jobs(site: Ward, cell: Cell) -> None:
    with site.site.inside():
        plugin_jobs.owe_turns()
    told(site, "dudao_jobs")


def declaring_commands(site: Ward, cell: Cell) -> None:
    with site.site.inside(), pytest.raises(Exception, match="事件号"):
        plugin_commands.of(cell.key)
    told(site, "dudao_commands")


def showing(site: Ward, cell: Cell) -> None:
    answer = site.site.client(HOME[0]).get(f"/u/{cell.key}/page")
    _answered(site, cell, "dudao_pages:page", answer.status_code, answer.text, healthy=200)


def doing(site: Ward, cell: Cell) -> None:
    answer = site.site.post(HOME[0], f"/u/{cell.key}/deed")
    _answered(site, cell, "dudao_pages:deed", answer.status_code, answer.text, healthy=302)


def _answered(site: Ward, cell: Cell, hook: str, status: int, text: str, *, healthy: int) -> None:
    if cell.harmless:
        assert status == healthy and not site.failures()
    elif cell.fault == "raises the core's own":
        assert status == 404 and not site.failures(), "a plugin may say that something is not there"
    else:
        assert status == 500 and told(site, hook) in text and "这一页暂时打不开" in text
    assert site.site.client(HOME[0]).get(f"/u/{cell.key}/form").status_code == 200, "its other page is fine"


def panel(site: Ward, cell: Cell) -> None:
    login, url = HOME
    page = site.site.client(login).get(url)
    assert page.status_code == 200 and "CAR-03" in page.text
    if cell.harmless:
        assert "<p>healthy</p>" in page.text
    else:
        assert told(site, "dudao_pages:slot") in page.text and "这一栏暂时打不开" in page.text


def working(site: Ward, cell: Cell) -> None:
    site.work("plugin_job", cell.key, job="work", turn="2020-11-12T09")
    _worked(site, cell, "dudao_jobs:work")


def hearing(site: Ward, cell: Cell) -> None:
    with site.site.inside() as session:
        unit_id = session.scalars(select(Report.unit_id).limit(1)).one()
    about = {"name": "report.accepted", "at": "2020-11-12T01:00:00+00:00", "id": "one", "unit_id": unit_id}
    site.work("plugin_event", cell.key, **about)
    _worked(site, cell, "dudao_on_event")


def _worked(site: Ward, cell: Cell, hook: str) -> None:
    if cell.harmless:
        assert not site.failures()
    else:
        told(site, hook)


def checking(site: Ward, cell: Cell) -> None:
    """The review shows that the automatic check did not run; the other hook's findings are there."""
    with site.site.inside() as session:
        wanted = select(Report).where(Report.state == "submitted", Report.duty_code == "CAR-03").limit(1)
        report = session.scalars(wanted).one()
        report_id, version = report.id, report.version
    site.work("check_report", cell.key, report_id=report_id, version=version)
    with site.site.inside() as session:
        results = list(session.scalars(select(CheckResult).where(CheckResult.plugin == cell.key)))
        views = checks.of_report(report_id)
    sick = [result for result in results if bool(result.evidence_id) == (cell.hook == "dudao_check_evidence")]
    assert sick and {result.ran for result in sick} == {cell.harmless}
    assert len({result.ran for result in results}) == 1 + (not cell.harmless), "the other hook was asked too"
    assert len(views) == len(results)
    if not cell.harmless:
        page = site.site.client("inspector").get(f"/review/{report_id}")
        assert page.status_code == 200 and "自动检查没有运行" in page.text
        assert {failure.hook for failure in site.failures()} == {cell.hook}


def scoring(site: Ward, cell: Cell) -> None:
    """The units' scores are pending, never a number."""
    site.work("score_units", cell.key, day="2020-11-12", after=0)
    with site.site.inside() as session:
        rows = list(session.scalars(select(UnitScore).where(UnitScore.plugin == cell.key)))
    assert rows and all((row.lines is not None) == cell.harmless for row in rows)
    if not cell.harmless:
        told(site, "dudao_score")


TRIGGERS: dict[str, Callable[[Ward, Cell], None]] = {
    "import": on_start,
    "dudao_plugin": on_start,
    "dudao_pages": declaring_pages,
    "dudao_jobs": declaring_jobs,
    "dudao_commands": declaring_commands,
    "page": showing,
    "deed": doing,
    "slot": panel,
    "job": working,
    "dudao_on_event": hearing,
    "dudao_check_report": checking,
    "dudao_check_evidence": checking,
    "dudao_score": scoring,
}
