"""A deed: one transaction that holds what is done and its audit record. The only commit of deeds: see decision 6."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import scoped_session

from core.domain.access import Actor, AnyScope, Everything, Permission
from core.domain.deeds import DEEDS
from core.domain.errors import Missing
from core.services.origin import origin
from core.services.runtime import runtime
from core.store.db import begin_writing, db
from core.store.models import AuditRecord
from core.store.scope import set_scope

#: Who acts when no person does: jobs, schedules and commands.
SYSTEM = Actor(user_id=0, name="系统", login="system")


@dataclass
class Deed:
    """The deed under way. Say what it is about before it ends."""

    session: scoped_session[Any]
    actor: Actor
    action: str
    at: datetime
    outcome: str = "done"
    object_type: str = ""
    object_id: str = ""
    unit_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def about(
        self, object_type: str, object_id: object, *, unit_id: int | None = None, **detail: Any
    ) -> None:
        self.object_type, self.object_id, self.unit_id = object_type, str(object_id), unit_id
        self.detail |= detail

    def record(self) -> AuditRecord:
        where = origin()
        return AuditRecord(
            at=self.at,
            actor_id=self.actor.user_id or None,
            actor=self.actor.login,
            action=self.action,
            outcome=self.outcome,
            object_type=self.object_type,
            object_id=_one_line(self.object_id),
            unit_id=self.unit_id,
            detail=_one_line(self.detail),
            address=where.address,
            request_id=where.request_id,
        )


def _one_line(value: Any) -> Any:
    """Control and direction-changing signs could forge a line where the trail is read or printed."""
    if isinstance(value, str):
        return "".join(sign if sign.isprintable() else " " for sign in value)
    if isinstance(value, dict):
        return {name: _one_line(item) for name, item in value.items()}
    return [_one_line(item) for item in value] if isinstance(value, list) else value


@contextmanager
def deed(actor: Actor, permission: Permission, action: str) -> Iterator[Deed]:
    """Do something on a person's behalf; raises Missing where the actor does not hold the permission."""
    if not actor.may(permission):
        raise Missing
    with _transaction(actor, action, actor.scope(permission)) as done:
        yield done


@contextmanager
def chore(action: str, why: str, actor: Actor = SYSTEM) -> Iterator[Deed]:
    """Do something on the product's own behalf, over everything."""
    with _transaction(actor, action, Everything(why)) as done:
        yield done


@contextmanager
def acting(actor: Actor, permission: Permission, action: str) -> Iterator[Deed]:
    """What a person does from a page or the machine's administrator from a command, over everything."""
    if actor is not SYSTEM and not actor.may(permission):
        raise Missing
    with _transaction(actor, action, Everything("the whole installation")) as done:
        yield done


@contextmanager
def _transaction(actor: Actor, action: str, scope: AnyScope) -> Iterator[Deed]:
    if action not in DEEDS:
        raise ValueError(f"{action!r} is not a deed that the audit trail knows")
    session = db.session
    begin_writing(session())
    before = session.info.get("scope")
    set_scope(session, scope)
    done = Deed(session, actor, action, runtime().clock.now())
    try:
        yield done
        session.add(done.record())
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        set_scope(session, before)
    origin().recorded = True


def record_refusal(actor: Actor | None, action: str, outcome: str, detail: dict[str, Any]) -> None:
    """Write the record of a deed that did not happen: denied, invalid or failed."""
    who = actor or Actor(user_id=0, name="", login="")
    with _transaction(who, action, Everything("a refusal concerns nobody's rows")) as done:
        done.outcome = outcome
        done.detail = detail


@contextmanager
def reading(scope: AnyScope) -> Iterator[scoped_session[Any]]:
    """Read within a scope; the one before comes back afterwards."""
    session = db.session
    before = session.info.get("scope")
    set_scope(session, scope)
    try:
        yield session
    finally:
        set_scope(session, before)
