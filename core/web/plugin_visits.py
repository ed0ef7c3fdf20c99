"""Who looks at what: the visit that a plugin's page, deed or panel is given, and what it may see."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from flask import g, request, url_for

from core.api.pages import Audience, Visit
from core.domain.access import Permission, Scope
from core.domain.calendar import Span
from core.domain.facts import Member, ReportFact
from core.domain.units import UnitFacts
from core.services.plugin_data import PluginData, types_of
from core.store.queries.facts import Sight
from core.store.queries.reports import ReportView
from core.web.context import reader
from core.web.guard import actor

PERMISSIONS: dict[Audience, Permission] = {
    "unit": Permission.REPORT,
    "office": Permission.DASHBOARD,
    "inspector": Permission.REVIEW,
}


def report_fact(found: ReportView, days: Span) -> ReportFact:
    """A report on a page, as a plugin's panel beside it is told of it."""
    return ReportFact(
        id=found.id,
        unit=found.unit,
        duty=found.duty_code,
        period=found.period_key,
        days=days,
        state=found.state,
        version=found.version,
        late=found.late,
        submitted_at=found.submitted_at,
        record=MappingProxyType(dict(found.record or {})),
    )


def page_url(key: str, name: str, **arguments: Any) -> str:
    """The address of a plugin's own page; the unit that somebody with several works for is carried along."""
    return url_for(f"plugin_{key}.{name}", unit=request.args.get("unit"), **arguments)


def links(key: str) -> dict[str, Any]:
    """What templates of plugins may call."""
    return {"url": lambda name, **arguments: page_url(key, name, **arguments)}


def sight(key: str, audience: Audience, below: bool) -> Sight:
    """What may be seen: the own unit, perhaps with all below it, or the person's scope; always of the plugin's types."""
    types = types_of(key)
    if audience == "unit":
        unit: UnitFacts | None = g.get("unit")
        return Sight(Scope(), types, (unit.id,) if unit else (), below)
    return Sight(actor().scope(PERMISSIONS[audience]), types)


def visit(data: PluginData, audience: Audience, **facts: Any) -> Visit:
    unit: UnitFacts | None = facts.pop("unit", None) or (g.get("unit") if audience == "unit" else None)
    report: ReportFact | None = facts.pop("report", None)
    return Visit(
        data=data,
        audience=audience,
        person=actor().name,
        locale=reader(),
        unit=_member(unit) if unit else None,
        report=report,
        query=request.args.to_dict(),
        form=request.form.to_dict(flat=False),
        **facts,
    )


def _member(unit: UnitFacts) -> Member:
    return Member(
        unit.id, unit.code, unit.name, unit.unit_type, unit.kind, unit.region_code, unit.region_name
    )
