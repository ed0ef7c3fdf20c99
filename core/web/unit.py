"""A unit's own pages: what is due, the forms, what came back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.domain.calendar import Period
from core.domain.duties import DutyRule
from core.domain.errors import Conflict, NotNow
from core.domain.schema import present
from core.domain.text import Text
from core.domain.units import UnitFacts
from core.domain.workflow import Action, State, actions
from core.services import agenda, reports, scores
from core.services.evidence import Upload
from core.services.reports import Filled, Saved
from core.store.db import db
from core.store.queries import bag as bag_queries
from core.store.queries import reports as queries
from core.store.queries.reports import ReportView
from core.web import bag, finding
from core.web.context import say
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("unit", __name__, url_prefix="/u/<unit_type>")

#: The field beside a file: what it proves in this report.
_REASON = re.compile(r"reason-([0-9a-f]{32})")


def _unit() -> UnitFacts:
    return g.unit  # type: ignore[no-any-return]


@route(bp, "/", Permission.REPORT, unit_pages=True)
def home(unit_type: str) -> str:
    campaign = finding.campaign()
    return render_template(
        "unit/home.html",
        unit=_unit(),
        facts=campaign,
        agenda=agenda.of_unit(campaign, _unit(), g.plugins_on),
        scored=scores.of_unit(_unit().id),
        unsorted=bag_queries.unsorted_count(db.session(), _unit().id),
    )


@route(bp, "/duties/<code>/<period_key>/new", Permission.REPORT, unit_pages=True)
def new(unit_type: str, code: str, period_key: str) -> str:
    duty, period = _duty(code, period_key)
    if not agenda.owes(_unit(), duty, period):
        abort(404)
    reports.refuse_not_now(finding.campaign(), _unit(), duty, period)
    form = reports.form_class(duty)(span=period.span)
    return _fill(duty, period, form, report=None)


@route(
    bp,
    "/duties/<code>/<period_key>/new",
    Permission.REPORT,
    audit="report.submit",
    methods=("POST",),
    unit_pages=True,
)
def create(unit_type: str, code: str, period_key: str) -> Response | tuple[str, int]:
    duty, period = _duty(code, period_key)
    return _save(duty, period, None)


@route(bp, "/reports/<report_id>", Permission.REPORT, unit_pages=True)
def report(unit_type: str, report_id: str) -> str:
    found = _report(report_id)
    duty, period = _duty(found.duty_code, found.period_key)
    if Action.EDIT in actions(State(found.state), actor().roles_for(Permission.REPORT)):
        form = reports.form_class(duty)(found.entries, span=period.span)
        return _fill(duty, period, form, report=found)
    return render_template(
        "unit/report.html",
        unit=_unit(),
        report=found,
        duty=duty,
        period=period,
        facts=finding.campaign(),
        shown=list(present(found.schema, found.record or {})),
        actions=actions(State(found.state), actor().roles_for(Permission.REPORT)),
    )


@route(
    bp, "/reports/<report_id>", Permission.REPORT, audit="report.submit", methods=("POST",), unit_pages=True
)
def change(unit_type: str, report_id: str) -> Response | tuple[str, int]:
    found = _report(report_id)
    duty, period = _duty(found.duty_code, found.period_key)
    return _save(duty, period, found)


@route(
    bp,
    "/reports/<report_id>/withdraw",
    Permission.REPORT,
    audit="report.withdraw",
    methods=("POST",),
    unit_pages=True,
)
def withdraw(unit_type: str, report_id: str) -> Response:
    found = _report(report_id)
    reports.withdraw(actor(), found.id, request.form.get("version", type=int) or 0)
    flash(_("已撤回，修改后请重新提交"), "success")
    return redirect(
        url_for("unit.report", unit_type=unit_type, report_id=report_id, unit=request.args.get("unit"))
    )


def _duty(code: str, period_key: str) -> tuple[DutyRule, Period]:
    campaign = finding.campaign()
    duty = campaign.duty(code)
    period = campaign.period(duty, period_key) if duty and duty.plugin in g.plugins_on else None
    if duty is None or period is None:
        abort(404)
    return duty, period


def _report(report_id: str) -> ReportView:
    found = queries.view(db.session(), report_id)
    if found is None or found.unit_id != _unit().id:
        abort(404)
    return found


def _entries(duty: DutyRule) -> dict[str, list[str]]:
    """What was typed into the form's own fields; a row's field is named `table-0-field`."""
    known = {spec.name for spec in reports.form_class(duty).schema().fields}
    return {
        name: request.form.getlist(name)
        for name in request.form
        if name.partition("-")[0] in known and not _REASON.fullmatch(name)
    }


def _reasons() -> dict[str, str]:
    """What each file proves, by the id of its use or of the bag's file."""
    return {found[1]: value for name, value in request.form.items() if (found := _REASON.fullmatch(name))}


