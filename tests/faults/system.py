"""An installation that owes work, its dispatcher driven by the test; and what must be true when all is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask
from redis import RedisError
from sqlalchemy import func, select

from core.config import Settings
from core.domain.access import Role
from core.domain.workflow import State
from core.jobs import outbox
from core.services import review
from core.store.db import db
from core.store.models import AuditRecord, Notification, OutboxTask, PersonGrant, Report, User
from tests.conftest import actor
from tests.faults.parts import RedisServer, wait_for


@dataclass
class System:
    """An installation whose dispatcher the test drives itself, with a Redis that it can kill."""

    app: Flask
    settings: Settings
    redis: RedisServer

    def dispatch(self) -> None:
        """As the scheduler does twice a second, however Redis fares."""
        with suppress(RedisError):
            outbox.dispatch(self.redis.client())

    def drive(self, done: Callable[[], bool], what: str, patience: float = 120) -> None:
        """Dispatch until something is so."""

        def step() -> bool:
            self.dispatch()
            db.session.rollback()
            return done()

        wait_for(step, what, patience)


def decide(number: int) -> list[str]:
    """Decide on so many waiting reports, whose units have two people; answers with the keys of the notices owed."""
    inspector = actor("inspector")
    waiting = db.session.execute(
        select(Report.id, Report.unit_id)
        .where(Report.state == State.SUBMITTED)
        .order_by(Report.id)
        .limit(number)
    ).all()
    assert len(waiting) == number
    for login, role in (("carriers-reporter", Role.REPORTER), ("carriers-lead", Role.LEAD)):
        who = actor(login)
        for unit_id in {row.unit_id for row in waiting} - who.unit_ids:
            db.session.add(PersonGrant(user_id=who.user_id, role=role, unit_id=unit_id))
    db.session.commit()
    for report_id, _unit_id in waiting:
        review.accept(inspector, report_id, review.claim(inspector, report_id)["version"])
    return [f"notify_decision:{report_id}:{_version(report_id)}" for report_id, _unit_id in waiting]


def _version(report_id: str) -> int:
    return db.session.scalar(select(Report.version).where(Report.id == report_id)) or 0


def open_tasks() -> int:
    return db.session.scalar(select(func.count(OutboxTask.id)).where(OutboxTask.done_at.is_(None))) or 0


def done_tasks() -> int:
    return db.session.scalar(select(func.count(OutboxTask.id)).where(OutboxTask.done_at.is_not(None))) or 0


def all_done() -> bool:
    return open_tasks() == 0


def assert_each_effect_once(keys: list[str]) -> None:
    """Every task done in one transaction of its own, every person of a unit told once of each decision."""
    db.session.expire_all()
    assert {task.key for task in db.session.scalars(select(OutboxTask)) if task.done_at} == set(keys)
    ran = db.session.scalars(
        select(AuditRecord.object_id).where(
            AuditRecord.action == "task.run", AuditRecord.object_type == "task", AuditRecord.outcome == "done"
        )
    ).all()
    assert len(ran) == len(set(ran)) == len(keys)
    wanted = Counter(
        (user_id, f"decision:{key.removeprefix('notify_decision:')}")
        for key in keys
        for user_id in people_of(key)
    )
    told = Counter(tuple(row) for row in db.session.execute(select(Notification.user_id, Notification.key)))
    assert told == wanted and set(wanted.values()) <= {1}


def people_of(key: str) -> list[int]:
    """Reporter and lead of the report's unit, as they stand in the accounts."""
    _job, report_id, _version = key.split(":")
    unit_id = db.session.scalar(select(Report.unit_id).where(Report.id == report_id))
    people = [actor(login) for login in _logins()]
    return [who.user_id for who in people if unit_id in who.unit_ids]


def _logins() -> list[str]:
    return list(db.session.scalars(select(User.login).where(User.disabled_at.is_(None))))
