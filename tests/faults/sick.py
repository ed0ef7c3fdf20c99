"""Sick plugins: a fault in a hook, written as a plugin of its own from a small healthy one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

#: What a function of a plugin does instead of its work. A fault that ends in "return" needs no healthy answer after it.
FAULTS = {
    "raises": "raise RuntimeError('sick <b>&amp;</b>')",
    "exits": "raise SystemExit(3)",
    "interrupts": "raise KeyboardInterrupt",
    "returns None": "return None",
    "returns nonsense": "return {'nonsense': object()}",
    "raises late": "return _late()",
    "sleeps": "time.sleep(60)",
    "loops": "while True: pass",
    "loops and swallows": "while True:\n    try: time.sleep(0.001)\n    except Exception: pass",
    "raises what cannot be said": "raise _Mute",
    "raises the core's own": "raise Missing",
    "raises a long text": "raise RuntimeError('长' * 1_000_000)",
    "raises signs no database takes": "raise RuntimeError('\\0 \\ud800')",
    "recurses": "def deeper(): return deeper() + 1\ndeeper()",
    "reads in a stolen session": "from core.store.db import db\ndb.session.execute(text('SELECT 1'))",
    "commits in the middle": "from core.store.db import db\ndb.session.commit()",
    "rolls back in the middle": "from core.store.db import db\ndb.session.rollback()",
    "holds a transaction": (
        "from core.store.db import db, begin_writing\nbegin_writing(db.session())\ntime.sleep(60)"
    ),
    "connects": "from core.store.db import db\ndb.engine.connect()",
    "reads a table of the core": "from core.store.models import User\ndata.rows.all(select(User))",
    "reads SQL as text": "data.rows.all(text('SELECT * FROM user_account'))",
    "hides SQL in a column": "data.rows.all(select(literal_column('(SELECT 1)')))",
    "writes to a table of the core": "from core.store.models import PluginState\ndata.rows.put(PluginState(key='x'))",
    "exempts itself from CSRF": "current_app.extensions['csrf'].exempt(time.sleep)",
    "adds a route": "current_app.add_url_rule('/stolen', 'stolen', lambda: 'stolen')",
    "takes a core route": "current_app.add_url_rule('/login', 'stolen', lambda: 'stolen')",
    "leaks a thread": "threading.Thread(target=time.sleep, args=(60,)).start()",
    "floods memory": "flood = bytearray(2 << 30)",
    "floods memory slowly": "flood = []\nwhile True: flood.append(bytearray(10_000_000))",
    "ends its process": "os._exit(0)",
    "kills its process": "os.kill(os.getpid(), 9)",
    "forks": "if os.fork() == 0: time.sleep(60)",
    "closes everything": "os.closerange(0, 200)",
    "ignores signals": (
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"
    ),
    "answers too much": "return [finding('x' * 1_000_000) for _ in range(50)]",
}
#: Faults after which the healthy answer follows.
HARMLESS = {"leaks a thread", "forks"}

PLAIN = (
    "raises",
    "exits",
    "interrupts",
    "returns nonsense",
    "raises late",
    "sleeps",
    "loops",
    "loops and swallows",
)
AWKWARD = (
    "raises what cannot be said",
    "raises the core's own",
    "raises a long text",
    "raises signs no database takes",
    "recurses",
)
STOLEN = (
    "reads in a stolen session",
    "commits in the middle",
    "rolls back in the middle",
    "holds a transaction",
    "connects",
)
WITH_DATA = (
    "reads a table of the core",
    "reads SQL as text",
    "hides SQL in a column",
    "writes to a table of the core",
)
IN_WEB = ("exempts itself from CSRF", "adds a route", "takes a core route")
APART = (
    "floods memory",
    "floods memory slowly",
    "ends its process",
    "kills its process",
    "forks",
    "closes everything",
    "ignores signals",
    "answers too much",
)
#: What plugins' authors do by mistake.
USUAL = ("raises", "sleeps", "returns nonsense", "commits in the middle")
#: Which faults make sense where.
CELLS: dict[str, tuple[str, ...]] = {
    "import": tuple(f for f in PLAIN if not f.startswith(("returns", "raises late"))) + AWKWARD,
    "dudao_plugin": ("returns None", *PLAIN, *AWKWARD),
    "dudao_pages": ("returns None", *PLAIN, *AWKWARD),
    "dudao_jobs": (*PLAIN, *AWKWARD),
    "dudao_commands": (*PLAIN, *AWKWARD),
    "page": ("returns None", *PLAIN, *AWKWARD, *STOLEN, *WITH_DATA, *IN_WEB, "leaks a thread"),
    "deed": ("returns None", *PLAIN, *AWKWARD, *STOLEN, *WITH_DATA, *IN_WEB, "leaks a thread"),
    "slot": (*PLAIN, *AWKWARD, *STOLEN, *WITH_DATA, *IN_WEB, "leaks a thread"),
    "job": (
        *(f for f in PLAIN if not f.startswith("returns")),
        *AWKWARD,
        *STOLEN,
        *WITH_DATA,
        "leaks a thread",
    ),
    "dudao_on_event": (
        *(f for f in PLAIN if f[:7] != "returns"),
        *AWKWARD,
        *STOLEN,
        *WITH_DATA,
        "leaks a thread",
    ),
    "dudao_check_report": (*PLAIN, *AWKWARD, *STOLEN, *APART, "leaks a thread"),
    "dudao_check_evidence": (*PLAIN, *AWKWARD, *STOLEN, *APART, "leaks a thread"),
    "dudao_score": (*PLAIN, *AWKWARD, *STOLEN, *APART, "leaks a thread"),
}
#: A generator that is never run to its end raises nothing where no answer is wanted.
for _hook in ("job", "dudao_on_event"):
    CELLS[_hook] = tuple(fault for fault in CELLS[_hook] if fault != "raises late")

HEALTHY = '''"""A sick plugin."""
import os, signal, sys, threading, time
from pathlib import Path
import click
from flask import current_app
from sqlalchemy import literal_column, select, text
from core.api import Finding as finding, Job, Missing, Pages, Plugin, Saved, ScoreLine, hookimpl, view

def _late():
    yield 1
    raise RuntimeError("late")

class _Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")

{import}

pages = Pages()

@pages.page("/page", "页面")
def page(visit):
    data = visit.data
{page}
    return view("page.html")

@pages.page("/form", "表单")
def form(visit):
    return view("page.html")

@pages.deed("/deed", "操作")
def deed(visit):
    data = visit.data
{deed}
    return Saved("好", "form")

@pages.slot("unit.home", "一栏")
def slot(visit):
    data = visit.data
{slot}
    return view("page.html")

def work(data):
{job}

@hookimpl
def dudao_plugin():
{dudao_plugin}
    return Plugin("{key}", "病", "1.0")

@hookimpl
def dudao_pages():
{dudao_pages}
    return pages

@hookimpl
def dudao_jobs():
{dudao_jobs}
    return [Job("work", "活", work, every="hour", at="00:00")]

@hookimpl
def dudao_commands():
{dudao_commands}
    return [click.Command("hello", callback=lambda: None)]

@hookimpl
def dudao_check_report(report):
{dudao_check_report}
    return [finding("看看")]

@hookimpl
def dudao_check_evidence(evidence, rule):
{dudao_check_evidence}
    return [finding("看看")]

@hookimpl
def dudao_score(unit):
{dudao_score}
    return [ScoreLine("分", 1, 2)]

@hookimpl
def dudao_on_event(event, data):
{dudao_on_event}
'''


@dataclass(frozen=True)
class Cell:
    """A fault in a hook. Its plugin has a key of its own: what one leaves behind is not held against another."""

    hook: str
    fault: str
    key: str

    def __str__(self) -> str:
        return f"{self.hook} {self.fault}"

    @property
    def harmless(self) -> bool:
        return self.fault in HARMLESS


def cells() -> list[Cell]:
    every = [(hook, fault) for hook, faults in CELLS.items() for fault in faults]
    return [Cell(hook, fault, f"sick_{number}") for number, (hook, fault) in enumerate(every)]


def everyday(every: Sequence[Cell]) -> set[Cell]:
    """The usual faults in each hook, and each other one in one hook, another one for each: the soak tries them all."""
    hooks = {fault: [cell for cell in every if cell.fault == fault] for fault in {c.fault for c in every}}
    once = {cells[sum(fault.encode()) % len(cells)] for fault, cells in hooks.items()}
    return once | {cell for cell in every if cell.fault in USUAL}


def write(
    folder: Path, key: str, hook: str = "", fault: str = "pass", template: str = "<p>healthy</p>"
) -> None:
    """A plugin's package with a fault, by name or as code, in one hook; without one it is healthy."""
    source = HEALTHY.replace("{key}", key)
    for name in CELLS:
        body = FAULTS.get(fault, fault) if name == hook else "pass"
        source = source.replace("{" + name + "}", body if name == "import" else indent(body, "    "))
    package = folder / key
    templates = package / "templates" / key
    templates.mkdir(parents=True)
    (package / "__init__.py").write_text(source, "utf-8")
    (templates / "page.html").write_text(template, "utf-8")
