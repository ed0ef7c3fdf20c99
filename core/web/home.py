"""The first page of each role, and the signs of life."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.services import health
from core.services.runtime import runtime
from core.services.work import reading
from core.store.queries import units
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("home", __name__)


@route(bp, "/", Permission.SIGNED_IN)
def index() -> Response | str:
    """Where the person's work is: the own unit first, then review, dashboard, audit, people."""
    who = actor()
    if who.may(Permission.REPORT):
        return _to_unit()
    for permission, endpoint in (
        (Permission.REVIEW, "review.queue"),
        (Permission.DASHBOARD, "office.dashboard"),
        (Permission.AUDIT, "audit.index"),
        (Permission.PEOPLE, "people.index"),
    ):
        if who.may(permission):
            return redirect(url_for(endpoint))
    return render_template("home/nothing.html", reason=None, unit=None)


def _to_unit() -> Response | str:
    with reading(actor().scope(Permission.REPORT)) as session:
        own = units.several(session(), actor().unit_ids)
    for unit in own:
        owner = runtime().registry.owner_of_type.get(unit.unit_type)
        if unit.enabled and owner in g.plugins_on:
            return redirect(
                url_for("unit.home", unit_type=unit.unit_type, unit=unit.id if len(own) > 1 else None)
            )
    if not own:
        return render_template("home/nothing.html", reason=None, unit=None)
    known = own[0].unit_type in runtime().registry.owner_of_type
    reason = "unit_off" if not own[0].enabled else "type_off" if known else "type_gone"
    return render_template("home/nothing.html", reason=reason, unit=own[0])


@route(bp, "/healthz", Permission.PUBLIC)
def healthz() -> tuple[str, int, dict[str, str]]:
    """Alive; says nothing else to strangers."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


@route(bp, "/readyz", Permission.PUBLIC)
def readyz() -> tuple[str, int, dict[str, str]]:
    """Ready to serve: the database answers."""
    if not health.database_answers():
        abort(503)
    return "ready\n", 200, {"Content-Type": "text/plain"}
