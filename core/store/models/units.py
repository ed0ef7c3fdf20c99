"""Regions and units."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.scope import Scoped


class Region(Base):
    """A province, city or county-level region (GB/T 2260). `path` holds its codes from the top, ``/410000/410100/``.

    Its centre (degrees, WGS 84) is known for some, usually cities: a hint where a photograph may have been taken.
    """

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[str] = mapped_column(String(10))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)
    path: Mapped[str] = mapped_column(String(60), unique=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class Unit(Scoped, Base):
    """A member unit, in a region and in the unit tree. It is enabled while one of its intervals is open."""

    __tablename__ = "unit"
    __table_args__ = (Index("unit_place", "region_path", "unit_type", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id = None  # type: ignore[assignment]  # a unit is its own unit
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    unit_type: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    region_path: Mapped[str] = mapped_column(String(60))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)

    @classmethod
    def unit_column(cls) -> Mapped[int]:
        return cls.id


class UnitInterval(Base):
    """Days on which a unit is enabled, from `starts` up to and without `ends`; open while `ends` is empty."""

    __tablename__ = "unit_interval"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    starts: Mapped[date]
    ends: Mapped[date | None]
    enabled_reason: Mapped[str] = mapped_column(String(500), default="")
    disabled_reason: Mapped[str] = mapped_column(String(500), default="")
