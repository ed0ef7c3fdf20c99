"""The access matrix: actors, targets, and what each cell must answer; typed anew, not asked of the product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Flask
from werkzeug.routing import MapAdapter, Rule

from core.web.policy import Policy
from tests.web.asking import PIECE, TUS, Cell
from tests.web.site import Site
from tests.web.targets import REASON, SPARE, Target, all_targets

#: Which roles hold which permission, from the notice's division of labour (domain.md): a second opinion.
ROLES: dict[str, set[str]] = {
    "report": {"reporter", "lead"},
    "review": {"inspector"},
    "read_reports": {"office", "inspector"},
    "read_files": {"reporter", "lead", "office", "inspector"},
    "dashboard": {"office"},
    "switch_units": {"office"},
    "switch_plugins": {"province", "admin"},
    "reopen": {"office"},
    "hand_over": {"office"},
    "audit": {"auditor"},
    "people": {"admin"},
}
CITY, AWAY, COUNTY = "/410000/410100/", "/410000/410200/", "/410000/410100/410102/"


@dataclass(frozen=True)
class Who:
    """An actor: the roles held, and for which records. `unit` names the login whose unit it is."""

    login: str
    roles: frozenset[str] = frozenset()
    unit: str | None = None
    region: str = "/"
    one_type: bool = False
    state: str = "live"

    @property
    def anonymous(self) -> bool:
        return self.state in ("anonymous", "disabled")


def _clerk(login: str, unit: str | None = None, role: str = "reporter", state: str = "live") -> Who:
    return Who(login, frozenset({role}), unit or login, state=state)


def _official(login: str, role: str, region: str = "/", *, one_type: bool = False) -> Who:
    whole = {"province"} if role == "office" and region == "/" else set()
    return Who(login, frozenset({role, *whole}), region=region, one_type=one_type)


ACTORS = (
    Who("", state="anonymous"),
    _clerk("fx-clerk"),
    _clerk("fx-lead", "fx-clerk", "lead"),
    _clerk("fx-clerk-sibling"),
    _clerk("fx-clerk-parent"),
    _clerk("fx-clerk-other-type"),
    _clerk("fx-clerk-other-region"),
    _clerk("fx-clerk-disabled-unit", state="unit disabled"),
    _clerk("fx-disabled", "fx-clerk", state="disabled"),
    _official("fx-inspector-inside", "inspector", CITY),
    _official("fx-inspector-outside", "inspector", AWAY),
    _official("fx-inspector-type", "inspector", one_type=True),
    _official("fx-office-county", "office", COUNTY),
    _official("fx-office-city", "office", CITY),
    _official("fx-office-province", "office"),
    _official("fx-auditor", "auditor"),
    _official("fx-admin", "admin"),
    _official("office", "office"),
    _official("zz-office", "office", CITY),
    _official("inspector", "inspector"),
    _official("auditor", "auditor"),
    _official("admin", "admin"),
)


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE")
#: What those who may are answered: no deed is done by a post, unless it does no harm.
ANSWERS: dict[str, tuple[dict[str, Any], int]] = {
    "account.logout": ({}, 302),
    "account.language": ({"locale": "zh_Hans_CN"}, 302),
    "account.password": ({}, 422),
    "account.end_session": ({}, 404),
    "account.sign_in": ({"password": "wrong"}, 401),
    "notices.read": ({}, 302),
    "office.reopen": ({"version": "0", "reason": REASON}, 409),
    "office.enable_unit": ({}, 422),
    "office.disable_unit": ({}, 422),
    "switching.enable": ({}, 422),
    "switching.disable": ({}, 422),
    "switching.switch_list": ({}, 422),
    "plugin_admin.enable": ({"reason": REASON}, 409),
    "plugin_admin.disable": ({}, 422),
    "plugin_admin.put_back": ({"reason": REASON}, 409),
    "people.add": ({}, 422),
    "people.disable": ({}, 302),
    "people.enable": ({}, 302),
    "people.reset_password": ({}, 200),
    "review.claim_next": ({"type": "no-such-type"}, 302),
    "review.claim": ({}, 409),
    "review.accept": ({"version": "0"}, 409),
    "review.return_": ({"version": "0", "reason": REASON}, 409),
    "review.release": ({"version": "0"}, 409),
    "bag.upload": ({"do": "add"}, 422),
    "bag.describe": ({}, 302),
    "bag.remove": ({}, 409),
    "bag.cancel": ({}, 409),
    "masks.save": ({}, 422),
    "masks.remove": ({}, 302),
    "files.original": ({}, 422),
    "packs.make": ({}, 422),
    "uploads.create": ({}, 413),
    "uploads.append": ({}, 409),
    "uploads.end": ({}, 410),
    "uploads.instead": ({}, 200),
    "unit.create": ({"do": "save"}, 302),
    "unit.change": ({"do": "save", "version": "0"}, 409),
    "unit.withdraw": ({"version": "0"}, 409),
}
#: Addresses for programs read headers: a file larger than any, the wrong place of one that is whole.
HEADERS = {
    "uploads.create": {**TUS, "Upload-Length": "9" * 18},
    "uploads.append": {**TUS, **PIECE, "Upload-Offset": "1"},
    "uploads.end": TUS,
    "uploads.instead": {**TUS, "X-HTTP-Method-Override": "HEAD"},
    "uploads.offset": TUS,
    "uploads.options": TUS,
}


@dataclass
class Matrix:
    """All cells of a site's router."""

    site: Site
    targets: dict[str, list[Target]]

    @property
    def app(self) -> Flask:
        return self.site.app

    @property
    def policies(self) -> dict[str, Policy]:
        found: dict[str, Policy] = self.app.extensions["dudao_policies"]
        return found

    def cells(self, who: Who) -> Iterator[tuple[Cell, int]]:
        """Every route × method × target with its answer to an actor.

        Whoever may not use a route at all is told so before the target matters: the first target is enough.
        """
        for cell, number in self.all_cells():
            wanted = self.expected(who, cell)
            if number == 0 or wanted not in (302, 401, 403):
                yield cell, wanted

    def all_cells(self) -> Iterator[tuple[Cell, int]]:
        """Every cell with its target's number; signing out comes last, since it ends the actor's session."""
        by_path: dict[str, dict[str, Rule]] = {}
        for rule in self.app.url_map.iter_rules():
            for method in rule.methods or ():
                by_path.setdefault(rule.rule, {}).setdefault(method, rule)
        for path in sorted(by_path, key=lambda path: (path == "/logout", path)):
            yield from self._of_path(by_path[path])

    def _of_path(self, rules: dict[str, Rule]) -> Iterator[tuple[Cell, int]]:
        some = next(iter(rules.values()))
        for number, target in enumerate(self._targets(some)):
            values = {name: value for name, value in target.values.items() if name in some.arguments}
            url = self._router.build(some.endpoint, values)
            for method in METHODS:
                rule = rules.get(method)
                if number and (rule is None or method == "OPTIONS" or (method == "HEAD" and "GET" in rules)):
                    continue  # the router decides these; the target makes no difference
                if rule is not None or not self._router.test(url, method):  # else another path's cell
                    yield self._cell(rule, some, url, method, target), number

    @cached_property
    def _router(self) -> MapAdapter:
        return self.app.url_map.bind("localhost")

    def _cell(self, rule: Rule | None, shape: Rule, url: str, method: str, target: Target) -> Cell:
        if rule is None:
            return Cell(shape.endpoint, method, url, target, {}, 405)
        if method == "OPTIONS":
            return Cell(rule.endpoint, method, url, target, {}, 200)
        data, answer = ({}, 200) if method in ("GET", "HEAD") else ANSWERS[rule.endpoint]
        headers = HEADERS.get(rule.endpoint, {})
        return Cell(rule.endpoint, method, url, target, data, target.answer or answer, headers)

    def _targets(self, rule: Rule) -> list[Target]:
        wanted = frozenset(rule.arguments) - {"unit_type"}
        key = rule.endpoint if rule.endpoint in self.targets else ",".join(sorted(wanted))
        if "unit_type" in rule.arguments and not wanted:
            key = "unit_type"
        assert key in self.targets, f"teach the matrix what to put into {rule.rule}"
        return self.targets[key]

    def expected(self, who: Who, cell: Cell) -> int:
        """The status of a cell, from the declared policy and the tables above."""
        if cell.answer == 405:
            return 405
        refused = self._refused(who, cell)
        if refused or cell.method == "OPTIONS":
            return refused or 200
        if cell.endpoint == "account.login" and not who.anonymous:
            return 302
        if cell.endpoint == "home.index":
            return 200 if who.state == "unit disabled" else 302
        if cell.endpoint == "bag.own":
            return 302
        policy = self.policies[cell.endpoint]
        owners = filter(None, (cell.target.owner, cell.target.beside))
        if not all(self.reaches(who, owner, own_only=policy.unit_pages) for owner in owners):
            return 404
        if cell.target.person not in (None, who.login):
            return 404
        if policy.api and cell.answer != 404 and who.state == "unit disabled":
            return 403  # the address names no unit: whose it is shows only now
        return cell.answer

    def _refused(self, who: Who, cell: Cell) -> int | None:
        """The status with which the gate refuses, whatever the address is about; None where it lets through."""
        policy = self.policies[cell.endpoint]
        permission = policy.permission.value
        if permission == "public":
            return None
        if who.anonymous:
            return 401 if policy.api else 302
        if permission != "signed_in" and not (ROLES[permission] & who.roles):
            return 403
        if policy.unit_pages:
            unit_type = cell.target.values.get("unit_type")
        elif policy.plugin and permission == "report":
            unit_type = (
                policy.plugin
            )  # a bundled plugin with pages for units has one unit type, named as itself
        else:
            return None
        if unit_type != self.site.units[who.unit or ""].unit_type:
            return 404
        return 403 if who.state == "unit disabled" else None

    def reaches(self, who: Who, owner: str, *, own_only: bool) -> bool:
        """Whether a unit's records are the actor's to see."""
        unit = self.site.units[owner]
        if who.unit:
            return self.site.units[who.unit].id == unit.id
        one_type = not who.one_type or unit.unit_type == self.site.units["fx-clerk"].unit_type
        return not own_only and unit.region_path.startswith(who.region) and one_type


def prepare(site: Site, actors: Iterable[Who] = ACTORS) -> Matrix:
    """Sign everybody in, then disable an account and a unit while their sessions are open."""
    for login in (SPARE, *(who.login for who in actors)):
        site.token(login)
    matrix = Matrix(site, all_targets(site))
    site.disable("fx-disabled")
    site.disable_unit(site.units["fx-clerk-disabled-unit"].id, REASON)
    return matrix
