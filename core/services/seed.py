"""A world to try the product in: units of every type at every level, accounts for every role, reports in every state.

It knows no unit type: whatever the installed plugins declare is populated, through the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from core.domain.access import Grant, Reach, Role
from core.domain.declare import UnitKind, UnitType
from core.services import campaigns, closing, people, places, plugins, seed_reports
from core.services.people import NewPerson
from core.services.places import NewUnit
from core.services.runtime import runtime
from core.services.work import chore
from core.store.models import Notification, Region
from core.store.queries.units import Place

#: Units of a kind in one region are told apart by these.
_MARKS = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True)
class Size:
    """How big a world: front-line units in a county, counties a city, and how many cities report."""

    counties: int
    a_county: int
    middle: int
    reporting_cities: int


SIZES = {"small": Size(2, 1, 2, 18), "province": Size(99, 6, 4, 18)}


def everything(
    password: str, *, size: str = "small", weeks_later: int = 0, fixture: bool = False, seed: int = 1
) -> list[str]:
    """Set up regions, plugins, campaign, units, accounts and reports in an empty database; answers with the logins."""
    registry = runtime().registry
    plugins.enable_all(registry.plugins)
    places.import_regions()
    campaigns.publish(campaigns.read_notice(), weeks_later=weeks_later)
    campaign = campaigns.current()
    assert campaign is not None, "just published"
    with chore("seed", "demo data") as done:
        world = [_place(region) for region in done.session.scalars(select(Region).order_by(Region.code))]
        done.about("seed", size)
    new_units = list(_units(world, SIZES[size]))
    ids = places.add_units(new_units, campaign.calendar.span.starts, "演示数据")
    accounts = list(_accounts(new_units, ids, world, password))
    if fixture:
        accounts += _fixture_accounts(new_units, ids, world, password)
    people.add_people(accounts, known_password=True)
    seed_reports.fill(campaign, seed, SIZES[size].reporting_cities)
    return [person.login for person in accounts]


def _place(region: Region) -> Place:
    return Place(region.code, region.name, region.level, region.path, region.parent_code)


def _units(world: list[Place], size: Size) -> Iterator[NewUnit]:
    province = next(place for place in world if place.level == "province")
    cities = [place for place in world if place.level == "city"]
    for unit_type in runtime().registry.unit_types.values():
        above: dict[str, str] = {}
        for kind in unit_type.kinds:
            here: dict[str, str] = {}
            for place, count in _spread(unit_type, kind, province, cities, world, size):
                for unit in _at(unit_type, kind, place, count, above | here):
                    yield unit
                    here.setdefault(place.code, unit.code)
            if not kind.front_line:
                above |= here


def _spread(
    unit_type: UnitType, kind: UnitKind, province: Place, cities: list[Place], world: list[Place], size: Size
) -> Iterator[tuple[Place, int]]:
    """Where units of a kind stand: the first of several kinds above, front-line kinds in counties, others in cities."""
    first = len(unit_type.kinds) > 2 and kind is unit_type.kinds[0]
    if first:
        yield province, 1
        return
    if kind.front_line:
        for city in cities:
            yield from ((county, size.a_county) for county in _counties(city, world)[: size.counties])
        return
    alone = len(unit_type.kinds) == 1
    for city in cities:
        yield city, 1 if alone else size.middle
        if alone:
            yield from (
                (county, 1) for county in _counties(city, world)[: size.counties] if county is not city
            )


def _counties(city: Place, world: list[Place]) -> list[Place]:
    """The counties of a city; one without any is its own."""
    return [place for place in world if place.parent_code == city.code] or [city]


def _at(
    unit_type: UnitType, kind: UnitKind, place: Place, count: int, above: dict[str, str]
) -> Iterator[NewUnit]:
    """Units of a kind in a place, below the nearest unit above: the same place's, else its city's or province's."""
    for number in range(count):
        mark = _MARKS[number] if count > 1 else ""
        yield NewUnit(
            code=f"{unit_type.key}-{kind.key}-{place.code}-{number + 1}",
            name=f"{place.name}{kind.title.zh}{mark}",
            unit_type=unit_type.key,
            kind=kind.key,
            region_code=place.code,
            parent=next((above[code] for code in _upwards(place) if code in above), None),
        )


def _upwards(place: Place) -> list[str]:
    """The place's region code and those above it, the nearest first."""
    return place.path.strip("/").split("/")[::-1]


def busiest(unit_type: UnitType) -> UnitKind:
    """The kind with the most duties: what a demo account of the type is given."""
    counts = {
        kind.key: sum(kind in duty.who for duty in unit_type.duties if isinstance(duty.who, tuple))
        for kind in unit_type.kinds
    }
    return max(unit_type.kinds, key=lambda kind: counts[kind.key])


