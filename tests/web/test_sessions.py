"""A session lives on the server: a copied cookie is dead as soon as the session is (check N3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from core.services import people, plugins
from tests.conftest import PASSWORD, Browser, move_clock
from tests.web.site import Site

COOKIE = "dudao"
NEW_PASSWORD = "三只企鹅 walk to work"


def cookie(client: FlaskClient, name: str = COOKIE) -> str:
    found = client.get_cookie(name)
    assert found is not None, f"no cookie {name}"
    return found.value


def copied(site: Site, browser: Browser) -> FlaskClient:
    """Another machine with the same cookie."""
    thief = site.app.test_client()
    thief.set_cookie(COOKIE, cookie(browser.client))
    return thief


def alive(client: FlaskClient) -> bool:
    answer = client.get("/account")
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


def session_ids(browser: Browser) -> list[int]:
    """The sessions that the account page offers to end: all but the one in use."""
    return [int(found) for found in re.findall(r"/account/sessions/(\d+)/end", browser.get("/account").text)]


def test_the_session_changes_at_each_login(site: Site) -> None:
    browser = site.visitor()
    token = browser.token("/login")
    before = cookie(browser.client)
    data = {"csrf_token": token, "login": "office", "password": PASSWORD}
    assert browser.client.post("/login", data=data).status_code == 302
    first = cookie(browser.client)
    second = cookie(site.fresh("office").client)
    assert len({before, first, second}) == 3


def test_a_planted_cookie_does_not_follow_its_victim(site: Site) -> None:
    attacker = site.fresh("fx-clerk")
    victim = site.visitor()
    victim.client.set_cookie(COOKIE, cookie(attacker.client))
    token = victim.token("/account")
    planted = copied(site, victim)
    data = {"csrf_token": token, "login": "office", "password": PASSWORD}
    assert victim.client.post("/login", data=data).status_code == 302
    assert "联席办" in victim.get("/account").text
    assert "fx-clerk" in planted.get("/account").text
    assert planted.get("/office/").status_code == 403


def _log_out(site: Site, browser: Browser) -> None:
    browser.post("/logout")


def _change_password(site: Site, browser: Browser) -> None:
    browser.post("/account/password", {"old": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD})


def _change_password_elsewhere(site: Site, browser: Browser) -> None:
    _change_password(site, site.fresh("fx-lead"))


def _reset_password(site: Site, browser: Browser) -> None:
    site.fresh("admin").post("/people/fx-lead/password", status=200)


def _disable(site: Site, browser: Browser) -> None:
    site.fresh("admin").post("/people/fx-lead/disable")


def _disable_from_command(site: Site, browser: Browser) -> None:
    with site.inside():
        people.set_disabled("fx-lead", True)


def _end_from_the_list(site: Site, browser: Browser) -> None:
    other = site.fresh("fx-lead")
    [ended] = session_ids(other)
    other.post(f"/account/sessions/{ended}/end")


def _idle(site: Site, browser: Browser) -> None:
    move_clock(site.app, timedelta(minutes=30, seconds=5))


@pytest.mark.parametrize(
    "end",
    [
        _log_out, _change_password, _change_password_elsewhere, _reset_password, _disable, _disable_from_command,
        _end_from_the_list, _idle,
    ],
)  # fmt: skip
def test_a_copied_cookie_is_dead_when_the_session_ends(
    site: Site, end: Callable[[Site, Browser], None]
) -> None:
    browser = site.fresh("fx-lead")
    thief = copied(site, browser)
    assert alive(thief)
    end(site, browser)
    assert not alive(thief)
    assert thief.get("/account").location.startswith("/login")
    assert not alive(browser.client)


def test_enabling_an_account_again_does_not_bring_its_sessions_back(site: Site) -> None:
    browser = site.fresh("fx-lead")
    with site.inside():
        people.set_disabled("fx-lead", True)
        people.set_disabled("fx-lead", False)
    assert not alive(browser.client)
    assert alive(site.fresh("fx-lead").client)


def test_the_old_password_is_dead_after_a_change(site: Site) -> None:
    _change_password(site, site.fresh("fx-lead"))
    visitor = site.visitor()
    data = {"csrf_token": visitor.token("/login"), "login": "fx-lead", "password": PASSWORD}
    assert visitor.client.post("/login", data=data).status_code == 401
    assert alive(_signed_in_with(site, NEW_PASSWORD))


def _signed_in_with(site: Site, password: str) -> FlaskClient:
    visitor = site.visitor()
    data = {"csrf_token": visitor.token("/login"), "login": "fx-lead", "password": password}
    assert visitor.client.post("/login", data=data).status_code == 302
    return visitor.client


def test_using_a_session_keeps_it_alive_but_twelve_hours_end_it(site: Site) -> None:
    client = site.fresh("fx-lead").client
    steps = 0
    while steps * 29 < 12 * 60 - 29:
        move_clock(site.app, timedelta(minutes=29))
        steps += 1
        assert alive(client), f"after {steps * 29} minutes, never idle for 30"
    move_clock(site.app, timedelta(minutes=29))
    assert (steps + 1) * 29 > 12 * 60
    assert not alive(client)


def test_half_an_hour_without_a_request_ends_a_session_and_less_does_not(site: Site) -> None:
    client = site.fresh("fx-lead").client
    move_clock(site.app, timedelta(minutes=29, seconds=30))
    assert alive(client)
    move_clock(site.app, timedelta(minutes=30, seconds=30))
    assert not alive(client)


def test_ended_sessions_leave_the_list(site: Site) -> None:
    first, second = site.fresh("fx-lead"), site.fresh("fx-lead")
    assert len(session_ids(second)) == 1
    first.post("/logout")
    assert session_ids(second) == []
    third = site.fresh("fx-lead")
    assert len(session_ids(third)) == 1
    move_clock(site.app, timedelta(minutes=31))
    assert session_ids(site.fresh("fx-lead")) == []


def test_sessions_older_than_twelve_hours_are_not_listed_as_live(site: Site) -> None:
    old = site.fresh("fx-lead")
    for _step in range(25):
        move_clock(site.app, timedelta(minutes=29))
        old.client.get("/account")
    assert not alive(old.client)
    assert session_ids(site.fresh("fx-lead")) == []


def test_a_foreign_session_cannot_be_ended(site: Site) -> None:
    owner = site.fresh("fx-lead")
    site.fresh("fx-lead")
    [foreign] = session_ids(owner)
    stranger = site.fresh("fx-clerk")
    stranger.post(f"/account/sessions/{foreign}/end", status=404)
    assert session_ids(owner) == [foreign]


@pytest.mark.parametrize("value", ["", "nonsense", "eyJfdXNlcl9pZCI6IngifQ.aaaa.bbbb", "a" * 4000, "é漢"])
def test_a_garbled_cookie_is_a_visitor(shared_site: Site, value: str) -> None:
    client = shared_site.app.test_client()
    client.set_cookie(COOKIE, value)
    assert not alive(client)


def test_a_well_signed_cookie_with_an_unknown_secret_is_a_visitor(shared_site: Site) -> None:
    client = shared_site.app.test_client()
    with client.session_transaction() as stored:
        stored["_user_id"] = "no such secret"
    assert not alive(client)


def flags(answer_headers: list[str], name: str) -> str:
    return next(header for header in answer_headers if header.startswith(f"{name}="))


@pytest.mark.parametrize(
    ("settings", "name", "secure"),
    [({}, "dudao", False), ({"DUDAO_BASE_URL": "https://dudao.example"}, "__Host-dudao", True)],
    ids=["http", "https"],
)
def test_cookies_are_for_this_site_alone_and_no_script_reads_them(
    make_site: Callable[..., Site], settings: dict[str, str], name: str, secure: bool
) -> None:
    site = make_site(**settings)
    client = site.app.test_client()
    base = "https://dudao.example" if secure else "http://localhost"
    page = client.get("/login", base_url=base).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    answer = client.post(
        "/login",
        base_url=base,
        headers={"Referer": f"{base}/login"},
        data={"csrf_token": token[1], "login": "office", "password": PASSWORD},
    )
    assert answer.status_code == 302
    language = client.post(
        "/language",
        base_url=base,
        headers={"Referer": f"{base}/login"},
        data={"csrf_token": token[1], "locale": "en"},
    )
    for headers, cookie_name in (
        (answer.headers.getlist("Set-Cookie"), name),
        (answer.headers.getlist("Set-Cookie"), "dudao_device"),
        (language.headers.getlist("Set-Cookie"), "dudao_locale"),
    ):
        if cookie_name == "dudao_locale" and language.status_code == 400:
            continue
        found = flags(headers, cookie_name)
        assert "HttpOnly" in found and "SameSite=Lax" in found and "Path=/" in found
        assert "Domain" not in found
        assert ("Secure" in found) is secure


def test_the_next_request_of_a_disabled_unit_is_refused_with_the_reason(site: Site) -> None:
    browser = site.fresh("fx-clerk")
    unit = site.units["fx-clerk"]
    url = f"/u/{unit.unit_type}/"
    browser.get(url)
    site.disable_unit(unit.id, "装修停业三周")
    assert "装修停业三周" in browser.get(url, status=403).text
    before = site.hash()
    assert (
        browser.client.post(f"{url}duties/NON-01/day-1/new", data={"csrf_token": browser.token()}).status_code
        == 403
    )
    assert site.hash() == before


def test_the_next_request_after_its_type_is_switched_off_finds_nothing(site: Site) -> None:
    browser = site.fresh("fx-clerk")
    url = f"/u/{site.units['fx-clerk'].unit_type}/"
    browser.get(url)
    with site.inside():
        plugins.switch_from_command(site.units["fx-clerk"].unit_type, False, "a test")
    browser.get(url, status=404)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "http:evil.example",
        "javascript:alert(1)", "/\t/evil.example", " //evil.example", "///evil.example", "/%09/evil.example/..//",
        "data:text/html,x", "/login\r\nSet-Cookie: a=b",
    ],
)  # fmt: skip
def test_login_and_language_lead_nowhere_else(shared_site: Site, target: str) -> None:
    visitor = shared_site.visitor()
    token = visitor.token("/login")
    for url, data in (
        ("/language", {"locale": "zh_Hans_CN"}),
        ("/login", {"login": "fx-auditor", "password": PASSWORD}),
    ):
        answer = visitor.client.post(url, data={"csrf_token": token, "next": target, **data})
        assert answer.status_code == 302
        location = answer.headers["Location"]
        assert re.fullmatch(r"/([^/\\\s][^\\\s]*)?", location), location
        token = visitor.token("/account" if url == "/login" else "/login")
