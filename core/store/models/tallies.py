"""Tallies: small rows at the leaves, changed in the transaction of each transition, added up by dashboards."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, literal
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.scope import Scoped


class _Leaf(Scoped):
    unit_id = None  # type: ignore[assignment]  # a leaf sums many units

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    region_path: Mapped[str] = mapped_column(String(60), primary_key=True)
    unit_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit_kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    duty_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    period_key: Mapped[str] = mapped_column(String(20), primary_key=True)

    @classmethod
    def unit_column(cls) -> ColumnElement[int]:
        """No leaf belongs to one unit: a reach of one unit opens none."""
        return literal(0)


class TallyLeaf(_Leaf, Base):
    """The counts of a leaf; see `core.domain.tallies.Tally` for their meaning."""

    __tablename__ = "tally"

    units_filed: Mapped[int] = mapped_column(default=0)
    units_done: Mapped[int] = mapped_column(default=0)
    units_late: Mapped[int] = mapped_column(default=0)
    reports_waiting: Mapped[int] = mapped_column(default=0)
    reports_returned: Mapped[int] = mapped_column(default=0)
    reports_accepted: Mapped[int] = mapped_column(default=0)


class TallyMetric(_Leaf, Base):
    """The sum of one metric over a leaf's accepted reports, in the metric's smallest unit."""

    __tablename__ = "tally_metric"

    metric: Mapped[str] = mapped_column(String(60), primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
