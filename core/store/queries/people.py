"""Accounts, for the administrator's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.store.models import PersonGrant, Unit, User


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role as the page shows it."""

    role: str
    unit_name: str | None
    region_path: str | None
    unit_types: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    login: str
    name: str
    disabled_at: datetime | None
    grants: tuple[GrantRow, ...]


def list_people(session: Session, words: str, offset: int, limit: int) -> tuple[list[PersonRow], int]:
    """A page of accounts by login."""
    found = (
        [or_(User.login.contains(words, autoescape=True), User.name.contains(words, autoescape=True))]
        if words
        else []
    )
    total = session.scalar(select(func.count(User.id)).where(*found)) or 0
    users = session.execute(
        select(User.id, User.login, User.name, User.disabled_at)
        .where(*found)
        .order_by(User.login)
        .offset(offset)
        .limit(limit)
    ).all()
    grants: defaultdict[int, list[GrantRow]] = defaultdict(list)
    for row in session.execute(
        select(
            PersonGrant.user_id, PersonGrant.role, Unit.name, PersonGrant.region_path, PersonGrant.unit_types
        )
        .outerjoin(Unit, Unit.id == PersonGrant.unit_id)
        .where(PersonGrant.user_id.in_([user.id for user in users]))
        .order_by(PersonGrant.id)
    ):
        types = tuple(row.unit_types) if row.unit_types is not None else None
        grants[row.user_id].append(GrantRow(row.role, row.name, row.region_path, types))
    return [PersonRow(u.login, u.name, u.disabled_at, tuple(grants[u.id])) for u in users], total


def with_role(
    session: Session, roles: Collection[str], *, unit_id: int | None = None, everywhere: bool = False
) -> list[int]:
    """Ids of live accounts that hold one of the roles: for a unit, or `everywhere` without a region's limit."""
    statement = (
        select(PersonGrant.user_id)
        .join(User, User.id == PersonGrant.user_id)
        .where(PersonGrant.role.in_(roles), User.disabled_at.is_(None))
        .distinct()
    )
    if unit_id is not None:
        statement = statement.where(PersonGrant.unit_id == unit_id)
    if everywhere:
        statement = statement.where(PersonGrant.region_path.is_(None))
    return list(session.scalars(statement))
