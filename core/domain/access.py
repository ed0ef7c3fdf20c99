"""Who may do what, and to which records: roles, permissions, scopes. Closed unless declared (design idea 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.domain.text import Text


class Role(StrEnum):
    REPORTER = "reporter"
    LEAD = "lead"
    INSPECTOR = "inspector"
    OFFICE = "office"
    AUDITOR = "auditor"
    ADMIN = "admin"


ROLE_TITLES = {
    Role.REPORTER: Text("填报员", "Reporter"),
    Role.LEAD: Text("单位负责人", "Unit lead"),
    Role.INSPECTOR: Text("督导员", "Inspector"),
    Role.OFFICE: Text("联席办", "Joint-conference office"),
    Role.AUDITOR: Text("审计员", "Auditor"),
    Role.ADMIN: Text("系统管理员", "System administrator"),
}


class Permission(StrEnum):
    """What a route may ask for. PUBLIC needs no login; SIGNED_IN any live account."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    REPORT = "report"
    REVIEW = "review"
    READ_REPORTS = "read_reports"
    READ_FILES = "read_files"
    DASHBOARD = "dashboard"
    SWITCH_UNITS = "switch_units"
    SWITCH_PLUGINS = "switch_plugins"
    REOPEN = "reopen"
    HAND_OVER = "hand_over"
    AUDIT = "audit"
    PEOPLE = "people"


#: Which roles hold a permission. A grant gives it for that grant's scope only.
HOLDERS: dict[Permission, frozenset[Role]] = {
    Permission.REPORT: frozenset({Role.REPORTER, Role.LEAD}),
    Permission.REVIEW: frozenset({Role.INSPECTOR}),
    Permission.READ_REPORTS: frozenset({Role.OFFICE, Role.INSPECTOR}),
    Permission.READ_FILES: frozenset({Role.REPORTER, Role.LEAD, Role.INSPECTOR, Role.OFFICE}),
    Permission.DASHBOARD: frozenset({Role.OFFICE}),
    Permission.SWITCH_UNITS: frozenset({Role.OFFICE}),
    Permission.SWITCH_PLUGINS: frozenset({Role.OFFICE, Role.ADMIN}),
    Permission.REOPEN: frozenset({Role.OFFICE}),
    Permission.HAND_OVER: frozenset({Role.OFFICE}),
    Permission.AUDIT: frozenset({Role.AUDITOR}),
    Permission.PEOPLE: frozenset({Role.ADMIN}),
}

#: Permissions that only the office of the whole province holds, not a city's or a county's.
WHOLE_CAMPAIGN_ONLY = frozenset({Permission.SWITCH_PLUGINS})


@dataclass(frozen=True, slots=True)
class Reach:
    """Records that a grant opens: own unit, or a region's subtree, or all; perhaps of some unit types only.

    `region_path` ends with a slash, so that a prefix never matches a neighbour. None sets no limit.
    """

    unit_id: int | None = None
    region_path: str | None = None
    unit_types: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The records that an actor may see for one purpose: the union of its reaches. Empty means none."""

    reaches: tuple[Reach, ...] = ()


@dataclass(frozen=True, slots=True)
class Everything:
    """The scope of the product's own work: jobs, checks, commands. `why` is for the reader."""

    why: str


AnyScope = Scope | Everything


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that a person holds, and for what."""

    role: Role
    reach: Reach


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a frozen fact for the length of a request."""

    user_id: int
    name: str
    login: str
    grants: tuple[Grant, ...] = ()
    locale: str | None = None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    @property
    def unit_ids(self) -> frozenset[int]:
        return frozenset(g.reach.unit_id for g in self.grants if g.reach.unit_id is not None)

    def may(self, permission: Permission) -> bool:
        if permission in (Permission.PUBLIC, Permission.SIGNED_IN):
            return True
        return bool(self._granting(permission))

    def scope(self, permission: Permission) -> Scope:
        """What the actor may see for a purpose; empty where the permission is not held."""
        return Scope(tuple(dict.fromkeys(grant.reach for grant in self._granting(permission))))

    def roles_for(self, permission: Permission) -> frozenset[Role]:
        return frozenset(grant.role for grant in self._granting(permission))

    def _granting(self, permission: Permission) -> list[Grant]:
        holders = HOLDERS.get(permission, frozenset())
        return [grant for grant in self.grants if grant.role in holders and _wide_enough(grant, permission)]


def _wide_enough(grant: Grant, permission: Permission) -> bool:
    return permission not in WHOLE_CAMPAIGN_ONLY or grant.role is not Role.OFFICE or grant.reach == Reach()


def covers(scope: AnyScope, *, unit_id: int, region_path: str, unit_type: str) -> bool:
    """Whether one record lies in a scope: the same rule as the query filter, for a record at hand."""
    if isinstance(scope, Everything):
        return True
    return any(_reaches(reach, unit_id, region_path, unit_type) for reach in scope.reaches)


def _reaches(reach: Reach, unit_id: int, region_path: str, unit_type: str) -> bool:
    return (
        (reach.unit_id is None or reach.unit_id == unit_id)
        and (reach.region_path is None or region_path.startswith(reach.region_path))
        and (reach.unit_types is None or unit_type in reach.unit_types)
    )


def titles(roles: Iterable[Role]) -> list[Text]:
    """Role titles in the order of the roles' table."""
    held = set(roles)
    return [title for role, title in ROLE_TITLES.items() if role in held]
