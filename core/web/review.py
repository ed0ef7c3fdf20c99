"""The inspector's pages: the queue, and a report with its evidence beside it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.domain.calendar import Period
from core.domain.errors import Invalid
from core.domain.findings import Finding
from core.domain.schema import present
from core.domain.workflow import Action, State, actions
from core.services import checks, hints, likeness, review
from core.services.review import Verdict
from core.services.runtime import runtime
from core.store.db import db
from core.store.queries import reports, reviews, units
from core.store.queries.reports import ReportView
from core.store.queries.reviews import QueueFilter
from core.web import finding
from core.web.context import say
from core.web.guard import actor
from core.web.paging import PER_PAGE, Page, offset, page_number
from core.web.policy import route

bp = Blueprint("review", __name__, url_prefix="/review")


def _filter() -> QueueFilter:
    """The queue's filter from the address or the form that carries it along."""
    return QueueFilter(
        region_path=finding.region_path(),
        unit_type=request.values.get("type") or None,
        duty_code=request.values.get("duty") or None,
        without=tuple(duty.code for duty in finding.campaign().duties if duty.plugin not in g.plugins_on),
    )


@route(bp, "/", Permission.REVIEW)
def queue() -> str:
    number = page_number()
    rows, total = reviews.queue(db.session(), _filter(), offset(number), PER_PAGE)
    return render_template(
        "review/queue.html",
        rows=rows,
        page=Page(number, total),
        facts=finding.campaign(),
        places=units.choices(db.session(), actor().scope(Permission.REVIEW)),
        types=runtime().registry.unit_types.values(),
        chosen={name: request.args.get(name, "") for name in ("region", "type", "duty")},
        me=actor().user_id,
        lapsed=[row.id for row in rows if review.lapsed(row.claimed_at, runtime().clock.now())],
    )


@route(bp, "/next", Permission.REVIEW, audit="review.claim", methods=("POST",))
def claim_next() -> Response:
    answer = review.claim_next(actor(), _filter())
    if answer is None:
        flash(_("没有等待审核的报告了"), "info")
        return redirect(url_for("review.queue", _external=False, **_kept()))
    return redirect(url_for("review.show", report_id=answer["id"], _external=False, **_kept()))


@route(bp, "/<report_id>/claim", Permission.REVIEW, audit="review.claim", methods=("POST",))
def claim(report_id: str) -> Response:
    review.claim(actor(), report_id)
    return redirect(url_for("review.show", report_id=report_id, _external=False, **_kept()))


@route(bp, "/<report_id>", Permission.REVIEW)
def show(report_id: str) -> str:
    return _page(_report(report_id))


@route(bp, "/<report_id>/accept", Permission.REVIEW, audit="review.accept", methods=("POST",))
def accept(report_id: str) -> Response | tuple[str, int]:
    verdicts = _verdicts()
    try:
        review.accept(actor(), report_id, _version(), verdicts)
    except Invalid as error:
        return _again(report_id, error, verdicts)
    flash(_("已通过"), "success")
    return _onward()


@route(bp, "/<report_id>/return", Permission.REVIEW, audit="review.return", methods=("POST",))
def return_(report_id: str) -> Response | tuple[str, int]:
    verdicts = _verdicts()
    try:
        review.return_(actor(), report_id, _version(), _reason(), verdicts)
    except Invalid as error:
        return _again(report_id, error, verdicts)
    flash(_("已退回，填报单位会收到理由"), "success")
    return _onward()


def _again(report_id: str, error: Invalid, verdicts: dict[str, Verdict]) -> tuple[str, int]:
    """The page with everything that was typed, and what is wrong with it."""
    errors = {name: say(text) for name, text in error.fields.items()}
    return _page(_report(report_id), _reason(), errors, verdicts), 422


def _reason() -> str:
    return request.form.get("reason", "")[:2000]


def _verdicts() -> dict[str, Verdict]:
    """What the form says of each file, by the id of its use in the report."""
    form = request.form
    ids = (name.removeprefix("verdict-") for name in form if name.startswith("verdict-"))
    return {i: Verdict(form[f"verdict-{i}"], form.get(f"why-{i}", "")[:2000]) for i in ids}


@route(bp, "/<report_id>/release", Permission.REVIEW, audit="review.release", methods=("POST",))
def release(report_id: str) -> Response:
    review.release(actor(), report_id, _version())
    flash(_("已放回队列"), "info")
    return _onward()


def _version() -> int:
    return request.form.get("version", type=int) or 0


def _kept() -> dict[str, str]:
    """The queue's filters, carried along from page to page."""
    return {name: request.form[name] for name in ("region", "type", "duty") if request.form.get(name)}


def _onward() -> Response:
    return redirect(url_for("review.queue", _external=False, **_kept()))


def _report(report_id: str) -> ReportView:
    found = reports.view(db.session(), report_id, as_submitted=True)
    if found is None or found.submitted_at is None:
        abort(404)
    return found


def _page(
    found: ReportView,
    reason: str = "",
    errors: dict[str, str] | None = None,
    verdicts: dict[str, Verdict] | None = None,
) -> str:
    campaign = finding.campaign()
    duty = campaign.duty(found.duty_code)
    may = actions(State(found.state), actor().roles_for(Permission.REVIEW))
    mine = found.claimed_by == actor().user_id
    taken = found.state == State.IN_REVIEW and not mine
    free = not taken or review.lapsed(found.claimed_at, runtime().clock.now())
    return render_template(
        "review/report.html",
        report=found,
        duty=duty,
        facts=campaign,
        shown=list(present(found.schema, found.record or {})),
        may_claim=Action.CLAIM in may and not mine and free,
        taken=taken,
        may_decide=Action.ACCEPT in may and mine,
        reason=reason,
        errors=errors or {},
        verdicts=verdicts or {},
        likeness=likeness.of_report(actor(), found),
        hints=_hints(found, campaign.period(duty, found.period_key) if duty else None),
        found_by_checks=checks.of_report(found.id),
        checks_waiting=checks.is_waiting(found.id, found.submission),
        chosen={name: request.values.get(name, "") for name in ("region", "type", "duty")},
    )


def _hints(found: ReportView, period: Period | None) -> dict[str, tuple[Finding, ...]]:
    """What the files' own times and places say against the report's period and its unit's region."""
    return hints.of_report(db.session(), found, period.span) if period else {}
