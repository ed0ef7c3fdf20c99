"""Password guessing is slowed down for an account and for an address, without locking its owner out (check N1)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from core.services import people, throttle
from core.store.models import LoginAttempt
from tests.conftest import PASSWORD, Browser, move_clock
from tests.web.site import Site, steady

LIMIT = 10


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each password check that really happens, by login."""
    seen: list[str] = []
    real = people.verify

    def counted(login: str, password: str) -> int | None:
        seen.append(login)
        return real(login, password) if password == PASSWORD else None

    monkeypatch.setattr(people, "verify", counted)
    return seen


def attempt(
    client: FlaskClient, login: str, password: str = "wrong-password", address: str = ""
) -> TestResponse:
    token = Browser(client).token("/login")
    return client.post(
        "/login",
        data={"csrf_token": token, "login": login, "password": password},
        environ_base={"REMOTE_ADDR": address or "192.0.2.1"},
    )


def without_login(answer: TestResponse) -> str:
    """The page without the name that was typed."""
    return re.sub(r'(name="login" value=")[^"]*', r"\1LOGIN", steady(answer))


def guess(site: Site, login: str, address: str) -> int:
    return attempt(site.app.test_client(), login, address=address).status_code


def test_an_account_is_checked_ten_times_whatever_the_addresses(site: Site, checks: list[str]) -> None:
    answers = [guess(site, "office", f"198.51.100.{number}") for number in range(25)]
    assert checks == ["office"] * LIMIT
    assert answers == [401] * LIMIT + [429] * 15


def test_an_address_checks_ten_passwords_whatever_the_accounts(site: Site, checks: list[str]) -> None:
    answers = [guess(site, f"nobody-{number}", "198.51.100.7") for number in range(25)]
    assert len(checks) == LIMIT
    assert answers == [401] * LIMIT + [429] * 15
    assert guess(site, "office", "198.51.100.8") == 401


def test_spelling_a_login_differently_gives_no_more_tries(site: Site, checks: list[str]) -> None:
    spellings = ["office", "OFFICE", " office ", "Office", "office\t", "\u3000office"]
    answers = [guess(site, spellings[number % 6], f"198.51.100.{number}") for number in range(20)]
    assert len(checks) == LIMIT and set(checks) == {"office"}
    assert answers[LIMIT:] == [429] * 10


def test_a_thousand_tries_in_all_close_the_door(site: Site, checks: list[str]) -> None:
    with site.inside() as session:
        now = site.app.extensions["dudao"].clock.now()
        rows = [{"at": now, "account": f"{n:064}", "address": f"10.{n}"} for n in range(throttle.IN_ALL)]
        session.execute(insert(LoginAttempt), rows)
        session.commit()
    assert guess(site, "office", "198.51.100.1") == 429
    assert checks == []


def test_whoever_waits_five_minutes_may_try_again(site: Site, checks: list[str]) -> None:
    for number in range(LIMIT + 1):
        last = attempt(site.app.test_client(), "office", address=f"198.51.100.{number}")
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) == 300
    move_clock(site.app, timedelta(minutes=4, seconds=30))
    assert guess(site, "office", "198.51.100.99") == 429
    move_clock(site.app, timedelta(seconds=40))
    assert guess(site, "office", "198.51.100.99") == 401


def test_a_right_password_is_not_let_in_while_the_account_is_throttled(site: Site, checks: list[str]) -> None:
    for number in range(LIMIT):
        guess(site, "office", f"198.51.100.{number}")
    stranger = attempt(site.app.test_client(), "office", PASSWORD, "203.0.113.1")
    assert stranger.status_code == 429
    assert len(checks) == LIMIT


def test_the_owner_still_gets_in_from_a_device_used_before(site: Site, checks: list[str]) -> None:
    own = site.app.test_client()
    assert attempt(own, "office", PASSWORD, "203.0.113.1").status_code == 302
    own.post("/logout", data={"csrf_token": Browser(own).token()})
    for number in range(LIMIT + 5):
        guess(site, "office", f"198.51.100.{number}")
    assert attempt(own, "office", PASSWORD, "203.0.113.2").status_code == 302


