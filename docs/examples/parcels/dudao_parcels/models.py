"""The depots' stock of leaflets, one row a depot."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import OwnTables


class Base(OwnTables, DeclarativeBase):
    """Base of the plugin's tables."""

    plugin_key = "parcels"


class Stock(Base):
    """How many leaflets a depot has; `counted` names the events that were taken off already."""

    __tablename__ = "parcels_stock"

    unit_id: Mapped[int] = mapped_column(primary_key=True)
    unit_name: Mapped[str] = mapped_column(String(120))
    leaflets: Mapped[int]
    counted: Mapped[str] = mapped_column(String(100), default="")


def by_unit() -> Select[Any]:
    """Every depot's row."""
    return select(Stock).order_by(Stock.unit_id)
