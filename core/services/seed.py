"""A world to try the product in: units of every type at every level, accounts for every role, reports in every state.

It knows no unit type: whatever the installed plugins declare is populated. Units and people come through the services;
reports are written in bulk, and the tallies by a recount, since tens of thousands one by one would take minutes.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from core.domain.access import Grant, Reach, Role
from core.domain.campaigns import CampaignFacts
from core.domain.declare import Evidence, UnitKind, UnitType
from core.domain.obligations import Obligation, owed
from core.domain.workflow import State
from core.services import campaigns, closing, people, places, plugins, samples, tallies
from core.services.evidence import Upload, keep
from core.services.people import NewPerson
from core.services.places import NewUnit
from core.services.runtime import runtime
from core.services.transitions import new_id
from core.services.work import Deed, chore
from core.store.models import (
    Blob,
    EvidenceFile,
    FormVersion,
    Notification,
    Region,
    Report,
    ReportStep,
    TallyLeaf,
    TallyMetric,
    Unit,
    User,
)
from core.store.queries import filings
from core.store.queries.units import Place
from core.store.upsert import insert_or_ignore

SAMPLE_FILES = Path(__file__).resolve().parent.parent / "data" / "demo"
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
    reports(campaign, seed, SIZES[size].reporting_cities)
    return [person.login for person in accounts]


def _place(region: Region) -> Place:
    return Place(region.code, region.name, region.level, region.path, region.parent_code)


def _units(world: list[Place], size: Size) -> Iterator[NewUnit]:
    province = next(place for place in world if place.level == "province")
    cities = [place for place in world if place.level == "city"]
    for unit_type in runtime().registry.unit_types.values():
        for kind in unit_type.kinds:
            for place, count in _spread(unit_type, kind, province, cities, world, size):
                yield from _at(unit_type, kind, place, count)


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


def _at(unit_type: UnitType, kind: UnitKind, place: Place, count: int) -> Iterator[NewUnit]:
    for number in range(count):
        mark = _MARKS[number] if count > 1 else ""
        yield NewUnit(
            code=f"{unit_type.key}-{kind.key}-{place.code}-{number + 1}",
            name=f"{place.name}{kind.title.zh}{mark}",
            unit_type=unit_type.key,
            kind=kind.key,
            region_code=place.code,
        )


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


def reports(campaign: CampaignFacts, seed: int, cities: int) -> int:
    """Fill the campaign up to now: most of it done, some waiting, some returned, some missing."""
    now = runtime().clock.now()
    with chore("seed", "demo data") as done:
        regions = list(
            done.session.scalars(select(Region.path).where(Region.level == "city").order_by(Region.code))
        )
        writer = _Writer(done, campaign, seed, now)
        for unit in done.session.scalars(select(Unit).order_by(Unit.id)).all():
            place = next(
                (n for n, path in enumerate(regions[:cities]) if unit.region_path.startswith(path)), None
            )
            if place is not None or unit.region_path.count("/") == 2:
                writer.unit(unit, diligence=0.97 - 0.07 * ((place or 0) % 5))
        writer.flush()
        _write_tallies(done, campaign)
        done.about("seed", campaign.key, reports=writer.count)
        return writer.count


def catch_up() -> None:
    """Close the periods that are past already, and mark the notices of it as read: a demo begins without a flood."""
    with chore("seed", "demo data") as done:
        closing.close_until(done, done.at)
        done.session.flush()
        done.session.execute(update(Notification).values(read_at=done.at))
        done.about("seed", "closings")


def _write_tallies(done: Deed, campaign: CampaignFacts) -> None:
    from_records = tallies.recount(done.session(), campaign)
    leaf_rows, metric_rows = [], []
    for leaf, part in from_records.items():
        key = {name: getattr(leaf, name) for name in leaf.__slots__}
        leaf_rows.append(key | part.tally.counts())
        metric_rows += [key | {"metric": name, "total": total} for name, total in part.metrics.items()]
    if leaf_rows:
        done.session.execute(insert(TallyLeaf), leaf_rows)
    if metric_rows:
        done.session.execute(insert(TallyMetric), metric_rows)


class _Writer:
    """Collects rows of reports, steps and files and writes them in bulk."""

    def __init__(self, done: Deed, campaign: CampaignFacts, seed: int, now: datetime) -> None:
        self.done, self.campaign, self.now = done, campaign, now
        self.rng = random.Random(seed)
        self.rows: dict[type[Any], list[dict[str, Any]]] = {Report: [], ReportStep: [], EvidenceFile: []}
        self.count = 0
        self._samples: dict[tuple[str, str, int], tuple[dict[str, list[str]], dict[str, Any]]] = {}
        self._versions: set[str] = set()
        self._files: dict[str, list[tuple[str, str]]] = {}
        logins = dict(done.session.execute(select(User.login, User.id)).all())
        self.inspector = logins["inspector"]
        self._reporters = {
            unit_type: logins[f"{unit_type}-reporter"] for unit_type in runtime().registry.unit_types
        }
        self._intervals = filings.all_intervals(done.session())
        self._keep_files()

    def _keep_files(self) -> None:
        for path in sorted(SAMPLE_FILES.glob("*.*")):
            with path.open("rb") as stream:
                kept, _refused = keep([Upload(path.name, stream)], Evidence())
            for item in kept:
                stored = item.stored
                row = {"sha256": stored.sha256, "size": stored.size, "media_type": stored.type.media_type}
                insert_or_ignore(self.done.session(), Blob, row | {"created_at": self.done.at})
                self._files.setdefault(stored.type.kind, []).append((stored.sha256, item.name))

    def unit(self, unit: Unit, diligence: float) -> None:
        kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
        for obligation in owed(self.campaign.duties, kind, self._intervals[unit.id], self.campaign.calendar):
            if obligation.period.starts <= self.now.date():
                self._obligation(unit, obligation, diligence)
        if len(self.rows[Report]) > 2000:
            self.flush()

    def _obligation(self, unit: Unit, obligation: Obligation, diligence: float) -> None:
        open_now = obligation.period.ends >= self.now.date()
        for number in range(obligation.needed):
            if self.rng.random() < (0.45 if open_now else diligence):
                self._report(unit, obligation, open_now, number)

    def _report(self, unit: Unit, obligation: Obligation, open_now: bool, number: int) -> None:
        duty, period = obligation.duty, obligation.period
        last = min(period.ends, self.now.date())
        day = period.starts + timedelta(days=self.rng.randrange((last - period.starts).days + 1))
        zone = runtime().clock.zone
        at = datetime(
            day.year, day.month, day.day, self.rng.randint(9, 19), self.rng.randrange(60), tzinfo=zone
        )
        at = min(at, self.now - timedelta(minutes=self.rng.randint(5, 300)))
        late = not open_now and self.rng.random() < 0.05
        if late:
            at = min(obligation.due_at(zone) + timedelta(hours=self.rng.randint(1, 30)), self.now)
            late = at >= obligation.due_at(zone)
        entries, record = self._sample(duty.code, period.key, self.rng.randrange(6), period)
        state = self._state(open_now)
        reporter = self._reporters[unit.unit_type]
        report_id = new_id()
        decided = state in (State.ACCEPTED, State.RETURNED)
        reason = "照片看不清宣传内容，请补充清晰的现场照片" if state == State.RETURNED else ""
        version = 3 if decided else 1
        self.rows[Report].append(
            {
                "id": report_id,
                "campaign_id": self.campaign.id,
                "unit_id": unit.id,
                "unit_type": unit.unit_type,
                "unit_kind": unit.kind,
                "region_code": unit.region_code,
                "region_path": unit.region_path,
                "duty_code": duty.code,
                "period_key": period.key,
                "state": state,
                "version": version,
                "form_version": self._form_version(duty.code),
                "entries": entries,
                "record": record,
                "topics": record.get(duty.covers) or [] if duty.covers else [],
                "late": late,
                "created_at": at,
                "created_by": reporter,
                "submitted_at": at,
                "submitted_by": reporter,
                "claimed_at": at + timedelta(hours=1) if decided else None,
                "claimed_by": self.inspector if decided else None,
                "decided_at": min(at + timedelta(hours=2), self.now) if decided else None,
                "decided_by": self.inspector if decided else None,
                "reason": reason,
            }
        )
        files = list(self._evidence(report_id, unit, duty.evidence, at, reporter))
        self._steps(report_id, at, reporter, state, reason, record, [row["id"] for row in files])
        self.rows[EvidenceFile] += files
        self.count += 1

    def _state(self, open_now: bool) -> State:
        weights = (3, 5, 1) if open_now else (20, 1, 1)
        return self.rng.choices((State.ACCEPTED, State.SUBMITTED, State.RETURNED), weights)[0]

    def _sample(
        self, code: str, period_key: str, number: int, period: Any
    ) -> tuple[dict[str, list[str]], Any]:
        known = self._samples.get((code, period_key, number))
        if known is None:
            form = runtime().registry.form(code)
            assert form is not None, f"{code} was declared a moment ago"
            known = self._samples[code, period_key, number] = samples.record(form, period.span, number)
        return known

    def _form_version(self, code: str) -> str:
        duty = self.campaign.duty(code)
        assert duty is not None
        version = duty.schema.version
        if version not in self._versions:
            self._versions.add(version)
            row = {"version": version, "schema": duty.schema.to_json()}
            insert_or_ignore(self.done.session(), FormVersion, row)
        return version

    def _evidence(
        self, report_id: str, unit: Unit, rule: Any, at: datetime, reporter: int
    ) -> Iterator[dict[str, Any]]:
        kinds = [kind for kind in rule.kinds if kind in self._files]
        for _number in range(rule.at_least if kinds else 0):
            kind = self.rng.choice(kinds)
            sha256, name = self.rng.choice(self._files[kind])
            yield {
                "id": new_id(),
                "report_id": report_id,
                "unit_id": unit.id,
                "unit_type": unit.unit_type,
                "region_path": unit.region_path,
                "sha256": sha256,
                "name": name,
                "kind": kind,
                "added_at": at,
                "added_by": reporter,
            }

    def _steps(
        self,
        report_id: str,
        at: datetime,
        reporter: int,
        state: State,
        reason: str,
        record: dict[str, Any],
        files: list[str],
    ) -> None:
        form = self.rows[Report][-1]["form_version"]
        clerk, checker = (reporter, "填报员（演示）"), (self.inspector, "督导员（演示）")
        steps: list[tuple[tuple[int, str], str, State, int]] = [(clerk, "submit", State.SUBMITTED, 0)]
        if state in (State.ACCEPTED, State.RETURNED):
            verb = "accept" if state == State.ACCEPTED else "return"
            steps += [(checker, "claim", State.IN_REVIEW, 1), (checker, verb, state, 2)]
        for version, ((user_id, name), action, then, hours) in enumerate(steps, 1):
            submitted = action == "submit"
            self.rows[ReportStep].append(
                {
                    "report_id": report_id,
                    "version": version,
                    "at": min(at + timedelta(hours=hours), self.now),
                    "user_id": user_id,
                    "user_name": name,
                    "action": action,
                    "state": then,
                    "reason": reason if action == "return" else "",
                    "form_version": form if submitted else None,
                    "record": record if submitted else None,
                    "files": files if submitted else None,
                }
            )

    def flush(self) -> None:
        for table, rows in self.rows.items():
            if rows:
                self.done.session.execute(insert(table), rows)
                rows.clear()
        self.done.session.flush()


def weeks_until_phase(day: date, number: int = 2) -> int:
    """By how many weeks the notice's campaign moves so that `day` lies in a phase."""
    phase = campaigns.read_notice()["phases"][number - 1]
    weeks: int = (day - phase["starts"]).days // 7
    return weeks
