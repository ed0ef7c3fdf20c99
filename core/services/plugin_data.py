"""The `Data` that a plugin is given: facts within a scope and of its own unit types, and its own rows.

It has a session of its own, closed when the plugin's function is over, so that a plugin left behind by the time
budget can read and write nothing more. Writing is recorded here and applied in the transaction of a deed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from core.api.data import ReadOnly
from core.domain.access import Everything, Role
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule, KindRef
from core.domain.errors import Conflict, Missing
from core.domain.facts import CampaignDays, Member, Owed, Region, ReportFact
from core.domain.obligations import Filing, Interval, owed, standing
from core.domain.progress import is_due
from core.domain.text import Text, Titled, as_text
from core.services import campaigns, notices, plugins
from core.services.runtime import runtime
from core.services.work import Deed
from core.store.lending import Lent
from core.store.own_rows import OwnRows
from core.store.queries import facts, people, reports
from core.store.queries.facts import Sight


@dataclass(frozen=True, slots=True)
class _Telling:
    unit: Member
    title: Text
    body: Text
    page: str


class PluginData:
    """What one call of a plugin reads and hands over; see `core.api.data.Data`."""

    def __init__(self, plugin: str, sight: Sight, *, read_only: bool) -> None:
        self.plugin = plugin
        declared = runtime().registry.plugins[plugin].tables
        self.rows = OwnRows(declared.metadata if declared else None, ReadOnly if read_only else None)
        self._sight = sight
        self._read_only = read_only
        self._campaign = campaigns.current()
        self._clock = runtime().clock
        self._registry = runtime().registry
        self._on = plugins.on()
        self._lent = Lent(Everything("cut to what the plugin may see by each query here"))
        self._told: list[_Telling] = []

    @property
    def now(self) -> datetime:
        return self._clock.now()

    @property
    def today(self) -> date:
        return self._clock.today()

    @property
    def campaign(self) -> CampaignDays | None:
        found = self._campaign
        return CampaignDays(found.title, found.calendar.span, found.calendar.phases) if found else None

    def units(self, *, region: str | None = None) -> tuple[Member, ...]:
        with self._lent as session:
            return tuple(facts.members(session, self._sight, region))

    def regions(self) -> Mapping[str, Region]:
        with self._lent as session:
            return {region.code: region for region in facts.regions(session)}

    def reports(
        self,
        *duties: str,
        unit: int | None = None,
        states: Sequence[str] = ("submitted", "in_review", "accepted"),
        at_most: int = 2000,
    ) -> tuple[ReportFact, ...]:
        if self._campaign is None:
            return ()
        wanted = facts.Wanted(duties, unit, tuple(states), min(at_most, 10_000))
        with self._lent as session:
            return tuple(facts.reports(session, self._campaign, self._sight, wanted))

    def owed(self, unit: int) -> tuple[Owed, ...]:
        with self._lent as session:
            seen = facts.unit(session, self._sight, unit)
            if seen is None:
                raise Missing
            if self._campaign is None:
                return ()
            filed = facts.filings(reports.of_unit(session, self._campaign.id, unit))
        kind = self._registry.kind_ref(seen.unit_type, seen.kind)
        return tuple(
            self._owed(self._campaign, self._campaign.duties_of(self._on), kind, seen.intervals, filed)
        )

    def due(self, duty: str) -> Mapping[int, tuple[Owed, ...]]:
        if self._campaign is None:
            return {}
        duties = [rule for rule in self._campaign.duties_of(self._on) if rule.code == duty]
        with self._lent as session:
            intervals = facts.intervals(session, self._sight)
            filed = facts.filings_of(session, self._campaign.id, self._sight, duty)
            members = list(facts.members(session, self._sight))
        found = {
            unit.id: tuple(self._owed(self._campaign, duties, kind, intervals[unit.id], filed[unit.id]))
            for unit in members
            for kind in [self._registry.kind_ref(unit.unit_type, unit.kind)]
        }
        return {unit: owes for unit, owes in found.items() if owes}

    def _owed(
        self,
        campaign: CampaignFacts,
        duties: Iterable[DutyRule],
        kind: KindRef,
        intervals: Sequence[Interval],
        filed: Mapping[tuple[str, str], Sequence[Filing]],
    ) -> Iterator[Owed]:
        now = self.now
        for item in owed(duties, kind, intervals, campaign.calendar):
            how = standing(item.duty, item.needed, filed.get(item.key, ()))
            yield Owed(
                duty=item.duty.code,
                period=item.period.key,
                days=item.period.span,
                needed=item.needed,
                filed=how.filed,
                accepted=how.accepted,
                late=how.late,
                due=is_due(item.duty, item.period, now),
            )

    def tell(self, unit: Member, title: Titled, body: Titled = "", *, page: str = "") -> None:
        if self._read_only:
            raise ReadOnly("a page only shows: tell somebody in a deed, a job, an event or a command")
        with self._lent as session:
            if facts.unit(session, self._sight, unit.id) is None:
                raise Missing
        self._told.append(_Telling(unit, as_text(title), as_text(body), page))

    def close(self) -> None:
        self.rows.close()
        self._lent.take_back()

    def apply(self, done: Deed, key: str) -> None:
        """Write what was handed over, in a deed. `key` makes a notice reach a person once."""
        try:
            self.rows.apply(done.session())
        except (IntegrityError, StaleDataError) as error:
            raise Conflict(
                Text(
                    "这些内容在您打开之后已被更改，请核对最新内容后再操作",
                    "This was changed after you opened it; check the latest content and try again",
                )
            ) from error
        for number, telling in enumerate(self._told):
            whom = people.with_role(done.session(), [Role.REPORTER, Role.LEAD], unit_id=telling.unit.id)
            path = f"/u/{self.plugin}/{telling.page}" if telling.page else f"/u/{telling.unit.unit_type}/"
            notices.send(
                done,
                whom,
                key=f"plugin:{self.plugin}:{key}:{number}"[:200],
                title=telling.title,
                body=telling.body,
                url=f"{path}?unit={telling.unit.id}",
                tone="info",
            )


@contextmanager
def lent(plugin: str, sight: Sight, *, read_only: bool = False) -> Iterator[PluginData]:
    """Data for the length of one call."""
    data = PluginData(plugin, sight, read_only=read_only)
    try:
        yield data
    finally:
        data.close()


def whole_sight(plugin: str) -> Sight:
    """What a plugin's own jobs, events and commands see: all units of its types, of all types where it has none."""
    declared = runtime().registry.plugins[plugin].unit_types
    return Sight(Everything("the plugin's own work"), types_of(plugin) if declared else None)


def types_of(plugin: str) -> frozenset[str] | None:
    """The keys of a plugin's unit types; None for a plugin whose duties bind units of all types."""
    declared = runtime().registry.plugins[plugin].unit_types
    return frozenset(unit_type.key for unit_type in declared) or None
