"""What is done about a plugin that goes on failing, and that its faults hold up nobody while they last."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from core.extend import budget, turns
from core.extend.budget import Broken, OutOfTime, apart, within
from core.extend.trace import listening
from core.services import failures, plugins
from core.services.runtime import runtime
from core.store.db import begin_writing, db
from core.store.models import Notification, PluginState
from core.web import plugin_pages
from tests.conftest import actor
from tests.faults.sick import FAULTS, write
from tests.faults.site_with_plugin import HOME, Ward, ward

pytestmark = [
    pytest.mark.slow,
    # A request to stop that comes inside a destructor is swallowed there by the interpreter; the next one is not.
    pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def short_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_pages, "PAGE_SECONDS", 1.0)
    monkeypatch.setattr(plugin_pages, "SLOT_SECONDS", 0.5)


def ask(site: Ward, url: str, login: str = HOME[0]) -> tuple[int, str]:
    answer = site.site.client(login).get(url)
    return answer.status_code, answer.text


def parked(site: Ward) -> list[str]:
    with site.site.inside() as session:
        return list(session.scalars(select(PluginState.parked).where(PluginState.key == site.key)).one())


def test_five_failures_park_one_part_and_the_office_puts_it_back(filled_folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "plugins", "sick", "slot", "raises")
    with ward(filled_folder, tmp_path, "sick") as site:
        for _time in range(failures.PARK_AFTER):
            assert "这一栏暂时打不开" in ask(site, HOME[1])[1]
        assert parked(site) == ["pages"]
        status, text = ask(site, HOME[1])
        assert status == 200 and "这一栏暂时打不开" not in text, "a parked panel vanishes"
        assert ask(site, "/u/sick/page")[0] == 503 and "已经暂停" in ask(site, "/u/sick/page")[1]
        with site.site.inside() as session:
            told = session.scalars(select(Notification).where(Notification.key.like("parked:%"))).all()
        assert told, "the office hears of it"
        site.work("plugin_job", "beside", job="work", turn="2020-11-12T09")
        assert len(site.failures()) == failures.PARK_AFTER, "its other parts go on"
        assert ask(site, "/office/plugins/sick", "office")[0] == 200
        with site.site.inside():
            failures.put_back(actor("office"), "sick", "已修复")
        assert parked(site) == [] and ask(site, "/u/sick/page")[0] == 200
        assert "这一栏暂时打不开" in ask(site, HOME[1])[1] and parked(site) == [], (
            "the first failure counts anew"
        )


@pytest.mark.parametrize("fault", ["sleeps", "holds a transaction", "loops"])
def test_while_a_page_hangs_a_deed_succeeds_at_once(fault: str, filled_folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "plugins", "sick", "deed", fault)
    with ward(filled_folder, tmp_path, "sick") as site:
        site.site.token(HOME[0])
        hanging = threading.Thread(target=site.site.post, args=(HOME[0], "/u/sick/deed"))
        hanging.start()
        time.sleep(0.2)
        with site.site.inside():
            began = time.monotonic()
            begin_writing(db.session())
            db.session.rollback()
            assert time.monotonic() - began < 0.5 and (hanging.is_alive() or fault == "holds a transaction")
        hanging.join()
        site.assert_records_agree()


TEMPLATES = {
    "never ends": "{% for n in range(10**9) %}{% endfor %}",
    "is too long": "{% for n in range(10**9) %}xxxxxxxxxxxxxxxxxxxx{% endfor %}",
    "is one long text": "{{ 'x' * 100000000 }}",
    "is no template": "{% if %}",
    "extends the core": "{% extends 'base.html' %}",
    "includes itself": "{% include 'page.html' %}",
    "reads a file": "{% include '../../__init__.py' %}",
    "raises": "{{ 1 / 0 }}",
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_sick_template_is_contained(template: str, filled_folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "plugins", "sick", template=template)
    with ward(filled_folder, tmp_path, "sick") as site:
        status, text = ask(site, "/u/sick/page")
        assert status == 500 and site.failures()[0].incident in text
        status, text = ask(site, HOME[1])
        assert status == 200 and "这一栏暂时打不开" in text and "CAR-03" in text


def test_a_template_of_the_cores_name_replaces_nothing(filled_folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "plugins", "sick")
    for folder in (tmp_path / "plugins/sick/templates", tmp_path / "plugins/sick/templates/sick"):
        for name in ("base.html", "errors/404.html", "unit/home.html"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("<p>taken over</p>")
    with ward(filled_folder, tmp_path, "sick") as site:
        for url in (HOME[1], "/u/sick/page", "/no-such-page"):
            assert "taken over" not in ask(site, url)[1]


def test_what_a_plugin_shows_is_escaped_and_its_scripts_are_not_run(
    filled_folder: Path, tmp_path: Path
) -> None:
    source = (
        "from markupsafe import Markup\n"
        "return view('page.html', plain='<script>1</script>', marked=Markup('<script>2</script>'))"
    )
    write(tmp_path / "plugins", "sick", "page", source, template="{{ plain }}{{ marked }}")
    with ward(filled_folder, tmp_path, "sick") as site:
        answer = site.site.client(HOME[0]).get("/u/sick/page")
        assert "&lt;script&gt;1" in answer.text
        scripts = answer.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]
        assert "nonce-" in scripts and "unsafe-inline" not in scripts, "a script without the nonce is not run"


def test_a_crowd_on_a_slow_page_is_told_that_it_is_busy(
    filled_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "plugins", "sick", "page", "time.sleep(0.8)")
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with ward(filled_folder, tmp_path, "sick") as site:
        site.site.client(HOME[0])
        seen: list[int] = []
        crowd = [threading.Thread(target=lambda: seen.append(ask(site, "/u/sick/page")[0])) for _ in range(5)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        assert sorted(seen) == [200, 200, 503, 503, 503] and not site.failures()


def test_it_starts_without_a_plugin_that_the_settings_leave_out(filled_folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "plugins", "sick", "import", "(Path(__file__).parent / 'imported').write_text('')")
    with ward(filled_folder, tmp_path, "sick", off="sick,carriers") as site, site.site.inside():
        assert not {"sick", "carriers"} & (plugins.on() | runtime().registry.plugins.keys())
        assert not (tmp_path / "plugins/sick/imported").exists()


def test_the_trace_names_plugin_hook_time_and_result(filled_folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "plugins", "sick", "page", "raises")
    with ward(filled_folder, tmp_path, "sick") as site:
        site.site.client(HOME[0])
        with listening() as calls:
            ask(site, HOME[1])
            ask(site, "/u/sick/page")
    seen = {(call.plugin, call.hook): call for call in calls}
    assert "RuntimeError" in seen["sick", "dudao_pages:page"].result
    assert (
        seen["sick", "dudao_pages:slot"].result == "Markup"
        and seen["sick", "dudao_pages:slot"].milliseconds > 0
    )


def test_code_that_cannot_be_stopped_is_not_called_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that swallows even the request to stop is left running, and its owner is refused after a few."""
    over = threading.Event()

    def stubborn() -> None:
        while not over.is_set():
            try:
                over.wait(0.01)
            except BaseException:  # noqa: BLE001 - that is the fault
                continue

    for _time in range(budget.MOST_LEFT):
        with pytest.raises(OutOfTime):
            within(0.05, stubborn, "stubborn")
    with pytest.raises(Broken, match="not called until they end"):
        within(0.05, stubborn, "stubborn")
    assert within(1, lambda: 7, "another") == 7
    over.set()
    end = time.monotonic() + 5
    while budget._left.count("stubborn") and time.monotonic() < end:
        time.sleep(0.05)
    assert within(1, lambda: 8, "stubborn") == 8


def test_no_stop_reaches_a_thread_that_came_later() -> None:
    """Calls that end just when their time is up: whatever thread runs next is left alone."""
    for number in range(300):
        try:
            within(0.001, lambda: time.sleep(0.001))
        except OutOfTime:
            assert within(5, lambda number=number: sum(range(200)) + number) == 19900 + number  # type: ignore[misc]


def test_a_call_apart_leaves_no_process_behind() -> None:
    import psutil

    # The servers that other tests began are this process's children too.
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    source = {"time": time, "os": __import__("os"), "threading": threading}
    for fault in ("forks", "sleeps", "ends its process"):
        with pytest.raises((OutOfTime, Broken)):
            apart(0.3, lambda fault=fault: exec(FAULTS[fault] + "\ntime.sleep(60)", dict(source)))  # type: ignore[misc]
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
