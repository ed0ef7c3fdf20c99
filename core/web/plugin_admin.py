"""The office's pages of plugins: the matrix, and each plugin's page with rehearsal, switch, health and failures."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.domain.errors import Invalid
from core.services import failures, plugin_health, plugin_parts, plugins, rehearsal
from core.services.plugin_matrix import matrix
from core.services.runtime import runtime
from core.web.context import say
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("plugin_admin", __name__, url_prefix="/office/plugins")
Answer = Response | tuple[str, int]
#: So many failures are listed on a plugin's page.
FAILURES = 20


@route(bp, "", Permission.SWITCH_PLUGINS)
def index() -> str:
    return render_template(
        "office/plugins.html",
        matrix=matrix(),
        quarantined=runtime().registry.quarantined,
        may=_may(),
    )


@route(bp, "/<key>", Permission.SWITCH_PLUGINS)
def show(key: str) -> str:
    return _page(key, "", {})


@route(bp, "/<key>/enable", Permission.SWITCH_PLUGINS, audit="plugin.enable", methods=("POST",))
def enable(key: str) -> Answer:
    return _switch(key, True)


@route(bp, "/<key>/disable", Permission.SWITCH_PLUGINS, audit="plugin.disable", methods=("POST",))
def disable(key: str) -> Answer:
    return _switch(key, False)


@route(bp, "/<key>/put-back", Permission.SWITCH_PLUGINS, audit="plugin.put_back", methods=("POST",))
def put_back(key: str) -> Answer:
    """Call the parked parts again."""
    reason = _reason()
    try:
        failures.put_back(actor(), key, reason)
    except Invalid as error:
        return _page(key, reason, {"put-back": say(error.message)}), 422
    flash(_("已恢复，下一次起照常调用"), "success")
    return redirect(url_for("plugin_admin.show", key=key))


def _switch(key: str, on: bool) -> Answer:
    reason = _reason()
    try:
        plugins.switch(actor(), key, on, reason)
    except Invalid as error:
        return _page(key, reason, {"switch": say(error.message)}), 422
    flash(_("插件已启用") if on else _("插件已停用"), "success")
    return redirect(url_for("plugin_admin.show", key=key))


def _reason() -> str:
    return request.form.get("reason", "")[:500]


def _page(key: str, reason: str, errors: dict[str, str]) -> str:
    """One plugin; `errors` names the form that failed."""
    row = next((row for row in plugins.overview() if row.plugin.key == key), None)
    if row is None:
        abort(404)
    seen = rehearsal.rehearse(key)
    return render_template(
        "office/plugin.html",
        row=row,
        installed=runtime().registry.installed[key],
        rehearsal=seen,
        answered=plugin_parts.answered(key),
        duties=[rule for rule in runtime().registry.duty_rules() if rule.plugin == key],
        jobs=list(plugin_parts.timetable(key, seen.parts.jobs)),
        signs=plugin_health.examine(key),
        failures=failures.recent(key, FAILURES),
        parked=[say(failures.PART_TITLES[part]) for part in plugins.parked_parts(key)],
        may=_may(),
        reason=reason,
        errors=errors,
    )


def _may() -> dict[str, Any]:
    """Which lists the person may open: the administrator switches plugins, but does not read reports."""
    who = actor()
    return {
        "units": who.may(Permission.SWITCH_UNITS),
        "reports": who.may(Permission.READ_REPORTS),
        "clauses": who.may(Permission.DASHBOARD),
    }
