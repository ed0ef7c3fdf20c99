"""What several pages look up in the same way, 404 where it is not there."""

from __future__ import annotations

from flask import abort, request

from core.domain.campaigns import CampaignFacts
from core.services import campaigns
from core.store.db import db
from core.store.queries import units
from core.store.queries.units import UnitFilter


def campaign() -> CampaignFacts:
    """The campaign under way."""
    return campaigns.current() or abort(404)


def region_path() -> str | None:
    """The path of the region that the request's filter names; None where it names none."""
    code = request.values.get("region")
    if not code:
        return None
    place = units.place(db.session(), code)
    return place.path if place else abort(404)


def unit_filter() -> UnitFilter:
    """The units page's filter as the request names it."""
    asked = request.values
    state = {"on": True, "off": False}.get(asked.get("state", ""))
    return UnitFilter(region_path(), asked.get("type") or None, asked.get("q", "").strip()[:60], state)
