"""Signed-in browsers, kept on the server: a copied cookie is dead as soon as its row is ended."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.domain.access import Actor, Everything, Permission
from core.domain.errors import Missing
from core.services import people, throttle
from core.services.origin import origin
from core.services.runtime import runtime
from core.services.work import Deed, chore, deed, reading
from core.store.db import begin_writing
from core.store.models import LoginSession, User

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
#: How old `seen_at` may grow before a request writes it anew: reading pages should not write each time.
SEEN_EVERY = timedelta(minutes=1)


def sign_in(login: str, password: str, agent: str, device: str = "") -> str | None:
    """Check the password and open a session; answers with its secret, or None.

    `device` names a browser that this account was signed in from before. Raises Throttled after too many
    failures of the account or the address.
    """
    throttle.admit(login, origin().address, device)
    user_id = people.verify(login, password)
    if user_id is None:
        return None
    secret = secrets.token_urlsafe(32)
    with reading(Everything("the account itself")) as session:
        who = people.actor(session(), user_id)
    if who is None:
        return None
    with deed(who, Permission.SIGNED_IN, "account.login") as done:
        throttle.forget(done, login, device)
        done.session.add(
            LoginSession(
                token_hash=_hash(secret),
                user_id=user_id,
                created_at=done.at,
                seen_at=done.at,
                address=origin().address,
                agent=agent[:200],
            )
        )
        done.about("person", who.login)
    return secret


@contextmanager
def lent(login: str) -> Iterator[str]:
    """A session for the machine's administrator, who looks through an account's eyes; ended afterwards, both recorded."""
    secret = secrets.token_urlsafe(32)
    with chore("account.login", "the administrator's command") as done:
        user_id = done.session.scalar(select(User.id).where(User.login == login, User.disabled_at.is_(None)))
        if user_id is None:
            raise Missing
        row = LoginSession(
            token_hash=_hash(secret),
            user_id=user_id,
            created_at=done.at,
            seen_at=done.at,
            address="",
            agent="dudao plugin trace",
        )
        done.session.add(row)
        done.about("person", login)
    try:
        yield secret
    finally:
        with chore("account.logout", "the administrator's command") as done:
            done.session.get_one(LoginSession, row.id).ended_at = done.at
            done.about("session", row.id)


@dataclass(frozen=True, slots=True)
class Signed:
    """A live session and the person whose it is."""

    id: int
    actor: Actor


def find(secret: str) -> Signed | None:
    """The live session that a cookie's secret opens; idle and old ones are dead."""
    now = runtime().clock.now()
    with reading(Everything("the session itself")) as session:
        row = session.execute(
            select(
                LoginSession.id, LoginSession.user_id, LoginSession.seen_at, LoginSession.created_at
            ).where(LoginSession.token_hash == _hash(secret), LoginSession.ended_at.is_(None))
        ).first()
        if row is None or now - row.seen_at > IDLE or now - row.created_at > LONGEST:
            return None
        who = people.actor(session(), row.user_id)
        if who is None:
            return None
        if now - row.seen_at > SEEN_EVERY:
            _seen(session(), row.id, now)
    return Signed(row.id, who)


def _seen(session: Session, session_id: int, now: datetime) -> None:
    """Not a deed: nobody needs a record that somebody looked at a page."""
    begin_writing(session)
    session.execute(update(LoginSession).where(LoginSession.id == session_id).values(seen_at=now))
    session.commit()


def sign_out(who: Actor, session_id: int) -> None:
    with deed(who, Permission.SIGNED_IN, "account.logout") as done:
        _end(done, session_id)


def end(who: Actor, session_id: int) -> None:
    """End one of one's own sessions, e.g. on a lost phone."""
    with deed(who, Permission.SIGNED_IN, "account.end_session") as done:
        _end(done, session_id)


def _end(done: Deed, session_id: int) -> None:
    row = done.session.get(LoginSession, session_id)
    if row is None or row.user_id != done.actor.user_id:
        raise Missing
    row.ended_at = done.at
    done.about("session", session_id)


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: int
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


def live(who: Actor) -> list[SessionRow]:
    """One's own live sessions, the last seen first."""
    now = runtime().clock.now()
    with reading(Everything("own sessions")) as session:
        rows = session.scalars(
            select(LoginSession)
            .where(
                LoginSession.user_id == who.user_id,
                LoginSession.ended_at.is_(None),
                LoginSession.seen_at > now - IDLE,
                LoginSession.created_at > now - LONGEST,
            )
            .order_by(LoginSession.seen_at.desc())
        )
        return [SessionRow(r.id, r.created_at, r.seen_at, r.address, r.agent) for r in rows]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
