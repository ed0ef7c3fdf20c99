"""What many plugins cost: start and pages with the bundled ones alone and with 200 in all, and one isolated call.

Both installations take turns in every round, in this process, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from flask import Flask
from flask.testing import FlaskClient

from core.app import create_app
from core.bench.measure import Say
from core.config import Settings, from_environment
from core.domain.access import Everything
from core.extend.budget import apart, within
from core.services import plugins, seed, sessions, upgrading
from core.services.runtime import runtime
from core.store.db import db
from core.store.scope import set_scope

IN_ALL = 200
PAGES = {
    "unit home": "/u/{unit_type}/",
    "dashboard": "/office/",
    "queue": "/review/",
    "units": "/office/units",
}
_PLUGIN = """
from core.api import Finding, Pages, Plugin, UnitKind, UnitType, hookimpl, view

pages = Pages()

@pages.page("/weeks", ("每周", "By week"))
def weeks(visit):
    return view("weeks.html")

@hookimpl
def dudao_plugin():
    kind = UnitKind("kind", ("单位", "Unit"))
    return Plugin("synthetic{number}", ("合成{number}", "Synthetic {number}"), "1.0",
                  unit_types=[UnitType("synthetic{number}", ("合成{number}", "Synthetic {number}"), [kind])])

@hookimpl
def dudao_pages():
    return pages

@hookimpl
def dudao_check_report(report):
    return [Finding(("好", "Fine"), level="info")]
"""


@dataclass(frozen=True)
class Pair:
    """Milliseconds with few and with many plugins, and the median of the rounds' ratios."""

    what: str
    few_ms: float
    many_ms: float
    ratio: float


@dataclass(frozen=True)
class ManyPlugins:
    plugins: tuple[int, int]
    start: Pair
    pages: tuple[Pair, ...]
    call_us: dict[str, float]


def run(rounds: int, say: Say, folder: Path | None = None) -> ManyPlugins:
    """Measure on two throwaway installations that differ in their plugins only."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="dudao-bench-") as place:
        few, many, unit_type = _installations(Path(place), say)
        say(f"{rounds} starts with few and with many plugins")
        start = _pair("start", rounds, lambda: create_app(few), lambda: create_app(many))
        apps = create_app(few), create_app(many)
        counts = tuple(len(app.extensions["dudao"].registry.plugins) for app in apps)
        clients = [_clients(app) for app in apps]
        pages = []
        for name, path in PAGES.items():
            say(f"{name}, {rounds * 5} rounds")
            address = path.format(unit_type=unit_type)
            login = {"unit home": f"{unit_type}-reporter", "queue": "inspector"}.get(name, "office")
            few_asks, many_asks = (_asking(client[login], address) for client in clients)
            pages.append(_pair(name, rounds * 5, few_asks, many_asks))
        with apps[0].app_context():
            calls = _calls(rounds * 20)
        for app in apps:
            with app.app_context():
                db.engine.dispose()
    return ManyPlugins((counts[0], counts[1]), start, tuple(pages), calls)


def _installations(place: Path, say: Say) -> tuple[Settings, Settings, str]:
    say("two installations with demo data")
    few = from_environment({}, data=place / "few")
    app = create_app(few)
    with app.app_context():
        set_scope(db.session, Everything("a benchmark"))
        upgrading.upgrade()
        weeks = seed.weeks_until_phase(runtime().clock.today())
        seed.everything("for-a-benchmark-1", weeks_later=weeks)
        unit_type = next(iter(runtime().registry.unit_types))
        db.session.remove()
        db.engine.dispose()
    own = place / "own"
    own.mkdir()
    for number in range(IN_ALL - len(app.extensions["dudao"].registry.plugins)):
        source = _PLUGIN.replace("{number}", str(number))
        (own / f"synthetic{number}.py").write_text(source, "utf-8")
    shutil.copytree(few.data, place / "many")
    many = from_environment({"DUDAO_PLUGINS_DIR": str(own)}, data=place / "many")
    with create_app(many).app_context():
        set_scope(db.session, Everything("a benchmark"))
        plugins.enable_all(runtime().registry.plugins)
        db.session.remove()
        db.engine.dispose()
    return few, many, unit_type


def _clients(app: Flask) -> dict[str, FlaskClient]:
    """A signed-in client for each account that looks at a page; their sessions stay open with the installation."""
    found: dict[str, FlaskClient] = {}
    with app.app_context():
        set_scope(db.session, Everything("a benchmark"))
        types = runtime().registry.unit_types
        for login in ("office", "inspector", f"{next(iter(types))}-reporter"):
            secret = sessions.sign_in(login, "for-a-benchmark-1", "bench")
            client = app.test_client()
            with client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = secret, True
            found[login] = client
        db.session.remove()
    return found


def _asking(client: FlaskClient, path: str) -> Callable[[], None]:
    return lambda: _ask(client, path)


def _ask(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def _pair(what: str, rounds: int, few: Callable[[], object], many: Callable[[], object]) -> Pair:
    few(), many()  # warm
    times = [(_took(few), _took(many)) for _ in range(rounds)]
    few_ms, many_ms = (median(column) * 1000 for column in zip(*times, strict=True))
    return Pair(what, few_ms, many_ms, median(b / a for a, b in times))


def _took(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _nothing() -> list[int]:
    return []


def _calls(rounds: int) -> dict[str, float]:
    """Microseconds of a call that does nothing: bare, beside us with a time budget, apart in a process of its own."""
    return {
        "bare": 1e6 * median(_took(_nothing) for _ in range(rounds)),
        "within": 1e6 * median(_took(lambda: within(5, _nothing)) for _ in range(rounds)),
        "apart": 1e6 * median(_took(lambda: apart(5, _nothing)) for _ in range(min(rounds, 50))),
    }
