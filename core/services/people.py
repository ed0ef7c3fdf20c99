"""Accounts: adding people, their roles, passwords, and who an account may act as."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.domain.access import Actor, Everything, Grant, Permission, Reach, Role
from core.domain.errors import Denied, Invalid, Missing
from core.domain.passwords import problem_with
from core.domain.text import Text
from core.services import throttle
from core.services.origin import origin
from core.services.work import SYSTEM, Deed, acting, deed, reading
from core.store.models import LoginSession, PersonGrant, Region, Unit, User

#: argon2id with 19 MiB and two passes: the first recommendation of OWASP's password storage sheet.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: Checked where there is no account, so that a wrong name takes as long as a wrong password.
_NOBODY = _hasher.hash("nobody has this password")
LONGEST_NAME = 60
#: Guesses at the present password when it is changed are counted apart from sign-ins.
OWN_PASSWORD = "own password"  # noqa: S105 (a name of a count)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")


@dataclass(frozen=True)
class NewPerson:
    """A person to add. `grants` say what they may do and where."""

    login: str
    name: str
    password: str
    grants: tuple[Grant, ...]


def add_people(people: Iterable[NewPerson], actor: Actor = SYSTEM, *, known_password: bool = False) -> None:
    """Add accounts, all or none. `known_password` is for demo accounts that share a printed password."""
    with acting(actor, Permission.PEOPLE, "person.add") as done:
        hashes: dict[str, str] = {}
        new = list(people)
        _refuse_taken(done, [person.login for person in new])
        for person in new:
            if not known_password:
                own = [grant.reach.unit_id for grant in person.grants if grant.reach.unit_id is not None]
                check_password(person.password, *_first_guesses(person.login, person.name, own))
            if person.password not in hashes or not known_password:
                hashes[person.password] = _hasher.hash(person.password)
            done.session.add(_row(done, person, hashes[person.password]))
        logins = [person.login for person in new]
        done.about("person", logins[0] if len(logins) == 1 else len(logins), logins=logins)


def _refuse_taken(done: Deed, logins: list[str]) -> None:
    taken = sorted(done.session.scalars(select(User.login).where(User.login.in_(logins))))
    if taken:
        message = Text(f"登录名已有人使用：{'、'.join(taken)}", f"This login is taken: {', '.join(taken)}")
        raise Invalid(message, {"login": message})


def _wrong_login(login: str) -> Text:
    return Text(
        f"登录名“{login}”不合规：请用小写字母、数字、点、横线，2 至 60 个",
        f"Login “{login}”: use lower-case letters, digits, dots and hyphens, 2 to 60 of them",
    )


def _row(done: Deed, person: NewPerson, password_hash: str) -> User:
    if not _LOGIN.fullmatch(person.login):
        message = _wrong_login(person.login)
        raise Invalid(message, {"login": message})
    grants = [
        PersonGrant(
            role=grant.role,
            unit_id=grant.reach.unit_id,
            region_path=grant.reach.region_path,
            unit_types=sorted(grant.reach.unit_types) if grant.reach.unit_types is not None else None,
        )
        for grant in person.grants
    ]
    return User(
        login=person.login, name=person.name, password_hash=password_hash, created_at=done.at, grants=grants
    )


@dataclass(frozen=True)
class Application:
    """An account as the administrator asks for it, with one role: for a unit, or for a region and some types."""

    login: str
    name: str
    role: str
    unit_code: str = ""
    region_code: str = ""
    unit_types: tuple[str, ...] = ()


def apply(actor: Actor, wanted: Application, password: str) -> None:
    """Add an account with one role. Raises Invalid naming each field that is wrong."""
    if actor is not SYSTEM and not actor.may(Permission.PEOPLE):
        raise Missing
    with reading(Everything("the administrator sets up all accounts")) as session:
        grant = _grant(session(), wanted)
    add_people([NewPerson(wanted.login, wanted.name, password, (grant,))], actor)


def _grant(session: Session, wanted: Application) -> Grant:
    """The one grant that is asked for; raises Invalid naming every field that is wrong."""
    problems: dict[str, Text] = {}
    if not _LOGIN.fullmatch(wanted.login):
        problems["login"] = _wrong_login(wanted.login)
    if not 0 < len(wanted.name) <= LONGEST_NAME:
        problems["name"] = Text(
            f"请填写姓名，最多 {LONGEST_NAME} 个字", f"Enter the name, at most {LONGEST_NAME} characters"
        )
    if wanted.role not in set(Role):
        problems["role"] = Text("请选择角色", "Choose a role")
    reach = _reach(session, wanted, problems)
    if problems:
        raise Invalid(next(iter(problems.values())), problems)
    return Grant(Role(wanted.role), reach)


def _reach(session: Session, wanted: Application, problems: dict[str, Text]) -> Reach:
    """For a unit's people the unit; for others a region, and for inspectors some unit types."""
    if wanted.role in (Role.REPORTER, Role.LEAD):
        unit = session.scalar(select(Unit.id).where(Unit.code == wanted.unit_code))
        if unit is None:
            problems["unit"] = Text("没有这个单位编码", "There is no unit with this code")
        return Reach(unit_id=unit)
    if not wanted.region_code:
        region = None
    elif wanted.role in (Role.AUDITOR, Role.ADMIN):
        problems["region"] = Text(
            "这个角色管全部地区，请不要选地区", "This role covers all regions; choose none"
        )
        region = None
    else:
        region = session.scalar(select(Region.path).where(Region.code == wanted.region_code))
        if region is None:
            problems["region"] = Text("没有这个地区", "There is no such region")
    some = wanted.role == Role.INSPECTOR and wanted.unit_types
    return Reach(region_path=region, unit_types=frozenset(wanted.unit_types) if some else None)


