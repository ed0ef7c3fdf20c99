"""People, what they may do, their sessions and failed logins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.store.db import Base
from core.store.types import Instant


class User(Base):
    """A person's account."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    grants: Mapped[list[PersonGrant]] = relationship(lazy="raise", cascade="all, delete-orphan")


class PersonGrant(Base):
    """A role of a person, for a unit, a region's subtree, or everywhere; perhaps for some unit types only."""

    __tablename__ = "person_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[str | None] = mapped_column(String(60))
    unit_types: Mapped[list[str] | None] = mapped_column(JSON)


class LoginSession(Base):
    """A signed-in browser. Only a hash of its secret is kept; ending the row ends the session at once."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    address: Mapped[str] = mapped_column(String(60))
    agent: Mapped[str] = mapped_column(String(200))


class LoginAttempt(Base):
    """A password that was checked and failed; counted by account and by address to slow down guessing."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("login_attempt_account", "account", "at"),
        Index("login_attempt_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(60))
