"""The auditor's page: who did what, when, from where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template, request

from core.domain.access import Permission
from core.domain.deeds import DEEDS, OUTCOMES
from core.services.runtime import runtime
from core.store.db import db
from core.store.queries import records
from core.store.queries.records import AuditFilter
from core.web.paging import PER_PAGE, Page, offset, page_number
from core.web.policy import route

bp = Blueprint("audit", __name__, url_prefix="/audit")
_FILTERS = ("actor", "action", "outcome", "object", "since", "until")


@route(bp, "/", Permission.AUDIT)
def index() -> str:
    number = page_number()
    args = request.args
    chosen = AuditFilter(
        actor=args.get("actor", "").strip()[:60],
        action=args.get("action", ""),
        outcome=args.get("outcome", ""),
        object_id=args.get("object", "").strip()[:60],
        since=_day(args.get("since")),
        until=_day(args.get("until"), timedelta(days=1)),
    )
    rows, total = records.audit(db.session(), chosen, offset(number), PER_PAGE)
    return render_template(
        "audit/index.html",
        rows=rows,
        page=Page(number, total),
        deeds=DEEDS,
        outcomes=OUTCOMES,
        chosen={name: args.get(name, "") for name in _FILTERS},
    )


def _day(value: str | None, later: timedelta = timedelta()) -> datetime | None:
    """The beginning of a day on the campaign's clock; nonsense filters nothing."""
    try:
        day = datetime.fromisoformat(value or "").replace(tzinfo=runtime().clock.zone) + later
        return day.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
