"""A unit type without code in a whole installation, and the same one ejected into Python: nobody sees a difference."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.app import create_app
from core.commands.sheets import write_modules
from core.extend.eject import eject
from core.extend.sheet import read
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import Report, TallyMetric
from tests.conftest import NOW, fill, settings_for
from tests.services.helpers import at, jpeg
from tests.unit.sheets import TEMPLATE
from tests.web.site import Site, steady

CLERK = "parcels-reporter"
WEEK = "/u/parcels/duties/PCL-01/week-3/new"
ENTRIES = {"leaflets": "１,200", "channels": ["label", "sms"], "note": "已随件发放"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of plugins with the template; what is imported from it is forgotten afterwards."""
    made = tmp_path / "own"
    made.mkdir()
    (made / "parcels.toml").write_bytes(TEMPLATE.read_bytes())
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "parcels"]:
        del sys.modules[name]


@contextmanager
def started(folder: Path, tmp_path: Path, *, empty: bool = False) -> Iterator[Site]:
    """The installation, its clock stopped so that pages do not differ by it."""
    app = create_app(settings_for(tmp_path / "data", DUDAO_PLUGINS_DIR=str(folder)))
    if empty:
        fill(app)
    with app.app_context():
        at(NOW)
        assert runtime().registry.quarantined == ()
    yield Site(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def report_of(site: Site) -> dict[str, Any]:
    """The unit's report on the week, as it is stored, and what its region's tally has of it."""
    with site.inside() as session:
        unit = site.units[CLERK].id
        wanted = select(Report).where(
            Report.unit_id == unit,
            Report.duty_code == "PCL-01",
            Report.period_key == "week-3",
            Report.submitted_at.is_not(None),
        )
        report = session.scalars(wanted.order_by(Report.created_at.desc(), Report.id)).first()
        assert report is not None
        stored = {name: getattr(report, name) for name in ("id", "state", "record", "form_version")}
        sums = session.execute(
            select(TallyMetric.metric, TallyMetric.total).where(TallyMetric.duty_code == "PCL-01")
        )
        return {**stored, "sums": sorted((name, total) for name, total in sums)}


def pages(site: Site, report: str) -> dict[str, str]:
    """Everything that shows the unit type, without what differs from one visit to the next."""
    wanted = [
        *((CLERK, url) for url in ("/u/parcels/", WEEK)),
        *((CLERK, f"/u/parcels/reports/{one}") for one in site.reports(site.units[CLERK].id)),
        ("office", f"/office/reports/{report}"),
        *(("office", url) for url in ("/office/", "/office/clauses", "/office/plugins")),
    ]
    found = {}
    for login, url in wanted:
        answer = site.client(login).get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        found[url] = steady(answer)
    return found


def test_a_sheet_lives_in_an_installation_and_its_ejected_plugin_takes_over(
    folder: Path, tmp_path: Path
) -> None:
    with started(folder, tmp_path, empty=True) as site:
        home = site.client(CLERK).get("/u/parcels/").text
        assert "PCL-01" in home and "随件发放防骗宣传单" in home
        form = site.client(CLERK).get(WEEK).text
        assert re.search(r'<input[^>]*name="leaflets"', form)
        assert all(title in form for title in ("面单提示", "当面提醒", "能看清宣传单和面单日期"))

        without = {"do": "submit", **ENTRIES, "leaflets": "0"}
        assert site.post(CLERK, WEEK, without).status_code == 422
        complete = {"do": "submit", **ENTRIES, "files": (io.BytesIO(jpeg(1)), "现场.jpg")}
        sent = site.post(CLERK, WEEK, complete, content_type="multipart/form-data")
        assert sent.status_code == 302, sent.text
        before = report_of(site)
        assert before["state"] == "submitted"
        assert before["record"] == {"leaflets": 1200, "channels": ["label", "sms"], "note": "已随件发放"}
        pages(site, before["id"])  # messages are shown once
        seen = pages(site, before["id"])

    (folder / "parcels.toml").unlink()
    list(write_modules(eject(read(TEMPLATE)), folder))

    with started(folder, tmp_path) as site:
        assert source_of(site) == "folder parcels"
        assert json.dumps(report_of(site), ensure_ascii=False) == json.dumps(before, ensure_ascii=False)
        pages(site, before["id"])
        for url, page in pages(site, before["id"]).items():
            assert page == seen[url], f"{url} has changed"


def source_of(site: Site) -> str:
    with site.app.app_context():
        return runtime().registry.installed["parcels"].source
