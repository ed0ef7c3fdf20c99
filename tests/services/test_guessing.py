"""Guessing at passwords is slowed down, without locking out who knows the right one (N1)."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from core.domain.errors import Throttled
from core.services import sessions
from core.services.origin import Origin, set_origin
from core.store.db import db
from core.store.models import LoginAttempt
from tests.conftest import PASSWORD
from tests.services.helpers import count, later

SECOND = timedelta(seconds=1)


def signed_in(login: str = "carriers-reporter", password: str = PASSWORD) -> str:
    secret = sessions.sign_in(login, password, "a test's browser")
    assert secret is not None
    return secret


def guess(login: str, address: str, device: str = "") -> str:
    """What a try with a wrong password comes to."""
    set_origin(Origin(address))
    try:
        return "wrong" if sessions.sign_in(login, "not the password", "", device) is None else "in"
    except Throttled:
        return "throttled"
    finally:
        set_origin(None)


def test_guessing_at_one_account_is_slowed_down_whatever_the_address(any_app: Flask) -> None:
    """N1: at most ten checks in five minutes; then the window moves on."""
    tries = [guess("carriers-reporter", f"10.0.0.{number}") for number in range(13)]
    assert tries == ["wrong"] * 10 + ["throttled"] * 3
    later(timedelta(minutes=5) + SECOND)
    assert guess("carriers-reporter", "10.0.1.1") == "wrong"


def test_guessing_at_many_accounts_from_one_address_is_slowed_down(app: Flask) -> None:
    tries = [guess(f"nobody-{number}", "10.0.0.1") for number in range(12)]
    assert tries == ["wrong"] * 10 + ["throttled"] * 2
    assert guess("nobody-99", "10.0.0.2") == "wrong"


def test_a_strangers_guessing_does_not_lock_out_the_browser_that_is_known(app: Flask) -> None:
    for number in range(11):
        guess("carriers-reporter", f"10.0.0.{number}")
    set_origin(Origin("10.9.9.9"))
    assert sessions.sign_in("carriers-reporter", PASSWORD, "", "known-browser") is not None
    set_origin(None)


def test_the_right_password_ends_the_count(app: Flask) -> None:
    for number in range(9):
        guess("carriers-reporter", f"10.0.0.{number}")
    signed_in()
    assert [guess("carriers-reporter", f"10.0.1.{number}") for number in range(10)] == ["wrong"] * 10
    assert count(LoginAttempt) > 0


def test_what_was_typed_as_a_login_is_not_kept(app: Flask) -> None:
    """People type passwords into the wrong field."""
    guess("my-secret-password-in-the-wrong-field", "10.0.0.1")
    rows = db.session.query(LoginAttempt.account, LoginAttempt.address).all()
    assert rows and "my-secret" not in str(rows)