def _save(duty: DutyRule, period: Period, found: ReportView | None) -> Response | tuple[str, int]:
    _refuse_empty(duty)
    submit = request.form.get("do") != "save"
    filled = Filled(
        unit_id=_unit().id,
        duty_code=duty.code,
        period_key=period.key,
        entries=_entries(duty),
        report_id=found.id if found else None,
        version=request.form.get("version", type=int),
        uploads=[Upload(f.filename, f.stream) for f in request.files.getlist("files") if f.filename],  # type: ignore[arg-type]
        bag=request.form.getlist("bag"),
        reasons=_reasons(),
        remove=request.form.getlist("remove"),
        key=(request.headers.get("Idempotency-Key") or request.form.get("key") or "")[:100] or None,
    )
    try:
        saved = reports.save(actor(), filled, submit=submit)
    except (Conflict, NotNow) as refused:
        return _refused(duty, period, filled.entries, found, say(refused.message))
    if saved.ok:
        flash(_("已提交，等待审核") if submit else _("草稿已保存"), "success")
        if submit:
            return redirect(_home_url())
        return redirect(_report_url(saved.answer["id"]))
    return _with_problems(duty, period, saved), 422


def _refuse_empty(duty: DutyRule) -> None:
    """A body that arrived but was read as nothing (fact M11) must not be saved as an empty form.

    A page's own form always says what is to be done with it.
    """
    if "do" not in request.form and not _entries(duty):
        abort(400)


def _with_problems(duty: DutyRule, period: Period, saved: Saved) -> str:
    found = _report(saved.answer["id"])
    form = reports.form_class(duty)(found.entries, span=period.span)
    if saved.fields:
        reports.find_errors(duty, form)
    return _fill(duty, period, form, report=found, problems=saved.problems)


def _refused(
    duty: DutyRule, period: Period, typed: Mapping[str, Sequence[str]], found: ReportView | None, message: str
) -> tuple[str, int]:
    """Somebody was first: the page keeps what was typed here and shows beside it what is stored by now."""
    stored = _report(found.id) if found else None
    differences = [
        (spec.label, "、".join(mine), "、".join(theirs))
        for spec in reports.form_class(duty).schema().fields
        for mine, theirs in [(_typed(typed, spec.name), _typed(stored.entries if stored else {}, spec.name))]
        if stored and mine != theirs
    ]
    form = reports.form_class(duty)(typed, span=period.span)
    html = _fill(duty, period, form, report=stored, conflict=message, differences=differences)
    return html, 409


def _typed(entries: Mapping[str, Sequence[str]], name: str) -> list[str]:
    """What was typed into a field, or into the rows of a table."""
    own = [key for key in sorted(entries) if key == name or key.startswith(f"{name}-")]
    return [value for key in own for value in entries[key] if value]


def _fill(
    duty: DutyRule,
    period: Period,
    form: Any,
    *,
    report: ReportView | None,
    problems: list[Text] | None = None,
    conflict: str | None = None,
    differences: list[tuple[Text, str, str]] | None = None,
) -> str:
    rule, ticked = duty.evidence, request.form.getlist("bag")
    attached = {file.bag_id for file in report.files} if report else set()
    return render_template(
        "unit/fill.html",
        unit=_unit(),
        duty=duty,
        period=period,
        form=form,
        report=report,
        problems=problems or [],
        conflict=conflict,
        differences=differences or [],
        key=secrets.token_urlsafe(12),
        upload=bag.facts(rule) if rule.at_most else None,
        offered=bag.offered(rule, attached, ticked) if rule.at_most else bag.Offered(),
        ticked=ticked,
        reasons=_reasons(),
    )


def _home_url() -> str:
    return url_for("unit.home", unit_type=_unit().unit_type, unit=request.args.get("unit"))


def _report_url(report_id: str) -> str:
    return url_for(
        "unit.report", unit_type=_unit().unit_type, report_id=report_id, unit=request.args.get("unit")
    )
