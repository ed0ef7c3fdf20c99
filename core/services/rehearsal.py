"""The rehearsal of switching a plugin: what would disappear, freeze and be orphaned, or come back, before it happens.

Both states are computed by the same rules, with the plugin on and with it off; what is shown is the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

from sqlalchemy.orm import Session

from core.domain.access import Everything
from core.domain.calendar import periods
from core.domain.campaigns import CampaignFacts, ClauseFacts
from core.domain.declare import Plugin
from core.domain.duties import DutyRule
from core.domain.errors import Missing
from core.domain.text import Text
from core.services import campaigns, clauses, plugin_parts, plugin_work, plugins
from core.services.plugin_parts import Parts
from core.services.plugin_work import Place, Work
from core.services.runtime import runtime
from core.services.work import reading
from core.store.queries import plugin_work as queries

#: So many names are listed.
NAMES = 50


@dataclass(frozen=True)
class PagePlace:
    """A page that is there only while the plugin is on."""

    title: Text
    address: str


@dataclass(frozen=True)
class DutyLine:
    """A duty, how many of its obligations under way are not filed, and how many units it binds.

    `unit_type` is given where only this type's units are meant: a duty of another plugin that they owe.
    """

    duty: DutyRule
    unit_type: str | None
    open: int
    units: int


@dataclass(frozen=True)
class FrozenLine:
    """Unfinished reports for a duty, of one unit type or of all, by what they wait for."""

    duty: DutyRule
    unit_type: str | None
    draft: int
    returned: int
    submitted: int
    in_review: int


@dataclass(frozen=True)
class Person:
    """Somebody whose every unit is of the plugin's types: nothing is left on the own page."""

    login: str
    name: str


@dataclass(frozen=True)
class Rehearsal:
    """What switching would change; `on` is what the plugin would become, and then all of it comes back.

    `duties` are the plugin's own, `others` those of other plugins that its units owe. `clauses` are answered by
    nobody without it. `joining` are its duties that the campaign under way does not have; `joins` says whether they
    join it by being switched on.
    """

    key: str
    on: bool
    pages: tuple[PagePlace, ...]
    parts: Parts
    hooks: tuple[Text, ...]
    duties: tuple[DutyLine, ...]
    others: tuple[DutyLine, ...]
    frozen: tuple[FrozenLine, ...]
    clauses: tuple[ClauseFacts, ...]
    people: int
    first: tuple[Person, ...]
    notices: int
    joining: tuple[DutyRule, ...]
    joins: bool

    @property
    def menu(self) -> tuple[Text, ...]:
        return tuple(page.title for page in self.parts.pages if page.menu)

    @property
    def obligations(self) -> int:
        """Obligations under way and not filed that are no longer owed, or owed again."""
        return sum(line.open for line in (*self.duties, *self.others))

    @property
    def begun(self) -> int:
        """Reports that their units cannot go on with."""
        return sum(line.draft + line.returned for line in self.frozen)

    @property
    def waiting(self) -> int:
        """Reports that nobody can decide on."""
        return sum(line.submitted + line.in_review for line in self.frozen)


def rehearse(key: str) -> Rehearsal:
    """What switching a plugin the other way would change. Raises Missing where it is not installed."""
    if key not in runtime().registry.plugins:
        raise Missing
    with reading(Everything("switching a plugin concerns everybody")) as session:
        return _rehearse(session(), key)


def _rehearse(session: Session, key: str) -> Rehearsal:
    now_on, joining = plugins.on(), campaigns.missing_duties(key)
    without, with_it = now_on - {key}, now_on | {key}
    work = plugin_work.load(session)
    joins = bool(joining) and key not in now_on and _is_open(work.campaign)
    if joins and work.campaign is not None:
        work = replace(work, campaign=_joined(work.campaign, joining))
    duties = list(_duties(work, key, without, with_it))
    people = _people(session, key, without, with_it)
    parts = plugin_parts.of(key)
    return Rehearsal(
        key=key,
        on=key not in now_on,
        pages=(*_pages(key), *(PagePlace(page.title, f"/u/{key}{page.rule}") for page in parts.pages)),
        parts=parts,
        hooks=plugin_parts.answered(key)[1:],
        duties=tuple(line for line in duties if line.unit_type is None),
        others=tuple(line for line in duties if line.unit_type is not None),
        frozen=tuple(_frozen(work, key, without, with_it)),
        clauses=tuple(_clauses(work.campaign, without, with_it)),
        people=len(people),
        first=tuple(people[:NAMES]),
        notices=queries.unread(session, [f"/u/{name}/" for name in {key, *_types(key)}]),
        joining=joining,
        joins=joins,
    )


