"""The application as its visitors meet it: clients, the world's real ids, pages without what always differs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.domain.access import Actor, Everything
from core.services import people, switching
from core.store.db import Base, db
from core.store.models import AuditRecord, PersonGrant, Report, Unit, User
from core.store.scope import set_scope
from tests.conftest import PASSWORD, Browser, actor, sign_in

#: The logins of the access matrix that `dudao seed --fixture` adds, and those of every installation's demo.
FIXTURE = (
    "fx-clerk",
    "fx-lead",
    "fx-clerk-sibling",
    "fx-clerk-parent",
    "fx-clerk-other-type",
    "fx-clerk-other-region",
    "fx-clerk-disabled-unit",
    "fx-disabled",
    "fx-inspector-inside",
    "fx-inspector-outside",
    "fx-inspector-type",
    "fx-office-county",
    "fx-office-city",
    "fx-office-province",
    "fx-auditor",
    "fx-admin",
)
DEMO = ("office", "inspector", "auditor", "admin", "zz-office")
#: Tables that reading a page may write: its record, when the session was last seen, tries to sign in.
NOTED = frozenset({"audit_record", "login_session", "login_attempt"})


@dataclass(frozen=True)
class UnitSeen:
    """A unit as a test needs it."""

    id: int
    code: str
    unit_type: str
    kind: str
    region_path: str


@dataclass
class Site:
    """An application with its own copy of the world.

    No application context is open, so that each request gets its own, as it does in a real server.
    """

    app: Flask
    _browsers: dict[str, Browser] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def inside(self) -> Iterator[Session]:
        """A session over everything, in an application context that ends with the block."""
        with self.app.app_context():
            set_scope(db.session, Everything("a test"))
            yield db.session()
            db.session.remove()

    def visitor(self) -> Browser:
        """A browser that is not signed in."""
        return Browser(self.app.test_client())

    def fresh(self, login: str) -> Browser:
        """A browser signed in anew."""
        return sign_in(self.app, login)

    def browser(self, login: str) -> Browser:
        """A browser of this account, signed in once and kept; none where the login is empty."""
        if login not in self._browsers:
            self._browsers[login] = self.fresh(login) if login else self.visitor()
        return self._browsers[login]

    def client(self, login: str) -> FlaskClient:
        return self.browser(login).client

    def token(self, login: str) -> str:
        """A valid form token of this account's browser."""
        if login not in self._tokens:
            self._tokens[login] = self.browser(login).token("/account" if login else "/login")
        return self._tokens[login]

    def forget(self, login: str) -> None:
        """Drop an account's browser: it must sign in again."""
        self._browsers.pop(login, None)
        self._tokens.pop(login, None)

    def post(self, login: str, url: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form as this account does, whatever comes of it."""
        return self.client(login).post(url, data={"csrf_token": self.token(login), **(data or {})}, **more)

    def actor(self, login: str) -> Actor:
        with self.inside():
            return actor(login)

    def actor_id(self, login: str) -> int:
        with self.inside() as session:
            return session.scalars(select(User.id).where(User.login == login)).one()

    @cached_property
    def units(self) -> dict[str, UnitSeen]:
        """The unit of each account that has one."""
        with self.inside() as session:
            rows = session.execute(
                select(User.login, Unit)
                .join(PersonGrant, PersonGrant.user_id == User.id)
                .join(Unit, Unit.id == PersonGrant.unit_id)
            )
            return {
                login: UnitSeen(unit.id, unit.code, unit.unit_type, unit.kind, unit.region_path)
                for login, unit in rows
            }

    def reports(self, unit_id: int, *states: str) -> list[str]:
        """Ids of a unit's submitted reports, the oldest first."""
        with self.inside() as session:
            wanted = select(Report.id).where(Report.unit_id == unit_id, Report.submitted_at.is_not(None))
            if states:
                wanted = wanted.where(Report.state.in_(states))
            return list(session.scalars(wanted.order_by(Report.submitted_at, Report.id)))

    def disable(self, login: str) -> None:
        with self.inside():
            people.set_disabled(login, True)

    def disable_unit(self, unit_id: int, reason: str) -> None:
        who = self.actor("office")
        with self.inside():
            switching.switch_unit(who, unit_id, False, reason)

    def last_record(self) -> int:
        """The id of the newest audit record."""
        with self.inside() as session:
            return session.scalar(select(func.max(AuditRecord.id))) or 0

    def audit_since(self, record_id: int) -> list[AuditRecord]:
        """The audit records after one, the oldest first."""
        with self.inside() as session:
            later = select(AuditRecord).where(AuditRecord.id > record_id).order_by(AuditRecord.id)
            return list(session.scalars(later))

    def hash(self) -> str:
        """A hash of every table but those that reading may write."""
        digest = hashlib.sha256()
        with self.app.app_context(), db.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                if table.name not in NOTED:
                    digest.update(table.name.encode())
                    for row in connection.exec_driver_sql(f'SELECT * FROM "{table.name}"'):
                        digest.update(repr(tuple(row)).encode())
        return digest.hexdigest()

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL that runs inside the block, in order; without savepoints and PRAGMAs."""
        with self.app.app_context():
            engine = db.engine
        seen: list[str] = []

        def note(_connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.split(None, 1)[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
                seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)


def written(statements: list[str]) -> set[str]:
    """The tables that statements write, without those that reading may write."""
    found = {match[1] for statement in statements if (match := _WRITING.match(statement))}
    return found - NOTED


_WRITING = re.compile(r"(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)


_CHANGING = (
    (re.compile(r'(name="csrf_token"[^>]*value=")[^"]*'), r"\1TOKEN"),
    (re.compile(r'(nonce=")[^"]*'), r"\1NONCE"),
    (re.compile(r'(name="key"[^>]*value=")[^"]*'), r"\1KEY"),
    (re.compile(r'(class="error-id">.*?<code>)[0-9a-f]*'), r"\1REQUEST"),
    (re.compile(r'("request_id":\s*")[0-9a-f]*'), r"\1REQUEST"),
)


def steady(answer: TestResponse, *ids: object) -> str:
    """A page without tokens, nonces and request ids; `ids` that differ by design are blanked too."""
    text = answer.get_data(as_text=True)
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    for value in sorted(map(str, ids), key=len, reverse=True):
        text = text.replace(value, "ID")
    return text


__all__ = ["DEMO", "FIXTURE", "NOTED", "PASSWORD", "Site", "UnitSeen", "steady", "written"]