def test_a_known_device_has_ten_tries_of_its_own_and_no_more(site: Site, checks: list[str]) -> None:
    own = site.app.test_client()
    assert attempt(own, "office", PASSWORD, "203.0.113.1").status_code == 302
    own.post("/logout", data={"csrf_token": Browser(own).token()})
    checks.clear()
    answers = [attempt(own, "office", address=f"203.0.113.{n}").status_code for n in range(15)]
    assert answers == [401] * LIMIT + [429] * 5
    assert len(checks) == LIMIT


def test_a_device_of_one_account_or_a_forged_one_helps_with_no_other(site: Site, checks: list[str]) -> None:
    attacker = site.app.test_client()
    assert attempt(attacker, "fx-clerk", PASSWORD, "203.0.113.1").status_code == 302
    attacker.post("/logout", data={"csrf_token": Browser(attacker).token()})
    checks.clear()
    answers = [attempt(attacker, "office", address=f"198.51.100.{n}").status_code for n in range(12)]
    assert answers == [401] * LIMIT + [429] * 2
    forger = site.app.test_client()
    for number in range(3):
        forger.set_cookie("dudao_device", f'"office".forged-{number}')
        assert attempt(forger, "office", address=f"198.51.100.{50 + number}").status_code == 429
    assert len(checks) == LIMIT


def test_an_own_login_between_guesses_does_not_reset_the_address(site: Site, checks: list[str]) -> None:
    """An attacker with an account of his own could otherwise guess on for ever from one machine."""
    guesses = 0
    for _round in range(4):
        for _try in range(4):
            guesses += guess(site, f"victim-{_try}", "198.51.100.7") == 401
        attempt(site.app.test_client(), "fx-clerk", PASSWORD, "198.51.100.7")
    assert guesses <= LIMIT


def test_existing_missing_and_disabled_accounts_answer_alike(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.disable("fx-disabled")
    hashes: list[str] = []
    real = people._hasher

    class Counted:
        def verify(self, stored: str, password: str) -> bool:
            hashes.append(stored[:30])
            return real.verify(stored, password)

    monkeypatch.setattr(people, "_hasher", Counted())
    answers: dict[tuple[str, str], object] = {}
    for login, password in (
        ("office", "wrong"), ("no-such-person", "wrong"), ("fx-disabled", "wrong"), ("fx-disabled", PASSWORD),
        ("", "wrong"), ("office", ""),
    ):  # fmt: skip
        answer = attempt(site.app.test_client(), login, password, f"192.0.2.{len(answers) + 10}")
        answers[login, password] = (answer.status_code, without_login(answer), sorted(answer.headers.keys()))
    assert len({repr(answer) for answer in answers.values()}) == 1, answers.keys()
    assert len(hashes) == len(answers), "each takes exactly one check, so that none is quicker"
    assert len(set(hashes)) == 1, "and each check costs the same"


def test_a_throttled_answer_does_not_tell_whether_the_account_exists(site: Site, checks: list[str]) -> None:
    pages = set()
    for login in ("office", "no-such-person"):
        for number in range(LIMIT + 1):
            last = attempt(site.app.test_client(), login, address=f"198.51.{len(login)}.{number}")
        assert last.status_code == 429
        pages.add(without_login(last))
    assert len(pages) == 1


def test_each_try_has_its_record_and_no_password_is_kept(site: Site, checks: list[str]) -> None:
    since = site.last_record()
    for number in range(LIMIT + 2):
        attempt(site.app.test_client(), "office", "s3cret-typed-by-mistake", f"198.51.100.{number}")
    records = site.audit_since(since)
    assert [(r.action, r.outcome) for r in records] == [("account.login", "denied")] * (LIMIT + 2)
    assert [r.address for r in records] == [f"198.51.100.{number}" for number in range(LIMIT + 2)]
    assert "s3cret" not in repr([(r.detail, r.object_id, r.actor) for r in records])


def test_a_failed_login_is_recorded_with_the_account_it_aimed_at_and_no_other_text(site: Site) -> None:
    before = site.last_record()
    for name in ("office", "a-password-in-the-wrong-field"):
        guess(site, name, "192.0.2.77")
    records = site.audit_since(before)
    assert [record.detail.get("account") for record in records] == ["office", None]
    assert "wrong-field" not in str([record.detail for record in records])
