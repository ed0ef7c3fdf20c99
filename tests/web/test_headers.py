"""Security headers on every kind of answer (check H1), and pages that keep to what the headers allow."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.store.models import EvidenceFile
from tests.web import answers
from tests.web.site import Site

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def directives(answer: TestResponse) -> dict[str, list[str]]:
    policy = answer.headers["Content-Security-Policy"]
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


@pytest.mark.parametrize(
    ("make", "status"), answers.KINDS.items(), ids=lambda value: getattr(value, "__name__", value)
)
def test_every_kind_of_answer_has_every_header(
    shared_site: Site, make: Callable[[Site], TestResponse], status: int
) -> None:
    answer = make(shared_site)
    assert answer.status_code == status
    for name, value in FIXED.items():
        assert answer.headers.getlist(name) == [value], name
    allowed = directives(answer)
    assert allowed["default-src"] in (["'self'"], ["'none'"])
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    assert "'unsafe-eval'" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"https?:|\*", answer.headers["Content-Security-Policy"])
    if "sandbox" not in allowed:
        assert allowed["object-src"] == allowed["base-uri"] == allowed["frame-ancestors"] == ["'none'"]
        assert allowed["form-action"] == ["'self'"]
    for permission in ("camera", "microphone", "geolocation"):
        assert f"{permission}=()" in answer.headers["Permissions-Policy"]
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
    if make is answers.example:
        assert answer.headers["Cache-Control"] == "max-age=3600, private"
    elif make not in (answers.style, answers.library, answers.unchanged, answers.no_such_style):
        assert "no-store" in answer.headers["Cache-Control"]
    assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers, "over plain HTTP it would be a lie"
    answer.close()


def test_a_failure_tells_nothing_of_its_cause(shared_site: Site) -> None:
    text = answers.failing(shared_site).text
    for word in ("secret-in-a-traceback", "Traceback", "RuntimeError", "site-packages", "core/web"):
        assert word not in text


@pytest.mark.parametrize("url", ["/login", "/no/such/page", "/readyz", "/static/dudao.css", "/account"])
def test_under_https_browsers_are_told_to_stay_there_for_a_year(
    make_site: Callable[..., Site], url: str
) -> None:
    site = make_site(DUDAO_BASE_URL="https://dudao.example")
    answer = site.app.test_client().get(url, base_url="https://dudao.example")
    found = re.search(r"max-age=(\d+)", answer.headers["Strict-Transport-Security"])
    assert found and int(found[1]) >= 31_536_000
    answer.close()


PAGES = {
    "": ["/login"],
    "fx-clerk": ["/", "/account", "/notices/"],
    "office": [
        "/office/",
        "/office/clauses",
        "/office/reports",
        "/office/units",
        "/office/units/1",
        "/office/plugins",
    ],
    "inspector": ["/review/"],
    "auditor": ["/audit/"],
    "admin": ["/people/"],
}


def _all_pages(site: Site) -> list[tuple[str, str]]:
    unit = site.units["fx-clerk"]
    report = site.reports(unit.id, "accepted")[0]
    own = [("fx-clerk", f"/u/{unit.unit_type}/"), ("fx-clerk", f"/u/{unit.unit_type}/reports/{report}")]
    file = answers.a_file(site)
    bag = f"/u/{unit.unit_type}/bag"
    own += [
        ("fx-clerk", bag),
        ("fx-clerk", f"{bag}?view=all"),
        ("fx-clerk", f"{bag}?view=day"),
        ("fx-clerk", f"{bag}/{file.bag_id}/mask"),
        ("fx-clerk", f"/files/bag/{file.bag_id}/view"),
    ]
    more = [
        ("office", f"/files/{file.id}/view"),
        ("office", f"/office/packs/report/{report}"),
        ("office", f"/office/packs/unit/{unit.id}"),
        ("inspector", like(site, file)),
        ("office", f"/office/reports/{report}"),
        ("inspector", f"/review/{report}"),
        ("office", "/no/such"),
    ]
    return [(login, url) for login, urls in PAGES.items() for url in urls] + own + more


def like(site: Site, file: EvidenceFile) -> str:
    """Where a file is shown beside another use of its bytes."""
    with site.inside() as session:
        elsewhere = (EvidenceFile.sha256 == file.sha256, EvidenceFile.report_id != file.report_id)
        other = session.scalars(select(EvidenceFile.id).where(*elsewhere).limit(1)).one()
    return f"/review/{file.report_id}/files/{file.id}/like/{other}"


def test_the_nonce_differs_each_time_and_is_that_of_the_page(shared_site: Site) -> None:
    seen = set()
    for login, url in [*_all_pages(shared_site), *_all_pages(shared_site)]:
        answer = shared_site.client(login).get(url, follow_redirects=True)
        [nonce] = re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert len(nonce) >= 20
        assert nonce not in seen, "a nonce came twice"
        seen.add(nonce)
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert all(f'nonce="{nonce}"' in tag for tag in scripts), url
        assert scripts or "error-page" in answer.text, url


def test_no_page_needs_what_the_policy_forbids(shared_site: Site) -> None:
    for login, url in _all_pages(shared_site):
        text = shared_site.client(login).get(url, follow_redirects=True).text
        tags = re.findall(r"<[a-zA-Z][^>]*>", text)
        assert len(tags) > 10, url
        for tag in tags:
            assert not re.search(r"\sstyle\s*=", tag), f"{url}: {tag}"
            assert not re.search(r"\son[a-z]+\s*=", tag), f"{url}: {tag}"
            assert not re.search(r"(?:src|href|action)\s*=\s*[\"']?\s*(?:https?:)?//", tag), f"{url}: {tag}"
            assert not re.search(r"(?:src|href|action)\s*=\s*[\"']?\s*javascript:", tag, re.IGNORECASE), url
        assert (
            "<style" not in text and "<iframe" not in text and "<object" not in text and "<base" not in text
        )
