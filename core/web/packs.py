"""Handing over: a report, a unit or the campaign with its original evidence as one zip."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, abort, render_template, request

from core.domain.access import Permission
from core.domain.downloads import disposition
from core.domain.errors import Invalid
from core.services import packs
from core.services.packs import Kind
from core.store.db import db
from core.web.context import say
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("packs", __name__, url_prefix="/office/packs")
_RULE = "/<any(report, unit, campaign):kind>/<key>"


@route(bp, _RULE, Permission.HAND_OVER)
def show(kind: str, key: str) -> str:
    return _page(cast("Kind", kind), key, "", {})


@route(bp, _RULE, Permission.HAND_OVER, audit="evidence.pack", methods=("POST",))
def make(kind: str, key: str) -> Response | tuple[str, int]:
    """The zip as it is made; the audit record with the manifest's hash is written before the first byte."""
    reason = request.form.get("reason", "")[:500]
    try:
        pack = packs.make(actor(), cast("Kind", kind), key, reason)
    except Invalid as error:
        return _page(cast("Kind", kind), key, reason, {n: say(t) for n, t in error.fields.items()}), 422
    answer = Response(pack.stream(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = disposition(f"{pack.name}.zip", inline=False)
    answer.headers["Dudao-Manifest"] = pack.manifest
    answer.call_on_close(pack.close)
    return answer


def _page(kind: Kind, key: str, reason: str, errors: dict[str, str]) -> str:
    if not key.replace("-", "").replace("_", "").isalnum():
        abort(404)
    title, size = packs.size(db.session(), kind, key)
    return render_template(
        "office/pack.html", kind=kind, key=key, title=title, size=size, reason=reason, errors=errors
    )
