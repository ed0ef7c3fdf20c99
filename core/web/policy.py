"""What each route asks for. A route without a declared permission stops the start (design idea 7, check Z1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Flask

from core.domain.access import Permission
from core.domain.deeds import DEEDS

View = TypeVar("View", bound=Callable[..., Any])
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ATTRIBUTE = "dudao_policy"


class Undeclared(RuntimeError):
    """A route lacks its permission or audit action; the application must not start."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Permission, audit action of a changing route, whether it is one of a unit type's own pages, and whose plugin's.

    Programs speak to an `api` route: strangers are told 401 instead of being led to the login page. A route with
    `pieces` takes in a file piece by piece: its body may be as large as a file, and a piece that was taken in leaves no
    record, since the file's first and last one leave theirs in their deeds. A refusal leaves its record as ever.
    """

    permission: Permission
    audit: str | None = None
    unit_pages: bool = False
    plugin: str | None = None
    api: bool = False
    pieces: bool = False


def route(
    blueprint: Blueprint,
    rule: str,
    permission: Permission,
    *,
    audit: str | None = None,
    methods: tuple[str, ...] = ("GET",),
    unit_pages: bool = False,
    plugin: str | None = None,
    name: str | None = None,
    api: bool = False,
    pieces: bool = False,
) -> Callable[[View], View]:
    """Register a view with its policy. A changing route names its audit action; a plugin's view has a given `name`."""
    policy = Policy(permission, audit, unit_pages, plugin, api, pieces)

    def register(view: View) -> View:
        if getattr(view, _ATTRIBUTE, policy) != policy:
            raise Undeclared(f"{rule}: its view has another policy already; write one view for each policy")
        setattr(view, _ATTRIBUTE, policy)
        blueprint.add_url_rule(rule, name, view_func=view, methods=list(methods))
        return view

    return register


#: Routes of libraries: style sheets and scripts, the same for everybody.
STATIC = {"static": Policy(Permission.PUBLIC), "bootstrap.static": Policy(Permission.PUBLIC)}


def policies(app: Flask) -> dict[str, Policy]:
    """The policy of every endpoint, read from the router; raises Undeclared naming each that has none."""
    found: dict[str, Policy] = {}
    wrong: list[str] = []
    for rule in app.url_map.iter_rules():
        policy = STATIC.get(rule.endpoint) or getattr(app.view_functions[rule.endpoint], _ATTRIBUTE, None)
        if not isinstance(policy, Policy):
            wrong.append(f"{rule.endpoint} ({rule.rule}): no permission declared")
            continue
        changing = set(rule.methods or ()) - READING
        if changing and policy.audit not in DEEDS:
            wrong.append(
                f"{rule.endpoint} ({rule.rule}): changes something but declares no known audit action"
            )
        found[rule.endpoint] = policy
    if wrong:
        raise Undeclared("; ".join(sorted(wrong)))
    return found
