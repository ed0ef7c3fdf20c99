"""The seeded site with one more plugin on it, and what must go on whatever that plugin does."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from core.app import create_app
from core.jobs import entry
from core.jobs.queue import owe
from core.services import fsck, plugins, reports, review
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from core.store.models import OutboxTask, PluginFailure
from tests.conftest import Browser, actor, settings_for
from tests.services.helpers import add_unit, clerk, filled
from tests.web.conftest import TEMPLATES
from tests.web.site import Site, steady

#: Pages of the core on which the sick plugin has no panel, each with somebody who may open it.
PAGES = (
    ("carriers-reporter", "/u/carriers/duties/CAR-03/week-3/new"),
    ("carriers-reporter", "/notices/"),
    ("inspector", "/review/"),
    ("office", "/office/"),
    ("office", "/office/units"),
    ("office", "/office/clauses"),
    ("auditor", "/notices/"),
    ("admin", "/people/"),
)
#: Where it has one.
HOME = ("carriers-reporter", "/u/carriers/")


@dataclass
class Ward:
    """A site on its own copy of the world, with the plugins of a folder."""

    site: Site
    key: str
    data: Path
    started: float
    before: dict[tuple[str, str], str] = field(default_factory=dict)

    def walk(self) -> dict[tuple[str, str], str]:
        """The pages that everybody else works with."""
        found = {}
        for login, url in PAGES:
            answer = self.site.client(login).get(url)
            assert answer.status_code == 200, f"{login} {url}: {answer.status_code}"
            found[login, url] = steady(answer)
        return found

    def report_and_review(self) -> str:
        """A healthy unit reports, an inspector accepts; answers with the report's id."""
        with self.site.inside():
            who = clerk(add_unit(f"beside-{time.monotonic_ns()}"))
            saved = reports.save(who, filled(min(who.unit_ids), "CAR-03", "week-3"), submit=True)
            assert saved.ok, (saved.fields, saved.problems)
            report_id = str(saved.answer["id"])
            inspector = actor("inspector")
            review.accept(inspector, report_id, review.claim(inspector, report_id)["version"])
            return report_id

    def work(self, job: str, key: str, /, **payload: object) -> str:
        """Owe a job for the plugin and run it as a worker does; answers with its id."""
        with self.site.inside():
            with chore("task.run", "a test") as done:
                owe(done.session(), job, key, {"plugin": self.key, **payload}, done.at)
            outbox_id = db.session.scalars(
                select(OutboxTask.id).where(OutboxTask.key == f"{job}:{key}")
            ).one()
        with self.site.inside():
            entry.run(outbox_id)
        return outbox_id

    def failures(self) -> list[PluginFailure]:
        with self.site.inside() as session:
            wanted = select(PluginFailure).where(PluginFailure.plugin == self.key).order_by(PluginFailure.id)
            return list(session.scalars(wanted))

    def assert_records_agree(self) -> None:
        with self.site.inside():
            found = fsck.check(hashes=False)
            assert found.clean, vars(found)


@contextmanager
def ward(world: Path, folder: Path, key: str = "", off: str = "", like: Ward | None = None) -> Iterator[Ward]:
    """A site with the plugins that were written into `folder`/plugins, all of them on.

    With `like` its people are signed in already, as they are on that site, whose world this one has.
    """
    shutil.copytree(world, folder / "data")
    (folder / "plugins").mkdir(exist_ok=True)
    began = time.monotonic()
    app = create_app(
        settings_for(folder / "data", DUDAO_PLUGINS_DIR=str(folder / "plugins"), DUDAO_PLUGINS_OFF=off)
    )
    app.jinja_env.bytecode_cache = TEMPLATES
    made = Ward(Site(app), key, folder / "data", time.monotonic() - began)
    for login, browser in like.site._browsers.items() if like else ():
        client = app.test_client()
        client._cookies = dict(browser.client._cookies or {})
        made.site._browsers[login] = Browser(client)
    with made.site.inside():
        plugins.enable_all(runtime().registry.plugins)
    yield made
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
