"""What a plugin may read and write: facts within somebody's scope, and the rows of its own tables.

A plugin never holds a transaction. What it wants written it hands over with `put`, `remove` and `tell`; the core
writes all of it in one transaction together with the audit record, after the plugin's function has returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from core.domain.facts import CampaignDays, Member, Owed, Region, ReportFact
from core.domain.text import Titled

Row = TypeVar("Row")


class Rows(Protocol):
    """The rows of the plugin's own tables; a statement may name no other table."""

    def all(self, statement: Any) -> Sequence[Any]:
        """Every row of a `select(…)` of one table, or of columns."""

    def first(self, statement: Any) -> Any:
        """The first row, or None."""

    def get(self, table: type[Row], key: Any) -> Row | None:
        """The row with this primary key, or None."""

    def put(self, row: Any) -> None:
        """Insert the row, or change the one with its key. Raises ReadOnly on a page that only shows."""

    def remove(self, row: Any) -> None:
        """Delete the row. Raises ReadOnly on a page that only shows."""


class Data(Protocol):
    """Facts in the scope of whoever looks, of the plugin's own unit types only."""

    @property
    def now(self) -> datetime:
        """The product's clock, in the campaign's time zone."""

    @property
    def today(self) -> date:
        """The day of `now`."""

    @property
    def campaign(self) -> CampaignDays | None:
        """The campaign under way, or None before the first one."""

    @property
    def rows(self) -> Rows:
        """The plugin's own tables."""

    def units(self, *, region: str | None = None) -> tuple[Member, ...]:
        """The units in scope that are enabled, by region and code; of one region and all below it where one is named."""

    def regions(self) -> Mapping[str, Region]:
        """All regions of the installation by code, to sum figures of units up by what lies above them."""

    def reports(
        self,
        *duties: str,
        unit: int | None = None,
        states: Sequence[str] = ("submitted", "in_review", "accepted"),
        at_most: int = 2000,
    ) -> tuple[ReportFact, ...]:
        """Reports of some duties in this campaign, the newest first, without their files."""

    def owed(self, unit: int) -> tuple[Owed, ...]:
        """What a unit in scope owes in the campaign and how far it has come."""

    def due(self, duty: str) -> Mapping[int, tuple[Owed, ...]]:
        """What each of `units()` owes for one duty, period by period, by the unit's id; those that owe none are left out.

        The same few statements for one unit and for thousands: on a page of many units use it instead of `owed`.
        """

    def tell(self, unit: Member, title: Titled, body: Titled = "", *, page: str = "") -> None:
        """Put a line into the inbox of a unit's people; `page` is the name of an own page to open."""


class ReadOnly(RuntimeError):
    """Something was to be written where only reading is allowed: use a deed, a job, an event or a command."""
