"""Progress of the units in a scope: the numbers of the office's dashboard, and of a period's closing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.domain import progress
from core.domain.access import Actor, Permission
from core.domain.calendar import Period, periods
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.obligations import Interval
from core.domain.progress import Head, Progress, Sums
from core.domain.tallies import Tally
from core.services import plugins
from core.services.runtime import runtime
from core.services.work import reading
from core.store.queries import dashboard, units
from core.store.queries.units import Place


@dataclass(frozen=True)
class PeriodProgress:
    """How one period of one duty stands."""

    duty: DutyRule
    period: Period
    progress: Progress


@dataclass(frozen=True)
class Overview:
    """The office's dashboard of one region: its sums in every cut, and what lies below it."""

    place: Place
    parents: tuple[Place, ...]
    total: Progress
    regions: tuple[tuple[Place, Progress], ...]
    types: tuple[tuple[str, Progress], ...]
    duties: tuple[tuple[DutyRule, Progress], ...]
    periods: tuple[PeriodProgress, ...]
    metrics: dict[tuple[str, str], int]


def heads(session: Session, prefix: int | None = None, region_path: str | None = None) -> list[Head]:
    """A census of the units in scope whose type is on; region paths are cut to `prefix` characters."""
    registry = runtime().registry
    on = plugins.on()
    return [
        Head(c.region_path, registry.kind_ref(c.unit_type, c.kind), Interval(c.starts, c.ends), c.units)
        for c in units.census(session, region_path, prefix)
        if registry.owner_of_type.get(c.unit_type) in on
    ]


def overview(actor: Actor, campaign: CampaignFacts, region_code: str | None) -> Overview | None:
    """The dashboard of a region in the actor's scope, or of its topmost one; None outside the scope."""
    with reading(actor.scope(Permission.DASHBOARD)) as scoped:
        session = scoped()
        place = _place(session, actor, region_code)
        if place is None:
            return None
        below = units.children(session, place.code)
        duties = campaign.duties_of(plugins.on())
        census = heads(session, _child_prefix(place), place.path)
        sums = _cuts(session, campaign, duties, census, place)
        nothing = Progress()
        return Overview(
            place=place,
            parents=tuple(_parents(session, actor, place)),
            total=sums.get(("all", ""), nothing),
            regions=tuple((p, sums.get(("region", p.path), nothing)) for p in below),
            types=tuple((name, part) for (cut, name), part in sums.items() if cut == "type"),
            duties=tuple((duty, sums.get(("duty", duty.code), nothing)) for duty in duties),
            periods=tuple(by_period(session, campaign, duties, census, place.path)),
            metrics=_metrics(session, campaign, duties, census, place.path),
        )


def _child_prefix(place: Place) -> int:
    """Region codes have six digits: a child's path is longer by one code and a slash."""
    return len(place.path) + 7


def _cuts(
    session: Session, campaign: CampaignFacts, duties: tuple[DutyRule, ...], census: list[Head], place: Place
) -> dict[tuple[str, str], Progress]:
    """Sums of everything, by region below, by unit type and by duty."""
    now = runtime().clock.now()
    sums: Sums[tuple[str, str]] = Sums()
    for owing in progress.owing(duties, campaign.calendar, census, now):
        cuts = _names(owing.head.region_path, owing.head.kind.unit_type, owing.duty.code)
        sums.add(cuts, Progress(owed=owing.owed, due=owing.due))
    due = [(duty.code, period.key) for duty, period in progress.due_periods(duties, campaign.calendar, now)]
    counted = {duty.code for duty in duties}
    on = _types(census)
    for row in dashboard.by_cut(session, campaign.id, place.path, _child_prefix(place), due):
        if row.duty_code in counted and row.unit_type in on:
            cuts = _names(row.region_path, row.unit_type, row.duty_code)
            sums.add(cuts, _filed(row.tally, row.due_filed))
    return sums.totals()


def _types(census: list[Head]) -> set[str]:
    """The unit types that count: those of the census, in which only what is on stands."""
    return {head.kind.unit_type for head in census}


def _metrics(
    session: Session, campaign: CampaignFacts, duties: tuple[DutyRule, ...], census: list[Head], path: str
) -> dict[tuple[str, str], int]:
    counted = {duty.code for duty in duties}
    sums = dashboard.metric_sums(session, campaign.id, path, _types(census))
    return {key: total for key, total in sums.items() if key[0] in counted}


def _names(region_path: str, unit_type: str, duty_code: str) -> Iterator[tuple[str, str]]:
    yield "all", ""
    yield "region", region_path
    yield "type", unit_type
    yield "duty", duty_code


def _filed(tally: Tally, due_filed: int) -> Progress:
    return Progress(
        filed=tally.units_filed,
        done=tally.units_done,
        late=tally.units_late,
        due_filed=due_filed,
        waiting=tally.reports_waiting,
        returned=tally.reports_returned,
        accepted=tally.reports_accepted,
    )


def by_period(
    session: Session,
    campaign: CampaignFacts,
    duties: Iterable[DutyRule],
    census: list[Head],
    region_path: str,
) -> Iterator[PeriodProgress]:
    """How each period that has begun stands, duty by duty."""
    now = runtime().clock.now()
    tallies = dashboard.by_period(session, campaign.id, region_path, _types(census))
    for duty in duties:
        for period in periods(duty.cadence, campaign.calendar):
            owed = progress.owed_in(duty, period, census) if period.starts <= now.date() else 0
            if owed:
                due = progress.is_due(duty, period, now)
                tally = tallies.get((duty.code, period.key), Tally())
                part = Progress(owed=owed, due=owed if due else 0) + _filed(
                    tally, tally.units_filed if due else 0
                )
                yield PeriodProgress(duty, period, part)


def _place(session: Session, actor: Actor, code: str | None) -> Place | None:
    paths = [reach.region_path for reach in actor.scope(Permission.DASHBOARD).reaches]
    if not paths:
        return None
    if code is None:
        own = next((path for path in paths if path is not None), None)
        return units.root(session) if None in paths or own is None else units.place_by_path(session, own)
    place = units.place(session, code)
    if place is None or not any(path is None or place.path.startswith(path) for path in paths):
        return None
    return place


def _parents(session: Session, actor: Actor, place: Place) -> Iterator[Place]:
    for code in place.path.strip("/").split("/")[:-1]:
        parent = _place(session, actor, code)
        if parent is not None:
            yield parent
