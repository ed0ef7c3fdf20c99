"""The inbox."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.services import notices
from core.web.guard import actor
from core.web.paging import PER_PAGE, Page, offset, page_number
from core.web.policy import route

bp = Blueprint("notices", __name__, url_prefix="/notices")


@route(bp, "/", Permission.SIGNED_IN)
def index() -> str:
    number = page_number()
    rows, total = notices.inbox(actor(), offset(number), PER_PAGE)
    return render_template("notices/index.html", rows=rows, page=Page(number, total))


@route(bp, "/read", Permission.SIGNED_IN, audit="notification.read", methods=("POST",))
def read() -> Response:
    notices.mark_read(actor())
    return redirect(url_for("notices.index"))
