"""A real browser against the real, whole product: `dudao demo` with all of its processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
#: Chromium as Debian packages it; none of its own traffic.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Both languages and both widths every day; the other two pairs in the soak.
SCREENS = [
    pytest.param("zh_Hans_CN", 360, id="zh-phone"),
    pytest.param("en", 1280, id="en-desktop"),
    pytest.param("zh_Hans_CN", 1280, id="zh-desktop", marks=pytest.mark.soak),
    pytest.param("en", 360, id="en-phone", marks=pytest.mark.soak),
]


@dataclass
class Demo:
    """A running demo: its address and the password of all of its accounts."""

    url: str
    password: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`dudao demo` on the notice's 12 November, stopped as Ctrl-C stops it."""
    data, port = tmp_path_factory.mktemp("demo") / "data", free_port()
    log = data.with_suffix(".log")
    command = [sys.executable, "-m", "core.cli", "demo", "--data", str(data), "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--today", "2020-11-12"],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        yield Demo(f"http://127.0.0.1:{port}", _password(process, log))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
    assert process.returncode == 0, log.read_text()


def _password(process: subprocess.Popen[bytes], log: Path) -> str:
    for _try in range(600):
        found = re.search(r"Password for all accounts: (\S+)", log.read_text())
        if found:
            return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"the demo did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).exists()), None)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody at a browser. What the console complained of and which foreign hosts were asked is kept."""

    context: BrowserContext
    page: Page
    demo: Demo
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        answer = self.page.goto(self.demo.url + path)
        assert answer is not None, path
        assert answer.status < 400, f"{path}: {answer.status}"

    def press(self, selector: str) -> None:
        """Press a button or link and wait for the page that comes."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=5000)


def _complain(person: Person, message: ConsoleMessage) -> None:
    """Keep what the console calls an error; a form sent back with 422 is how the product says what to mend."""
    if message.type == "error" and "status of 422" not in message.text:
        person.complaints.append(message.text)


def arrive(
    chromium: Browser, demo: Demo, login: str, *, locale: str, width: int, password: str | None = None
) -> Person:
    """A person signs in through the page, in a language, on a screen of a width."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    context.set_default_timeout(10_000)
    context.add_cookies([{"name": "dudao_locale", "value": locale, "url": demo.url}])
    page = context.new_page()
    person = Person(context, page, demo)
    page.on("console", lambda message: _complain(person, message))
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: None
        if request.url.startswith((demo.url, "data:", "blob:"))
        else person.complaints.append(f"foreign: {request.url}"),
    )
    person.go("/login")
    page.fill("#login", login)
    page.fill("#password", password or demo.password)
    person.press("main button[type=submit]")
    assert "/login" not in page.url, f"{login} could not sign in"
    return person


def set_language(person: Person, locale: str) -> None:
    """The account remembers a language; choose it as a user does, through the form on every page."""
    button = person.page.locator(f"form:has(input[name=locale][value={locale}]) button")
    if button.count() == 0:
        return
    visible = [one for one in button.all() if one.is_visible()]
    if not visible:
        person.page.locator("details[data-menu] > summary").click()
        visible = [one for one in button.all() if one.is_visible()]
    with person.page.expect_navigation():
        visible[0].click()


def wait_until_answers(url: str) -> None:
    for _try in range(200):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")
