"""Off means off everywhere, history stays readable, and on again is as if nothing had been (design idea 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.extend import discover
from core.services import agenda, campaigns, closing, plugins, progress
from core.store.db import db
from core.store.queries import units
from tests.web.conftest import opened
from tests.web.site import Site, steady

CLERK = "fx-clerk"


@pytest.fixture(scope="module")
def site(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(filled_folder, tmp_path_factory.mktemp("off") / "data") as made:
        yield made


def switch(site: Site, key: str, on: bool) -> None:
    verb = "enable" if on else "disable"
    assert site.post("office", f"/office/plugins/{key}/{verb}", {"reason": "测试"}).status_code == 302
    site.client("office").get("/office/plugins")  # shows the message, so that no other page does


@pytest.fixture
def off(site: Site) -> Iterator[str]:
    """The clerk's own unit type, switched off for the test."""
    key = site.units[CLERK].unit_type
    switch(site, key, on=False)
    yield key
    switch(site, key, on=True)


def own_pages(site: Site) -> list[str]:
    unit = site.units[CLERK]
    report = site.reports(unit.id, "accepted")[0]
    with site.inside():
        campaign = campaigns.current()
        assert campaign is not None
        codes = [duty.code for duty in campaign.duties]
    fill = [
        f"/u/{unit.unit_type}/duties/{code}/{period}/new"
        for code in codes[::6]
        for period in ("week-3", "phase-2")
    ]
    return [f"/u/{unit.unit_type}/", f"/u/{unit.unit_type}/reports/{report}", *fill]


def test_every_page_of_a_type_that_is_off_is_missing_whoever_asks(site: Site, off: str) -> None:
    for url in own_pages(site):
        for login in (CLERK, "fx-lead", "fx-clerk-sibling"):
            assert site.client(login).get(url).status_code == 404, url
            assert site.post(login, url, {"do": "save"}).status_code in (404, 405), url


def test_nothing_is_written_by_a_unit_whose_type_is_off(site: Site, off: str) -> None:
    before = site.hash()
    report = site.reports(site.units[CLERK].id, "submitted")
    for url in own_pages(site):
        site.post(CLERK, url, {"do": "submit"})
    for one in report:
        assert site.post(CLERK, f"/u/{off}/reports/{one}/withdraw", {"version": "1"}).status_code == 404
    assert site.hash() == before


def test_whoever_works_for_such_a_unit_is_told_so(site: Site, off: str) -> None:
    page = site.client(CLERK).get("/")
    assert page.status_code == 200
    assert "这一类单位关闭" in page.text


def test_duties_of_a_plugin_that_is_off_are_not_owed(site: Site, off: str) -> None:
    with site.inside() as session:
        campaign = campaigns.current()
        assert campaign is not None
        on = plugins.on()
        assert off not in on
        for login in (CLERK, "fx-clerk-other-type"):
            [unit] = units.several(session, [site.units[login].id])
            owed = {item.obligation.duty.plugin for item in agenda.of_unit(campaign, unit, on).items}
            assert off not in owed
        census = progress.heads(session)
        assert all(head.kind.unit_type != off for head in census)
        parts = list(progress.by_period(session, campaign, campaign.duties_of(on), census, "/"))
        assert parts and all(part.duty.plugin != off for part in parts)


def test_the_dashboard_counts_the_others_only_while_a_type_is_off(site: Site) -> None:
    key = site.units[CLERK].unit_type

    def owed() -> tuple[int, set[str]]:
        who = site.actor("office")
        with site.inside():
            campaign = campaigns.current()
            assert campaign is not None
            found = progress.overview(who, campaign, None)
            assert found is not None
            return found.total.owed, {name for name, _part in found.types}

    everything, types = owed()
    assert key in types
    switch(site, key, on=False)
    less, left = owed()
    switch(site, key, on=True)
    assert left == types - {key}
    assert 0 < less < everything
    assert owed() == (everything, types)