def home_city(world: list[Place]) -> Place:
    """Where demo accounts live: the first city."""
    return next(place for place in world if place.level == "city")


def _accounts(
    new_units: list[NewUnit], ids: dict[str, int], world: list[Place], password: str
) -> Iterator[NewPerson]:
    city = home_city(world)

    def person(login: str, name: str, role: Role, reach: Reach | None = None) -> NewPerson:
        return NewPerson(login, name, password, (Grant(role, reach or Reach()),))

    yield person("office", "省联席办（演示）", Role.OFFICE)
    yield person("inspector", "督导员（演示）", Role.INSPECTOR)
    yield person("auditor", "审计员（演示）", Role.AUDITOR)
    yield person("admin", "系统管理员（演示）", Role.ADMIN)
    yield person("zz-office", f"{city.name}联席办（演示）", Role.OFFICE, Reach(region_path=city.path))
    for unit_type in runtime().registry.unit_types.values():
        unit = _first(new_units, unit_type.key, busiest(unit_type).key, city.code[:4])
        reach = Reach(unit_id=ids[unit.code])
        yield person(f"{unit_type.key}-reporter", f"{unit_type.title.zh}填报员（演示）", Role.REPORTER, reach)
        yield person(f"{unit_type.key}-lead", f"{unit_type.title.zh}负责人（演示）", Role.LEAD, reach)


def _first(new_units: Iterable[NewUnit], unit_type: str, kind: str, region: str) -> NewUnit:
    """The first unit of a kind in a region, or anywhere."""
    of_kind = [unit for unit in new_units if (unit.unit_type, unit.kind) == (unit_type, kind)]
    return next((unit for unit in of_kind if unit.region_code.startswith(region)), of_kind[0])


def _fixture_accounts(
    new_units: list[NewUnit], ids: dict[str, int], world: list[Place], password: str
) -> Iterator[NewPerson]:
    """One account for each actor of the access matrix (check Z1)."""
    home, away = [place for place in world if place.level == "city"][:2]
    county = _counties(home, world)[0]

    def clerk(login: str, unit: NewUnit, role: Role = Role.REPORTER) -> NewPerson:
        return NewPerson(login, login, password, (Grant(role, Reach(unit_id=ids[unit.code])),))

    def official(login: str, role: Role, path: str | None, *only: str) -> NewPerson:
        reach = Reach(region_path=path, unit_types=frozenset(only) or None)
        return NewPerson(login, login, password, (Grant(role, reach),))

    yield official("fx-inspector-inside", Role.INSPECTOR, home.path)
    yield official("fx-inspector-outside", Role.INSPECTOR, away.path)
    yield official("fx-office-county", Role.OFFICE, county.path)
    yield official("fx-office-city", Role.OFFICE, home.path)
    yield official("fx-office-province", Role.OFFICE, None)
    yield official("fx-auditor", Role.AUDITOR, None)
    yield official("fx-admin", Role.ADMIN, None)
    types = list(runtime().registry.unit_types.values())
    if not types:
        return
    several = next((t for t in types if len(t.kinds) > 2), types[0])
    other = next((t for t in types if t is not several), several)
    kind = busiest(several)
    yield official("fx-inspector-type", Role.INSPECTOR, None, several.key)
    unit = _first(new_units, several.key, kind.key, home.code[:4])
    siblings = [u for u in new_units if (u.unit_type, u.kind) == (several.key, kind.key) and u is not unit]
    yield clerk("fx-clerk", unit)
    yield clerk("fx-lead", unit, Role.LEAD)
    yield clerk("fx-clerk-sibling", _first(siblings, several.key, kind.key, home.code[:4]))
    yield clerk("fx-clerk-parent", _first(new_units, several.key, several.kinds[0].key, home.code[:4]))
    yield clerk("fx-clerk-other-type", _first(new_units, other.key, busiest(other).key, home.code[:4]))
    yield clerk("fx-clerk-other-region", _first(new_units, several.key, kind.key, away.code[:4]))
    yield clerk("fx-clerk-disabled-unit", siblings[-1])
    yield clerk("fx-disabled", unit)


def catch_up() -> None:
    """Close the periods that are past already, and mark the notices of it as read: a demo begins without a flood."""
    with chore("seed", "demo data") as done:
        closing.close_until(done, done.at)
        done.session.flush()
        done.session.execute(update(Notification).values(read_at=done.at))
        done.about("seed", "closings")


def weeks_until_phase(day: date, number: int = 2) -> int:
    """By how many weeks the notice's campaign moves so that `day` lies in a phase."""
    phase = campaigns.read_notice()["phases"][number - 1]
    weeks: int = (day - phase["starts"]).days // 7
    return weeks
