"""What several pages look up in the same way, 404 where it is not there."""

from __future__ import annotations

from flask import abort, request

from core.domain.campaigns import CampaignFacts
from core.services import campaigns
from core.store.db import db
from core.store.queries import units


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
