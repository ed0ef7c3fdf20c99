"""What hangs on plugins, counted for all of them at once: as many statements for one plugin as for dozens."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from core.domain.access import Role
from core.store.models import Notification, OutboxTask, PersonGrant, Report, TallyLeaf, Unit, User
from core.store.queries.units import is_on

#: A unit type, a duty's code, a period's key.
TallyKey = tuple[str, str, str]


def tallies(session: Session, campaign_id: int) -> dict[TallyKey, tuple[int, int]]:
    """Obligations that are filed, and reports that wait for review, by unit type, duty and period."""
    key = (TallyLeaf.unit_type, TallyLeaf.duty_code, TallyLeaf.period_key)
    sums = (func.sum(TallyLeaf.units_filed), func.sum(TallyLeaf.reports_waiting))
    rows = session.execute(select(*key, *sums).where(TallyLeaf.campaign_id == campaign_id).group_by(*key))
    return {(kind, code, period): (int(filed), int(waiting)) for kind, code, period, filed, waiting in rows}


@dataclass(frozen=True, slots=True)
class ReportCount:
    """So many reports of a unit type for a duty in a state; `enabled` says whether their units are."""

    unit_type: str
    duty_code: str
    state: str
    enabled: bool
    count: int


def unfinished(session: Session, campaign_id: int) -> list[ReportCount]:
    """The campaign's reports that somebody still has to act on."""
    enabled = is_on().label("enabled")
    key = (Report.unit_type, Report.duty_code, Report.state, enabled)
    rows = session.execute(
        select(*key, func.count(Report.id))
        .join(Unit, Unit.id == Report.unit_id)
        .where(Report.campaign_id == campaign_id, Report.state != "accepted")
        .group_by(*key)
    )
    return [ReportCount(kind, code, state, bool(on), count) for kind, code, state, on, count in rows]


@dataclass(frozen=True, slots=True)
class Post:
    """A unit that a live account reports for."""

    user_id: int
    login: str
    name: str
    unit_type: str
    enabled: bool


def posts(session: Session, unit_types: Collection[str]) -> list[Post]:
    """All posts of the people who have one in a unit of these types."""
    roles = PersonGrant.role.in_((Role.REPORTER, Role.LEAD))
    theirs = (
        select(PersonGrant.user_id)
        .join(Unit, Unit.id == PersonGrant.unit_id)
        .where(roles, Unit.unit_type.in_(sorted(unit_types)))
    )
    rows = session.execute(
        select(User.id, User.login, User.name, Unit.unit_type, is_on().label("enabled"))
        .select_from(PersonGrant)
        .join(User, User.id == PersonGrant.user_id)
        .join(Unit, Unit.id == PersonGrant.unit_id)
        .where(roles, User.disabled_at.is_(None), User.id.in_(theirs))
        .order_by(User.login)
    )
    return [Post(r.id, r.login, r.name, r.unit_type, bool(r.enabled)) for r in rows]


def unread(session: Session, folders: Collection[str]) -> int:
    """How many unread notices lead to addresses that begin like this."""
    inside = [Notification.url.startswith(folder, autoescape=True) for folder in folders]
    found = select(func.count(Notification.id)).where(Notification.read_at.is_(None), or_(false(), *inside))
    return session.scalar(found) or 0


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A background job of a plugin that failed again and again and is not tried any more."""

    plugin: str
    job: str
    at: datetime
    error: str


def given_up(session: Session, since: datetime, at_most: int = 500) -> Iterator[GivenUp]:
    """Jobs of plugins that were given up since a moment, the last first."""
    rows = session.execute(
        select(OutboxTask.job, OutboxTask.payload, OutboxTask.failed_at, OutboxTask.error)
        .where(OutboxTask.failed_at >= since)
        .order_by(OutboxTask.failed_at.desc())
        .limit(at_most)
    )
    for job, payload, at, error in rows:
        if isinstance(payload, dict) and "plugin" in payload:
            yield GivenUp(payload["plugin"], payload.get("job", job), at, error)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a plugin's job, as it was owed last."""

    name: str
    done_at: datetime | None
    failed_at: datetime | None


def last_turns(session: Session, plugin: str) -> dict[str, Turn]:
    """The last turn of each job of a plugin, by the job's key."""
    prefix = f"plugin_job:{plugin}:"
    rows: Any = session.execute(
        select(OutboxTask.key, OutboxTask.done_at, OutboxTask.failed_at)
        .where(OutboxTask.job == "plugin_job", OutboxTask.key.startswith(prefix, autoescape=True))
        .order_by(OutboxTask.created_at)
    )
    found = {}
    for key, done_at, failed_at in rows:
        job, _colon, name = key.removeprefix(prefix).partition(":")
        found[job] = Turn(name, done_at, failed_at)
    return found
