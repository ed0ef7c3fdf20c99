"""No changing route does anything without a token of the visitor's own session (check H3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.store.models import EvidenceFile
from core.web.policy import READING
from tests.conftest import Browser, move_clock
from tests.web.asking import TUS, Deed
from tests.web.deeds import CLERK, settle, walk
from tests.web.site import Site, written
from tests.web.tus import URL, lying_in_wait

#: Another signed-in person, whose token an attacker may well have: his own.
ATTACKER = "fx-clerk-sibling"
#: Deeds around which all tables are compared too; around the others it is enough that nothing was written.
HASHED = ("unit.create", "uploads.create", "review.accept", "people.add")


def refused(site: Site, deed: Deed, **more: object) -> None:
    """Post the deed with something else for a token: it must be refused, and write nothing."""
    with site.statements() as statements:
        answer = deed.send(site, {**deed.data, **more})
    assert answer.status_code == 400, f"{deed.endpoint} with {more}: {answer.status_code}"
    assert written(statements) == set(), f"{deed.endpoint} with {more} wrote"


def test_without_a_token_of_ones_own_nothing_changes_and_with_it_everything_works(site: Site) -> None:
    foreign = site.token(ATTACKER)
    old = Browser(site.fresh("fx-auditor").client).token()
    posted = set()
    for deed in walk(site):
        site.token(deed.login)
        before = site.hash() if deed.endpoint in HASHED else None
        refused(site, deed)
        refused(site, deed, csrf_token="")
        refused(site, deed, csrf_token="nonsense")
        refused(site, deed, csrf_token=foreign)
        refused(site, deed, csrf_token=old)
        assert before in (None, deed.endpoint in HASHED and site.hash()), deed.endpoint
        answer = deed.post(site)
        assert answer.status_code == deed.status, f"{deed.endpoint}: {answer.status_code}"
        posted.add(deed.endpoint)
        settle(site, deed)
    changing = {rule.endpoint for rule in site.app.url_map.iter_rules() if set(rule.methods or ()) - READING}
    assert lying_in_wait(site) == [], "an upload that was refused, given up or ended leaves nothing behind"
    assert posted == changing, "a changing route that this test does not know: add it to deeds.walk"


def test_a_token_does_not_outlive_its_session_at_logout(site: Site) -> None:
    browser = site.fresh("fx-lead")
    token = browser.token()
    browser.post("/logout")
    assert browser.client.post("/language", data={"csrf_token": token, "locale": "en"}).status_code == 400


def test_a_token_from_before_signing_in_is_dead_afterwards(site: Site) -> None:
    visitor = site.visitor()
    token = visitor.token("/login")
    site_browser = site.fresh("fx-lead")
    visitor.client.set_cookie("dudao", _cookie(site_browser))
    assert visitor.client.post("/logout", data={"csrf_token": token}).status_code == 400


def _cookie(browser: Browser) -> str:
    found = browser.client.get_cookie("dudao")
    assert found is not None
    return found.value


def test_a_token_may_come_as_a_header_but_must_be_right(site: Site) -> None:
    token = site.token(CLERK)
    client = site.client(CLERK)
    assert client.post("/notices/read", headers={"X-CSRFToken": "wrong"}).status_code == 400
    assert client.post("/notices/read", headers={"X-CSRFToken": token}).status_code == 302


@pytest.mark.parametrize(
    "origin", ["https://evil.example/", "http://dudao.example/", "https://dudao.example.evil/"]
)
def test_under_https_a_form_from_another_site_is_refused(make_site: Callable[..., Site], origin: str) -> None:
    site = make_site(DUDAO_BASE_URL="https://dudao.example")
    client = site.app.test_client()
    base = "https://dudao.example"
    page = client.get("/login", base_url=base).text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    for headers in ({"Referer": origin}, {}):
        answer = client.post(
            "/login", base_url=base, headers=headers, data={"csrf_token": found[1], "login": "office"}
        )
        assert answer.status_code == 400
    own = client.post(
        "/login", base_url=base, headers={"Referer": f"{base}/login"}, data={"csrf_token": found[1]}
    )
    assert own.status_code == 401


def test_a_token_lasts_as_long_as_a_session_may(site: Site) -> None:
    assert site.app.config["WTF_CSRF_TIME_LIMIT"] == 12 * 3600
    assert site.app.config.get("WTF_CSRF_ENABLED", True) is True
    assert site.app.extensions["csrf"]._exempt_views == set()
    assert site.app.extensions["csrf"]._exempt_blueprints == set()


def picture(site: Site) -> tuple[EvidenceFile, str]:
    """A picture of the clerk's in a report, and another use of its bytes."""
    other = aliased(EvidenceFile)
    with site.inside() as session:
        found = session.execute(
            select(EvidenceFile, other.id)
            .join(other, (other.sha256 == EvidenceFile.sha256) & (other.report_id != EvidenceFile.report_id))
            .where(EvidenceFile.unit_id == site.units[CLERK].id, EvidenceFile.kind == "photo")
            .limit(1)
        ).first()
    assert found is not None
    return found[0], found[1]


def evidence_pages(site: Site) -> dict[str, list[str]]:
    """Where the clerk's evidence is looked at."""
    use, other = picture(site)
    bag = f"/u/{site.units[CLERK].unit_type}/bag"
    kinds = ("", "/view", "/preview/thumb.webp")
    own = [bag, f"{bag}?view=day", f"{bag}/states?id={use.bag_id}", f"{bag}/{use.bag_id}/mask", "/bag"]
    return {
        "fx-clerk": own + [f"/files/bag/{use.bag_id}{kind}" for kind in kinds],
        "office": [
            *(f"/files/{use.id}{kind}" for kind in kinds),
            f"/office/packs/report/{use.report_id}",
            f"/office/packs/unit/{use.unit_id}",
        ],
        "inspector": [f"/review/{use.report_id}/files/{use.id}/like/{other}"],
        "admin": ["/examples/banks/notice-good.jpg"],
    }


def test_reading_writes_nothing(site: Site) -> None:
    """Crawl every reading route as those who may use it; only the session's own 'last seen' may be written."""
    urls = {
        "fx-clerk": ["/", f"/u/{site.units['fx-clerk'].unit_type}/", "/account", "/notices/"],
        "office": ["/office/", "/office/clauses", "/office/reports", "/office/units", "/office/plugins"],
        "inspector": ["/review/"],
        "auditor": ["/audit/"],
        "admin": ["/people/"],
        "": ["/login", "/healthz", "/readyz", "/static/dudao.css", URL],
    }
    report = site.reports(site.units["fx-clerk"].id, "submitted", "accepted")[0]
    urls["office"].append(f"/office/reports/{report}")
    urls["inspector"].append(f"/review/{report}")
    urls["fx-clerk"].append(f"/u/{site.units['fx-clerk'].unit_type}/reports/{report}")
    for login, more in evidence_pages(site).items():
        urls[login] += more
    for login in urls:
        site.client(login)
    move_clock(site.app, timedelta(minutes=2))
    before = site.hash()
    for login, own in urls.items():
        for url in own:
            for method in ("GET", "HEAD", "OPTIONS"):
                with site.statements() as statements:
                    answer = site.client(login).open(url, method=method, headers=TUS, buffered=True)
                assert answer.status_code < 400 or url == URL, f"{method} {url}: {answer.status_code}"
                assert written(statements) == set(), f"{method} {url}"
    assert site.hash() == before
