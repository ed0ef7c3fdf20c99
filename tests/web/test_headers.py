"""Security headers on every kind of answer (check H1), and pages that keep to what the headers allow."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.store.models import EvidenceFile
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


def _page(site: Site) -> TestResponse:
    return site.client("office").get("/office/reports")


def _redirect(site: Site) -> TestResponse:
    return site.client("office").get("/")


def _to_login(site: Site) -> TestResponse:
    return site.visitor().client.get("/account")


def _stale(site: Site) -> TestResponse:
    return site.client("office").post("/notices/read")


def _wrong_password(site: Site) -> TestResponse:
    return site.post("", "/login", {"login": "office", "password": "wrong"})


def _denied(site: Site) -> TestResponse:
    return site.client("office").get("/people/")


def _missing(site: Site) -> TestResponse:
    return site.client("office").get(f"/office/reports/{'0' * 32}")


def _no_such_page(site: Site) -> TestResponse:
    return site.visitor().client.get("/no/such/page")


def _wrong_method(site: Site) -> TestResponse:
    return site.client("office").delete("/office/reports")


def _conflict(site: Site) -> TestResponse:
    key = site.units["fx-clerk"].unit_type
    return site.post("office", f"/office/plugins/{key}/enable", {"reason": "again"})


def _too_large(site: Site) -> TestResponse:
    site.token("office")
    usual, site.app.config["MAX_FORM_MEMORY_SIZE"] = site.app.config["MAX_FORM_MEMORY_SIZE"], 100
    try:
        return site.post("office", "/notices/read", {"more": "x" * 200})
    finally:
        site.app.config["MAX_FORM_MEMORY_SIZE"] = usual


def _too_many_parts(site: Site) -> TestResponse:
    data = {"file": (io.BytesIO(b"x"), "a.txt"), **{f"f{n}": "x" for n in range(600)}}
    return site.client("office").post("/notices/read", data=data)


def _invalid(site: Site) -> TestResponse:
    return site.post("office", "/office/units/1/disable")


def _throttled(site: Site) -> TestResponse:
    form = {"login": "nobody-at-all", "password": "wrong"}
    for _try in range(11):
        last = site.post("", "/login", form, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    return last


def _failing(site: Site) -> TestResponse:
    view = site.app.view_functions["office.units"]

    def fails() -> str:
        raise RuntimeError("secret-in-a-traceback")

    site.app.view_functions["office.units"] = fails
    try:
        return site.client("office").get("/office/units")
    finally:
        site.app.view_functions["office.units"] = view


def _style(site: Site) -> TestResponse:
    return site.visitor().client.get("/static/dudao.css")


def _library(site: Site) -> TestResponse:
    return site.visitor().client.get("/bootstrap/static/css/bootstrap.min.css")


def _unchanged(site: Site) -> TestResponse:
    style = _style(site)
    etag = style.headers["ETag"]
    style.close()
    return site.visitor().client.get("/static/dudao.css", headers={"If-None-Match": etag})


def _no_such_style(site: Site) -> TestResponse:
    return site.visitor().client.get("/static/none.css")


def _alive(site: Site) -> TestResponse:
    return site.visitor().client.get("/healthz")


def _ready(site: Site) -> TestResponse:
    return site.visitor().client.get("/readyz")


def _head(site: Site) -> TestResponse:
    return site.client("office").head("/office/reports")


def _options(site: Site) -> TestResponse:
    return site.client("office").options("/office/reports")


def _file(site: Site) -> TestResponse:
    with site.inside() as session:
        found = session.scalar(select(EvidenceFile.id).where(EvidenceFile.kind == "photo").limit(1))
    return site.client("office").get(f"/files/{found}")


def _no_such_file(site: Site) -> TestResponse:
    return site.client("office").get(f"/files/{'0' * 32}")


KINDS: dict[Callable[[Site], TestResponse], int] = {
    _page: 200, _redirect: 302, _to_login: 302, _stale: 400, _wrong_password: 401, _denied: 403, _missing: 404,
    _no_such_page: 404, _wrong_method: 405, _conflict: 409, _too_large: 413, _too_many_parts: 413, _invalid: 422,
    _throttled: 429, _failing: 500, _style: 200, _library: 200, _unchanged: 304, _no_such_style: 404, _alive: 200,
    _ready: 200, _head: 200, _options: 200, _file: 200, _no_such_file: 404,
}  # fmt: skip


@pytest.mark.parametrize(
    ("make", "status"), KINDS.items(), ids=lambda value: getattr(value, "__name__", value)
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
    if make not in (_style, _library, _unchanged, _no_such_style):
        assert "no-store" in answer.headers["Cache-Control"]
    assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers, "over plain HTTP it would be a lie"
    answer.close()


def test_a_failure_tells_nothing_of_its_cause(shared_site: Site) -> None:
    text = _failing(shared_site).text
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
    more = [
        ("office", f"/office/reports/{report}"),
        ("inspector", f"/review/{report}"),
        ("office", "/no/such"),
    ]
    return [(login, url) for login, urls in PAGES.items() for url in urls] + own + more


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
