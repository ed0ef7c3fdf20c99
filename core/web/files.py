"""Evidence files: the one function that serves their bytes (check F3), their previews, and the page to look at them."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from core.domain.access import Permission
from core.domain.errors import Invalid
from core.services import opening
from core.services.opening import Found, Withheld
from core.services.origin import origin
from core.services.runtime import runtime
from core.web import serving, viewing
from core.web.context import moment, say
from core.web.guard import actor
from core.web.policy import route
from core.web.watermark import stamp

bp = Blueprint("files", __name__)
#: A damaged original is gone for whoever asks, and asking again does not help: 410. It is no failure of the server's,
#: which a monitor or a proxy would read from a 5xx. What is kept back on purpose is 403.
_STATUS = {"damaged": 410, "infected": 403, "refused": 403, "masked": 403}


@bp.errorhandler(Withheld)
def withheld(error: Withheld) -> tuple[str, int]:
    html = render_template(
        "files/withheld.html",
        code=error.code,
        status=_STATUS[error.code],
        message=say(error.message),
        request_id=origin().request_id,
        look=_look_url() if error.code == "masked" else None,
    )
    return html, _STATUS[error.code]


def _look_url() -> str:
    return url_for("files.view", file_id=(request.view_args or {})["file_id"])


@route(bp, "/files/<file_id>", Permission.READ_FILES)
def show(file_id: str) -> Response:
    """Evidence as it was uploaded: what a browser may show in place, everything else as a download."""
    return _original(opening.find_use(actor(), file_id))


@route(bp, "/files/bag/<bag_id>", Permission.REPORT)
def of_bag(bag_id: str) -> Response:
    """The same of a file in the bag of an own unit."""
    return _original(opening.find_in_bag(actor(), bag_id))


def _original(found: Found) -> Response:
    return serving.send(opening.original(found), download="download" in request.args)


@route(bp, "/files/<file_id>/preview/<name>", Permission.READ_FILES)
def preview(file_id: str, name: str) -> Response:
    return _preview(opening.find_use(actor(), file_id), name)


@route(bp, "/files/bag/<bag_id>/preview/<name>", Permission.REPORT)
def bag_preview(bag_id: str, name: str) -> Response:
    return _preview(opening.find_in_bag(actor(), bag_id), name)


def _preview(found: Found, name: str) -> Response:
    """A preview; whoever is not of the unit sees who looks at it and when written across."""
    with opening.preview(found, name) as stream:
        data = stream.read()
    if not found.own:
        who = actor()
        data = stamp(data, who.name, who.login, moment(runtime().clock.now()))
    return serving.send_preview(data)


@route(bp, "/files/<file_id>/view", Permission.READ_FILES)
def view(file_id: str) -> str:
    return _page(opening.find_use(actor(), file_id))


@route(bp, "/files/bag/<bag_id>/view", Permission.REPORT)
def bag_view(bag_id: str) -> str:
    return _page(opening.find_in_bag(actor(), bag_id))


@route(
    bp,
    "/files/<file_id>/original",
    Permission.READ_FILES,
    audit="evidence.open_original",
    methods=("POST",),
)
def original(file_id: str) -> Response | tuple[str, int]:
    """A masked file's original, for a reason that is recorded: the bytes are the answer."""
    reason = request.form.get("reason", "")[:500]
    try:
        return serving.send(opening.unmasked(actor(), file_id, reason))
    except Invalid as error:
        return _page(opening.find_use(actor(), file_id), reason, say(error.fields["reason"])), 422


def _page(found: Found, reason: str = "", error: str = "") -> str:
    return render_template(
        "files/view.html",
        found=found,
        file=found.file,
        shown=viewing.shown(found),
        reason=reason,
        error=error,
    )
