"""The office's pages: progress, the notice's clauses, reports and units."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.domain.errors import Invalid
from core.domain.schema import metric_shown, present, share_line
from core.domain.workflow import Action, State, actions
from core.services import checks, progress, scores, switching
from core.services import clauses as clause_map
from core.services import reports as report_service
from core.services.progress import Overview
from core.services.runtime import runtime
from core.store.db import db
from core.store.queries import reports as report_queries
from core.store.queries import units as unit_queries
from core.store.queries.reports import ReportFilter
from core.web import finding, heat
from core.web.context import say
from core.web.guard import actor
from core.web.paging import PER_PAGE, Page, offset, page_number
from core.web.policy import route

bp = Blueprint("office", __name__, url_prefix="/office")
_UNIT = "/units/<int(max=2147483647):unit_id>"


@route(bp, "/", Permission.DASHBOARD)
def dashboard() -> str:
    campaign = finding.campaign()
    found = progress.overview(actor(), campaign, request.args.get("region"))
    if found is None:
        abort(404)
    return render_template(
        "office/dashboard.html",
        facts=campaign,
        view=found,
        metrics=_metrics(found),
        maps=list(heat.maps(found, campaign)),
    )


def _metrics(found: Overview) -> list[dict[str, object]]:
    """Every metric with its sum, in the duties' order; a share where it is a part of another metric."""
    return [
        {
            "duty": duty,
            "label": spec.label,
            "unit": spec.unit,
            "value": metric_shown(spec, sums[spec.name]),
            "share": share_line(duty.schema, spec, sums[spec.name], sums.get(spec.share_of)),
        }
        for duty, _part in found.duties
        for sums in [{name: total for (code, name), total in found.metrics.items() if code == duty.code}]
        for spec in duty.schema.metrics
        if spec.name in sums
    ]


@route(bp, "/clauses", Permission.DASHBOARD)
def clauses() -> str:
    campaign = finding.campaign()
    return render_template("office/clauses.html", facts=campaign, rows=clause_map.trace(actor(), campaign))


@route(bp, "/reports", Permission.READ_REPORTS)
def reports() -> str:
    campaign = finding.campaign()
    number = page_number()
    args = request.args
    chosen = ReportFilter(
        finding.region_path(), args.get("type") or None, args.get("duty") or None, args.get("state") or None
    )
    rows, total = report_queries.list_reports(db.session(), campaign.id, chosen, offset(number), PER_PAGE)
    return render_template(
        "office/reports.html",
        rows=rows,
        page=Page(number, total),
        facts=campaign,
        places=unit_queries.choices(db.session(), actor().scope(Permission.READ_REPORTS)),
        types=runtime().registry.unit_types.values(),
        states=[s for s in State if s not in (State.DRAFT, State.WITHDRAWN)],
        chosen={name: args.get(name, "") for name in ("region", "type", "duty", "state")},
    )


@route(bp, "/reports/<report_id>", Permission.READ_REPORTS)
def report(report_id: str) -> str:
    return _report_page(report_id, "", {})


def _report_page(report_id: str, reason: str, errors: dict[str, str]) -> str:
    found = report_queries.view(db.session(), report_id, as_submitted=True)
    if found is None or found.submitted_at is None:
        abort(404)
    campaign = finding.campaign()
    may = actions(State(found.state), actor().roles_for(Permission.REOPEN))
    return render_template(
        "office/report.html",
        report=found,
        duty=campaign.duty(found.duty_code),
        facts=campaign,
        shown=list(present(found.schema, found.record or {})),
        found_by_checks=checks.of_report(found.id),
        checks_waiting=checks.is_waiting(found.id, found.submission),
        may_reopen=Action.REOPEN in may,
        reason=reason,
        errors=errors,
    )


@route(bp, "/reports/<report_id>/reopen", Permission.REOPEN, audit="report.reopen", methods=("POST",))
def reopen(report_id: str) -> Response | tuple[str, int]:
    reason = request.form.get("reason", "").strip()[:2000]
    try:
        report_service.reopen(actor(), report_id, request.form.get("version", type=int) or 0, reason)
    except Invalid as error:
        return _report_page(report_id, reason, {n: say(t) for n, t in error.fields.items()}), 422
    flash(_("已重新打开，填报单位会收到理由"), "success")
    return redirect(url_for("office.report", report_id=report_id))


@route(bp, "/units", Permission.SWITCH_UNITS)
def units() -> str:
    number = page_number()
    args = request.args
    chosen = finding.unit_filter()
    rows, total = unit_queries.list_units(db.session(), chosen, offset(number), PER_PAGE)
    return render_template(
        "office/units.html",
        rows=rows,
        page=Page(number, total),
        places=unit_queries.choices(db.session(), actor().scope(Permission.SWITCH_UNITS)),
        types=runtime().registry.unit_types.values(),
        chosen={name: args.get(name, "") for name in ("region", "type", "q", "state")},
    )


@route(bp, _UNIT, Permission.SWITCH_UNITS)
def unit(unit_id: int) -> str:
    return _unit_page(unit_id, "", {})


def _unit_page(unit_id: int, reason: str, errors: dict[str, str]) -> str:
    found = unit_queries.unit(db.session(), unit_id)
    if found is None:
        abort(404)
    tree = unit_queries.relatives(db.session(), unit_id)
    return render_template(
        "office/unit.html",
        unit=found,
        scored=scores.of_unit(unit_id),
        tree=tree,
        reason=reason,
        errors=errors,
    )


@route(
    bp,
    f"{_UNIT}/enable",
    Permission.SWITCH_UNITS,
    audit="unit.enable",
    methods=("POST",),
)
def enable_unit(unit_id: int) -> Response | tuple[str, int]:
    return _switch_unit(unit_id, True)


@route(
    bp,
    f"{_UNIT}/disable",
    Permission.SWITCH_UNITS,
    audit="unit.disable",
    methods=("POST",),
)
def disable_unit(unit_id: int) -> Response | tuple[str, int]:
    return _switch_unit(unit_id, False)


def _switch_unit(unit_id: int, on: bool) -> Response | tuple[str, int]:
    reason = request.form.get("reason", "")[:500]
    try:
        switching.switch_unit(actor(), unit_id, on, reason)
    except Invalid as error:
        return _unit_page(unit_id, reason, {n: say(t) for n, t in error.fields.items()}), 422
    flash(_("单位已启用") if on else _("单位已停用"), "success")
    return redirect(url_for("office.unit", unit_id=unit_id))