def check_password(password: str, *about: str) -> None:
    """Raise Invalid where a password is too easy to guess."""
    problem = problem_with(password, about)
    if problem is not None:
        raise Invalid(problem, {"password": problem})


def _first_guesses(login: str, name: str, unit_ids: Iterable[int | None]) -> list[str]:
    """What is guessed first: the person's own names and those of their units."""
    with reading(Everything("a password is compared with the own unit's name")) as session:
        return [login, name, *session.scalars(select(Unit.name).where(Unit.id.in_(list(unit_ids))))]


def verify(login: str, password: str) -> int | None:
    """The id of the live account that this name and password open; takes as long where there is none."""
    with reading(Everything("signing in comes before any scope")) as session:
        row = session.execute(
            select(User.id, User.password_hash, User.disabled_at).where(User.login == login)
        ).first()
    try:
        _hasher.verify(row.password_hash if row else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return row.id if row and row.disabled_at is None else None


def known(login: str) -> bool:
    """Whether there is such an account, disabled or not."""
    with reading(Everything("signing in comes before any scope")) as session:
        return session.scalar(select(User.id).where(User.login == login)) is not None


def actor(session: Session, user_id: int) -> Actor | None:
    """The person as a frozen fact, with every grant; None where the account is gone or disabled."""
    rows = session.execute(
        select(
            User.name,
            User.login,
            User.locale,
            PersonGrant.role,
            PersonGrant.unit_id,
            PersonGrant.region_path,
            PersonGrant.unit_types,
        )
        .outerjoin(PersonGrant, PersonGrant.user_id == User.id)
        .where(User.id == user_id, User.disabled_at.is_(None))
        .order_by(PersonGrant.id)
    ).all()
    if not rows:
        return None
    grants = tuple(
        Grant(
            Role(r.role),
            Reach(r.unit_id, r.region_path, None if r.unit_types is None else frozenset(r.unit_types)),
        )
        for r in rows
        if r.role is not None
    )
    return Actor(
        user_id=user_id, name=rows[0].name, login=rows[0].login, locale=rows[0].locale, grants=grants
    )


def set_locale(who: Actor, locale: str) -> None:
    """Remember a person's language."""
    with deed(who, Permission.SIGNED_IN, "account.language") as done:
        done.session.get_one(User, who.user_id).locale = locale
        done.about("person", who.login, locale=locale)


def change_password(who: Actor, old: str, new: str) -> None:
    """Change one's own password; every session of the account ends."""
    throttle.admit(who.login, origin().address, device=OWN_PASSWORD)
    if verify(who.login, old) != who.user_id:
        message = Text("原密码不对", "The present password is wrong")
        raise Invalid(message, {"old": message})
    check_password(new, *_first_guesses(who.login, who.name, who.unit_ids))
    with deed(who, Permission.SIGNED_IN, "account.password") as done:
        throttle.forget(done, who.login, OWN_PASSWORD)
        done.session.get_one(User, who.user_id).password_hash = _hasher.hash(new)
        end_sessions(done, who.user_id)
        done.about("person", who.login)


def set_disabled(login: str, disabled: bool, actor: Actor = SYSTEM) -> None:
    """Disable or enable an account; a disabled one's sessions end at once. Nobody disables the own account."""
    if disabled and login == actor.login:
        raise Denied(Text("不能停用自己的账号", "You cannot disable your own account"))
    with acting(actor, Permission.PEOPLE, "person.disable" if disabled else "person.enable") as done:
        user = _by_login(done, login)
        user.disabled_at = done.at if disabled else None
        if disabled:
            end_sessions(done, user.id)
        done.about("person", login)


def reset_password(login: str, password: str, actor: Actor = SYSTEM) -> None:
    """Give an account a new password; its sessions end."""
    with acting(actor, Permission.PEOPLE, "person.password") as done:
        user = _by_login(done, login)
        own = done.session.scalars(
            select(PersonGrant.unit_id).where(
                PersonGrant.user_id == user.id, PersonGrant.unit_id.is_not(None)
            )
        )
        check_password(password, *_first_guesses(login, user.name, own.all()))
        user.password_hash = _hasher.hash(password)
        end_sessions(done, user.id)
        done.about("person", login)


def end_sessions(done: Deed, user_id: int) -> None:
    for row in done.session.scalars(
        select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
    ):
        row.ended_at = done.at


def _by_login(done: Deed, login: str) -> User:
    user = done.session.scalars(select(User).where(User.login == login)).first()
    if user is None:
        raise Missing
    return user
