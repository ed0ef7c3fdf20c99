"""A crowd on a sick plugin's page, against the real web server: healthy pages stay quick and right."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import pytest

from core.app import create_app
from core.config import Settings
from core.domain.access import Everything
from core.services import plugins, sessions
from core.services.runtime import runtime
from core.store.db import db
from core.store.scope import set_scope
from tests.conftest import PASSWORD, settings_for
from tests.faults.test_supervisor import free_port, wait_for

pytestmark = pytest.mark.slow

SLOW = """
import time
from core.api import Pages, Plugin, hookimpl

pages = Pages()

@pages.page("/slow", ("慢", "Slow"), audience="office")
def slow(visit):
    time.sleep(60)

@hookimpl
def dudao_plugin():
    return Plugin("slow", ("慢", "Slow"), "1.0")

@hookimpl
def dudao_pages():
    return pages
"""
HEALTHY = ("/review/", "/notices/")


@contextmanager
def served(data: Path, folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """`dudao serve` on a copy of the world, and cookies of people who are signed in."""
    settings = settings_for(data, DUDAO_PLUGINS_DIR=str(folder))
    app = create_app(settings)
    cookies = {}
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        plugins.enable_all(runtime().registry.plugins)
        for login in ("office", "inspector"):
            secret = sessions.sign_in(login, PASSWORD, "test")
            client = app.test_client()
            with client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = secret, True
            cookie = client.get_cookie("dudao")
            assert cookie is not None
            cookies[login] = f"dudao={cookie.value}"
        db.session.remove()
        db.engine.dispose()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "serve", "--port", str(port)], env=_environment(settings)
    )
    try:
        wait_for(lambda: _answers(port), 30)
        yield port, cookies
    finally:
        process.terminate()
        process.wait(20)


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, **settings.environment()}


def _answers(port: int) -> bool:
    try:
        return ask(port, "/healthz", "")[0] == 200
    except OSError:
        return False


def ask(port: int, path: str, cookie: str) -> tuple[int, float]:
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - began
    finally:
        connection.close()


def visits(port: int, cookie: str, times: int) -> list[float]:
    """How long healthy pages take, one after the other; each must be 200."""
    took = []
    for number in range(times):
        status, seconds = ask(port, HEALTHY[number % 2], cookie)
        assert status == 200, HEALTHY[number % 2]
        took.append(seconds)
    return took


def test_eight_people_on_a_page_that_sleeps_do_not_slow_the_others(data_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "slow.py").write_text(SLOW, "utf-8")
    with served(data_folder, folder) as (port, cookies):
        visits(port, cookies["inspector"], 16)
        alone = visits(port, cookies["inspector"], 60)
        stop, answers = threading.Event(), []

        def hammer() -> None:
            while not stop.is_set():
                answers.append(ask(port, "/u/slow/slow", cookies["office"])[0])

        crowd = [threading.Thread(target=hammer) for _ in range(8)]
        for one in crowd:
            one.start()
        time.sleep(0.5)
        beside = visits(port, cookies["inspector"], 60)
        stop.set()
        for one in crowd:
            one.join(30)
        assert set(answers) <= {500, 503}, "the sick page says so"
        before, during = (quantiles(times, n=20)[-1] for times in (alone, beside))
        print(f"p95 alone {before * 1000:.0f} ms, beside the crowd {during * 1000:.0f} ms")
        assert during < 20 * before + 1, "a server whose threads all sleep would take five seconds"