def _is_open(campaign: CampaignFacts | None) -> bool:
    return campaign is not None and runtime().clock.today() <= campaign.calendar.span.ends


def _joined(campaign: CampaignFacts, joining: tuple[DutyRule, ...]) -> CampaignFacts:
    """The campaign as it is once duties have joined it; as it is now where one of them does not fit into it."""
    since = max(runtime().clock.today(), campaign.calendar.span.starts)
    new = [replace(rule, cadence=replace(rule.cadence, since=since)) for rule in joining]
    try:
        for rule in new:
            periods(rule.cadence, campaign.calendar)
    except (IndexError, ValueError):
        return campaign
    return replace(campaign, duties=(*campaign.duties, *new))


def declared(plugin: Plugin) -> tuple[str, ...]:
    """The codes of a plugin's duties."""
    of_types = (duty for unit_type in plugin.unit_types for duty in unit_type.duties)
    return tuple(duty.code for duty in (*plugin.duties, *of_types))


def _types(key: str) -> list[str]:
    return [unit_type.key for unit_type in runtime().registry.plugins[key].unit_types]


def _pages(key: str) -> Iterator[PagePlace]:
    """The core's own pages of the plugin's unit types begin here."""
    for unit_type in runtime().registry.plugins[key].unit_types:
        title = unit_type.title
        yield PagePlace(
            Text(f"{title.zh}的任务页和填报页", f"Tasks and report forms of {title.pick('en')}"),
            f"/u/{unit_type.key}/",
        )


def _duties(work: Work, key: str, without: frozenset[str], with_it: frozenset[str]) -> Iterator[DutyLine]:
    change = work.open(with_it) - work.open(without)
    own_types = _types(key)
    for duty in work.campaign.duties_of(with_it) if work.campaign else ():
        open_by_type = {place[1]: count for place, count in change.items() if place[0] == duty.code}
        units = work.units(duty, with_it) - work.units(duty, without)
        if duty.plugin == key:
            yield DutyLine(duty, None, sum(open_by_type.values()), units)
        elif units:
            # A duty of another plugin loses the units of these types alone; one type is the rule.
            shown = own_types[0] if len(own_types) == 1 else ""
            yield DutyLine(duty, shown, sum(open_by_type.values()), units)


def _frozen(work: Work, key: str, without: frozenset[str], with_it: frozenset[str]) -> Iterator[FrozenLine]:
    lines: dict[Place, dict[str, int]] = {}
    change = work.movable(with_it) - work.movable(without)
    own = {duty.code: duty for duty in work.campaign.duties} if work.campaign else {}
    for ((code, unit_type), state), count in change.items():
        # The office's list of an own duty shows all types, that of another plugin's duty the one type.
        line = lines.setdefault((code, "" if own[code].plugin == key else unit_type), {})
        line[state] = line.get(state, 0) + count
    order = {code: number for number, code in enumerate(own)}
    for (code, unit_type), counts in sorted(lines.items(), key=lambda item: (order[item[0][0]], item[0][1])):
        counted = [counts.get(state, 0) for state in ("draft", "returned", "submitted", "in_review")]
        yield FrozenLine(own[code], unit_type or None, *counted)


def _clauses(
    campaign: CampaignFacts | None, without: frozenset[str], with_it: frozenset[str]
) -> Iterator[ClauseFacts]:
    """The clauses that nobody answers without the plugin."""
    if campaign is not None:
        more, less = campaign.duties_of(with_it), campaign.duties_of(without)
        for clause in campaign.clauses:
            answered = clauses.coverage(clause, more) == "covered"
            if answered and clauses.coverage(clause, less) == "uncovered":
                yield clause


def _people(session: Session, key: str, without: frozenset[str], with_it: frozenset[str]) -> list[Person]:
    """Who has a unit to report for only while the plugin is on."""
    owner = runtime().registry.owner_of_type
    working: dict[int, Person] = {}
    still: set[int] = set()
    for post in queries.posts(session, _types(key)):
        if post.enabled and owner.get(post.unit_type) in with_it:
            working[post.user_id] = Person(post.login, post.name)
        if post.enabled and owner.get(post.unit_type) in without:
            still.add(post.user_id)
    return sorted((who for user, who in working.items() if user not in still), key=attrgetter("login"))