def test_reports_of_a_type_that_is_off_stay_readable_for_the_office(site: Site, off: str) -> None:
    report = site.reports(site.units[CLERK].id, "accepted")[0]
    page = site.client("office").get(f"/office/reports/{report}")
    assert page.status_code == 200
    listed = site.client("office").get(f"/office/reports?type={off}&region=410102").text
    assert f"/office/reports/{report}" in listed
    files = re.findall(r"/files/[0-9a-f]{32}", page.text)
    for url in files:
        answer = site.client("office").get(url)
        assert answer.status_code == 200
        answer.close()


PAGES = [
    ("office", "/office/"),
    ("office", "/office/?region=410100"),
    ("office", "/office/clauses"),
    ("office", "/office/reports"),
    ("office", "/office/units"),
    ("office", "/office/units/disable?all=1"),
    ("office", "/office/plugins"),
    ("fx-office-city", "/office/"),
    ("fx-office-county", "/office/reports"),
    ("inspector", "/review/"),
    ("fx-inspector-type", "/review/"),
    (CLERK, "/notices/"),
    ("fx-clerk-other-type", "/"),
    ("admin", "/people/"),
    ("admin", "/office/plugins"),
]
KEYS = sorted(found.name for found in discover.find())


def pages_of(site: Site, key: str) -> list[tuple[str, str]]:
    """Pages of all roles, and those that are about a unit of the plugin: of its reporter and lead, or the clerk's."""
    who = f"{key}-reporter" if f"{key}-reporter" in site.units else CLERK
    lead = f"{key}-lead" if who != CLERK else "fx-lead"
    unit = site.units[who]
    pages = [*PAGES, (who, "/"), (lead, "/notices/")]
    pages += [(login, f"/u/{unit.unit_type}/") for login in (who, lead)]
    pages += [("office", f"/office/reports?type={unit.unit_type}"), ("office", f"/office/units/{unit.id}")]
    for report in site.reports(unit.id)[:3]:
        pages += [(who, f"/u/{unit.unit_type}/reports/{report}"), ("office", f"/office/reports/{report}")]
        pages += [("inspector", f"/review/{report}")]
    pages += [(CLERK, url) for url in own_pages(site)]
    return pages


@pytest.mark.parametrize("key", KEYS)
def test_on_again_every_page_is_what_it_was_byte_for_byte(site: Site, key: str) -> None:
    pages = pages_of(site, key)

    def look() -> list[tuple[int, str]]:
        answers = [site.client(login).get(url) for login, url in pages]
        return [(answer.status_code, steady(answer)) for answer in answers]

    look()
    before = look()
    switch(site, key, on=False)
    between = look()
    switch(site, key, on=True)
    after = look()
    assert between != before
    assert sum(status == 200 for status, _text in before) > 20
    for (login, url), was, now in zip(pages, before, after, strict=True):
        assert now == was, f"{url} as {login} has changed"


def test_switching_needs_a_reason_and_is_recorded(site: Site) -> None:
    key = site.units[CLERK].unit_type
    since = site.last_record()
    assert site.post("office", f"/office/plugins/{key}/disable", {"reason": "  "}).status_code == 422
    switch(site, key, on=False)
    switch(site, key, on=True)
    records = [(r.action, r.outcome, r.object_id, r.actor) for r in site.audit_since(since)]
    assert ("plugin.disable", "invalid", "", "office") in records
    assert ("plugin.disable", "done", key, "office") in records
    assert ("plugin.enable", "done", key, "office") in records


def test_a_period_that_ends_while_a_type_is_off_is_closed_without_it(site: Site, off: str) -> None:
    with site.inside():
        campaign = campaigns.current()
        assert campaign is not None
        due = list(closing.closable(campaign, site.app.extensions["dudao"].clock.now()))
        assert due
        own = {duty.code for duty in campaign.duties if duty.plugin == off}
        found = progress.by_period(db.session(), campaign, campaign.duties, progress.heads(db.session()), "/")
        assert not any(part.progress.owed for part in found if part.duty.code in own)
