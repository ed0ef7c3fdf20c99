"""The office's pages for switching many units at once: chosen on the units page, or listed in a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core.domain.access import Permission
from core.domain.errors import Conflict, Invalid
from core.domain.text import Text
from core.services import switching, unit_lists
from core.services.choices import Below, Choice, Matching, Named
from core.services.origin import origin
from core.services.runtime import runtime
from core.services.switch_preview import preview
from core.services.switching import Switched
from core.services.unit_lists import MOST_ROWS, STATES, WrongRows
from core.store.db import db
from core.store.queries import switching as queries
from core.web import finding
from core.web.context import say
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("switching", __name__, url_prefix="/office/units")
FILTERS = ("region", "type", "q", "state")
#: What is carried from the choice over the preview to the deed.
CARRIED = ("all", "below", "unit", *FILTERS)
#: A unit's state in a table, as `unit_lists` reads it again.
ON, OFF = Text("启用", "on"), Text("停用", "off")
#: So many wrong rows are shown.
PROBLEMS = 200
Answer = BaseResponse | tuple[str, int]


def _filters() -> dict[str, Any]:
    """The filter's fields for an address."""
    return {name: request.values[name] for name in FILTERS if request.values.get(name)}


@dataclass(frozen=True)
class Typed:
    """What came with a form that is shown again, and what is wrong with it."""

    reason: str = ""
    text: str = ""
    source: str = ""
    state: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    problems: tuple[unit_lists.Problem, ...] = ()
    notice: str = ""


@route(bp, "/enable", Permission.SWITCH_UNITS)
def choose_enable() -> str:
    return _chosen_page(True, Typed())


@route(bp, "/disable", Permission.SWITCH_UNITS)
def choose_disable() -> str:
    return _chosen_page(False, Typed())


@route(bp, "/enable", Permission.SWITCH_UNITS, audit="unit.enable", methods=("POST",))
def enable() -> Answer:
    return _switch_chosen(True)


@route(bp, "/disable", Permission.SWITCH_UNITS, audit="unit.disable", methods=("POST",))
def disable() -> Answer:
    return _switch_chosen(False)


def _choice() -> Choice | None:
    """What was chosen on the units page or a unit's; None where nothing was."""
    asked = request.values
    if asked.get("all"):
        return Matching(finding.unit_filter())
    if asked.get("below"):
        return Below(asked.get("below", 0, type=int))
    ids = dict.fromkeys(asked.getlist("unit", type=int))
    return Named(tuple(ids)) if ids else None


def _chosen_page(on: bool, typed: Typed) -> str:
    choice = _choice()
    parts = {} if choice is None else {on: choice}
    back = url_for("office.units", **_filters())
    if isinstance(choice, Below):
        back = url_for("office.unit", unit_id=choice.unit_id)
    kept = [(name, value) for name in CARRIED for value in request.values.getlist(name) if value]
    return _preview_page(
        parts, on, typed, url_for("switching.enable" if on else "switching.disable"), back, kept
    )


def _preview_page(
    parts: Mapping[bool, Choice],
    on: bool | None,
    typed: Typed,
    action: str,
    back: str,
    kept: list[tuple[str, str]],
) -> str:
    """What would change, with the form that does it. `on` is the one direction; a list may have both."""
    return render_template(
        "office/switch.html",
        parts=[preview(actor(), choice, way) for way, choice in parts.items()],
        on=on,
        typed=typed,
        action=action,
        back=back,
        kept=kept,
    )


def _switch_chosen(on: bool) -> Answer:
    choice, reason = _choice(), _reason()
    if choice is None:
        return _chosen_page(on, Typed(reason)), 422
    try:
        done = switching.switch_units(actor(), choice, on, reason, _expected())
    except Invalid as error:
        return _chosen_page(on, Typed(reason, errors=_said(error))), 422
    except Conflict as error:
        return _chosen_page(on, Typed(reason, notice=say(error.message))), 409
    flash(_told(done), "success")
    if isinstance(choice, Below):
        return redirect(url_for("office.unit", unit_id=choice.unit_id))
    return redirect(url_for("office.units", **_filters()))


@route(bp, "/list", Permission.SWITCH_UNITS)
def list_page() -> str:
    return _list_page(Typed())


def _list_page(typed: Typed) -> str:
    return render_template(
        "office/switch_list.html",
        typed=typed,
        most=MOST_ROWS,
        shown=PROBLEMS,
        table=url_for("switching.table", **_filters()),
    )


@route(bp, "/list", Permission.SWITCH_UNITS, audit="unit.switch", methods=("POST",))
def switch_list() -> Answer:
    """Look at a list, and with `do=switch` do what it says. It travels with the form: nothing of it is stored."""
    form = request.form
    typed = Typed(_reason(), form.get("list", ""), form.get("source", "")[:60], form.get("state", ""))
    try:
        typed = _with_file(typed)
        parts = unit_lists.read(actor(), typed.text, typed.source or "pasted", STATES.get(typed.state))
    except WrongRows as error:
        return _list_page(replace(typed, problems=tuple(error.problems))), 422
    except Invalid as error:
        return _list_page(replace(typed, errors=_said(error))), 422
    if form.get("do") != "switch":
        # Looking changes nothing: there is no deed to record.
        origin().recorded = True
        return _listed_page(parts, typed), 200
    try:
        done = switching.switch_parts(actor(), parts, typed.reason, _expected())
    except Invalid as error:
        return _listed_page(parts, replace(typed, errors=_said(error))), 422
    except Conflict as error:
        return _listed_page(parts, replace(typed, notice=say(error.message))), 409
    flash(_told(done), "success")
    return redirect(url_for("office.units"))


def _listed_page(parts: Mapping[bool, Choice], typed: Typed) -> str:
    kept = [("source", typed.source), ("state", typed.state), ("do", "switch")]
    on = next(iter(parts)) if len(parts) == 1 else None
    return _preview_page(
        parts, on, typed, url_for("switching.switch_list"), url_for("switching.list_page"), kept
    )


def _with_file(typed: Typed) -> Typed:
    """A file takes the place of what is in the text field. Raises Invalid where it is no text."""
    file = request.files.get("file")
    content = file.read() if file else b""
    if not file or not content:
        return typed
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2][:60]
    return replace(typed, text=unit_lists.decoded(content), source=name)


@route(bp, "/units.csv", Permission.SWITCH_UNITS)
def table() -> Response:
    """The units that the filter finds, as a table to change and send back."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(("code", "name", "region", "type", "state"))
    for line in queries.lines(db.session(), finding.unit_filter()):
        title = say(runtime().registry.type_title(line.unit_type))
        cells = map(_no_formula, (line.name, line.region_name, title))
        writer.writerow((line.code, *cells, say(ON if line.enabled else OFF)))
    answer = Response(("\ufeff" + stream.getvalue()).encode(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=units.csv"
    return answer


def _no_formula(cell: str) -> str:
    """A table program must not take a name for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


def _expected() -> int | None:
    """How many units the preview said would change."""
    return request.form.get("expected", type=int)


def _said(error: Invalid) -> dict[str, str]:
    return {name: say(text) for name, text in error.fields.items()}


def _told(done: Switched) -> str:
    line = _("已改动 %(count)s 个单位。", count=done.changed)
    if done.already:
        line += _("另有 %(count)s 个原本就是这样，没有动。", count=done.already)
    return str(line)
