"""Accounts: who gets one, which passwords are refused, and that access ends when it must end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from core.domain.access import Actor, Grant, Reach, Role
from core.domain.errors import Denied, Invalid, Missing, Throttled
from core.services import people, sessions
from core.services.people import Application, NewPerson
from core.store.db import db
from core.store.models import AuditRecord, LoginSession, PersonGrant, Unit, User
from tests.conftest import PASSWORD, actor
from tests.services.helpers import CITY, count, later

GOOD = "correct horse battery staple"
SECOND = timedelta(seconds=1)


def person(login: str = "wang", password: str = GOOD, name: str = "王小明", *grants: Grant) -> NewPerson:
    return NewPerson(login, name, password, grants or (Grant(Role.AUDITOR, Reach()),))


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short-one",
        "河南反诈2020",
        "password123",
        "Password!!!2020",
        "admin123456",
        "1234567890",
        "0000000000000000",
        "aaaaaaaaaaaaaaaa",
        "          ",
        "wang20201112",
        "王小明20201112",
        "x" * 129,
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_a_reason(app: Flask, password: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.add_people([person(password=password)])
    assert refused.value.fields["password"].zh and refused.value.fields["password"].en
    db.session.rollback()
    assert count(User, User.login == "wang") == 0


def test_the_own_name_and_the_units_name_with_digits_are_refused_wherever_a_password_is_set(
    app: Flask,
) -> None:
    who = actor("carriers-reporter")
    (unit_id,) = who.unit_ids
    unit = db.session.get(Unit, unit_id)
    assert unit is not None
    setters: list[Callable[[str], None]] = [
        lambda text: people.reset_password(who.login, text),
        lambda text: people.change_password(who, PASSWORD, text),
        lambda text: people.add_people([person("wang", text, who.name, *who.grants)]),
    ]
    for easy in (f"{who.name}20201112", f"{unit.name}2020"):
        for act in setters:
            with pytest.raises(Invalid) as refused:
                act(easy)
            assert "password" in refused.value.fields
            db.session.rollback()
    assert people.verify(who.login, PASSWORD)


@pytest.mark.parametrize("password", [GOOD, "今天天气不错我们去河边走走", "a b c d e f g h", "k7!xq" * 25])
def test_long_ones_spaces_and_han_characters_are_welcome(app: Flask, password: str) -> None:
    people.add_people([person(password=password)])
    assert people.verify("wang", password) is not None
    assert people.verify("wang", password + " ") is None
    assert people.verify("wang", password[:-1]) is None


def test_only_a_salted_slow_hash_is_stored(app: Flask) -> None:
    people.add_people([person(), person("li")])
    hashes = [db.session.query(User).filter_by(login=login).one().password_hash for login in ("wang", "li")]
    assert all(text.startswith("$argon2id$") for text in hashes)
    assert hashes[0] != hashes[1]
    assert GOOD not in str(db.session.query(AuditRecord.detail).all())


@pytest.mark.parametrize("login", ["", "a", "Wang", "王", "wang li", "-wang", "wang@x", "w" * 61, "wang\n"])
def test_a_strange_login_is_refused(app: Flask, login: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.add_people([person(login)])
    assert "login" in refused.value.fields


def test_accounts_are_added_all_or_none(app: Flask) -> None:
    with pytest.raises(Invalid):
        people.add_people([person("wang"), person("li", "short")])
    db.session.rollback()
    assert count(User, User.login.in_(["wang", "li"])) == 0


def test_a_person_has_exactly_the_roles_and_places_that_were_given(any_app: Flask) -> None:
    grants = (
        Grant(
            Role.INSPECTOR,
            Reach(region_path="/410000/410100/", unit_types=frozenset({"carriers", "education"})),
        ),
        Grant(Role.OFFICE, Reach()),
        Grant(Role.REPORTER, Reach(unit_id=min(actor("carriers-reporter").unit_ids))),
    )
    people.add_people([person("wang", GOOD, "王小明", *grants)])
    who = actor("wang")
    assert (who.grants, who.name, who.login) == (grants, "王小明", "wang")


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        (Application("wang", "", "auditor"), {"name"}),
        (Application("wang", "王", "emperor"), {"role"}),
        (Application("wang", "王", "reporter", unit_code="no-such-unit"), {"unit"}),
        (Application("wang", "王", "lead"), {"unit"}),
        (Application("wang", "王", "office", region_code="999999"), {"region"}),
        (Application("inspector", "王", "auditor"), {"login"}),
        (Application("wang", "", "emperor"), {"name", "role"}),
        (Application("Wang", "王", "auditor"), {"login"}),
    ],
)
def test_an_application_names_every_field_that_is_wrong(
    app: Flask, wanted: Application, fields: set[str]
) -> None:
    before = count(User)
    with pytest.raises(Invalid) as refused:
        people.apply(actor("admin"), wanted, GOOD)
    assert refused.value.fields.keys() == fields
    db.session.rollback()
    assert count(User) == before


def test_an_application_becomes_an_account_with_its_reach(app: Flask) -> None:
    people.apply(
        actor("admin"),
        Application("wang", "王", "inspector", region_code=CITY, unit_types=("carriers",)),
        GOOD,
    )
    reach = Reach(region_path=f"/410000/{CITY}/", unit_types=frozenset({"carriers"}))
    assert actor("wang").grants == (Grant(Role.INSPECTOR, reach),)


@pytest.mark.parametrize("login", ["office", "inspector", "auditor", "carriers-lead", "zz-office"])
def test_only_the_administrator_makes_accounts(app: Flask, login: str) -> None:
    with pytest.raises(Missing):
        people.apply(actor(login), Application("wang", "王", "admin"), GOOD)
    assert count(User, User.login == "wang") == 0


def signed_in(login: str = "carriers-reporter", password: str = PASSWORD) -> str:
    secret = sessions.sign_in(login, password, "a test's browser")
    assert secret is not None
    return secret


def test_changing_ones_password_ends_every_session(any_app: Flask) -> None:
    one, two = signed_in(), signed_in()
    other = signed_in("inspector")
    people.change_password(actor("carriers-reporter"), PASSWORD, GOOD)
    assert sessions.find(one) is sessions.find(two) is None
    assert sessions.find(other) is not None
    assert sessions.sign_in("carriers-reporter", PASSWORD, "") is None
    assert sessions.find(signed_in(password=GOOD)) is not None


def test_a_wrong_present_password_changes_nothing(app: Flask) -> None:
    secret = signed_in()
    with pytest.raises(Invalid) as refused:
        people.change_password(actor("carriers-reporter"), "not my password", GOOD)
    assert "old" in refused.value.fields
    with pytest.raises(Invalid):
        people.change_password(actor("carriers-reporter"), PASSWORD, "short")
    assert sessions.find(secret) is not None and people.verify("carriers-reporter", PASSWORD)


def test_a_reset_password_ends_every_session(app: Flask) -> None:
    secret = signed_in()
    people.reset_password("carriers-reporter", GOOD, actor("admin"))
    assert sessions.find(secret) is None
    assert people.verify("carriers-reporter", PASSWORD) is None


def test_a_disabled_account_is_out_at_once_and_comes_back_with_its_roles(any_app: Flask) -> None:
    secret, grants = signed_in(), actor("carriers-reporter").grants
    people.set_disabled("carriers-reporter", True, actor("admin"))
    assert sessions.find(secret) is None
    assert sessions.sign_in("carriers-reporter", PASSWORD, "") is None
    assert people.verify("carriers-reporter", PASSWORD) is None
    people.set_disabled("carriers-reporter", False, actor("admin"))
    assert sessions.find(secret) is None, "an ended session stays ended"
    assert actor("carriers-reporter").grants == grants


def test_nobody_disables_the_own_account(app: Flask) -> None:
    with pytest.raises(Denied):
        people.set_disabled("admin", True, actor("admin"))
    people.set_disabled("fx-admin", True, actor("admin"))


def test_an_unknown_account_is_missing(app: Flask) -> None:
    with pytest.raises(Missing):
        people.set_disabled("nobody-here", True)
    with pytest.raises(Missing):
        people.reset_password("nobody-here", GOOD)


def test_a_session_ends_after_half_an_hour_without_use(any_app: Flask) -> None:
    secret = signed_in()
    for _time in range(3):
        later(timedelta(minutes=29))
        assert sessions.find(secret) is not None
    later(timedelta(minutes=30))
    assert sessions.find(secret) is not None
    later(timedelta(minutes=30) + SECOND)
    assert sessions.find(secret) is None


def test_a_session_ends_after_twelve_hours_however_busy(app: Flask) -> None:
    secret = signed_in()
    for _time in range(12 * 4):
        later(timedelta(minutes=15))
        assert sessions.find(secret) is not None
    later(SECOND)
    assert sessions.find(secret) is None


def test_one_can_end_ones_own_sessions_only(app: Flask) -> None:
    mine, phone, other = signed_in(), signed_in(), signed_in("inspector")
    signed, foreign = sessions.find(phone), sessions.find(other)
    assert signed is not None and foreign is not None
    who = actor("carriers-reporter")
    assert len(sessions.live(who)) == 2
    sessions.end(who, signed.id)
    with pytest.raises(Missing):
        sessions.end(who, foreign.id)
    with pytest.raises(Missing):
        sessions.end(who, 999_999)
    assert sessions.find(phone) is None
    assert sessions.find(mine) is not None and sessions.find(other) is not None
    assert len(sessions.live(who)) == 1


def test_signing_out_kills_the_copied_cookie_too(app: Flask) -> None:
    secret = signed_in()
    signed = sessions.find(secret)
    assert signed is not None
    sessions.sign_out(signed.actor, signed.id)
    assert sessions.find(secret) is None


def test_every_sign_in_has_a_secret_of_its_own_and_only_its_hash_is_kept(app: Flask) -> None:
    secrets = {signed_in() for _time in range(5)}
    assert len(secrets) == 5
    kept = set(db.session.query(LoginSession.token_hash).all())
    assert not any(secret in str(kept) for secret in secrets)


def test_a_session_carries_the_rights_of_now_and_not_of_the_sign_in(app: Flask) -> None:
    secret = signed_in("fx-office-city")
    db.session.query(PersonGrant).filter_by(user_id=actor("fx-office-city").user_id).delete()
    db.session.commit()
    signed = sessions.find(secret)
    assert signed is not None and signed.actor.grants == ()


def test_the_language_is_remembered_for_the_person(app: Flask) -> None:
    who: Actor = actor("carriers-reporter")
    people.set_locale(who, "en")
    assert actor("carriers-reporter").locale == "en"
    assert actor("carriers-lead").locale is None


def test_a_password_that_is_changed_again_and_again_by_its_owner_is_not_throttled(app: Flask) -> None:
    who, present = actor("carriers-reporter"), PASSWORD
    for number in range(12):
        new = f"a sentence that is long enough {number}"
        people.change_password(who, present, new)
        present = new


def test_guesses_at_the_present_password_are_throttled(app: Flask) -> None:
    who = actor("carriers-reporter")
    for _number in range(10):
        with pytest.raises(Invalid):
            people.change_password(who, "not my password", GOOD)
    with pytest.raises(Throttled):
        people.change_password(who, "not my password", GOOD)
