"""From what went wrong to an answer: status, words in the reader's language, incident number."""

from __future__ import annotations

import logging

from flask import Flask, g, render_template
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.domain.errors import Conflict, Denied, DudaoError, Invalid, Missing, NotNow, Throttled
from core.services.origin import origin
from core.web.context import say

log = logging.getLogger(__name__)
Answer = tuple[str, int] | tuple[str, int, dict[str, str]]

STATUS: dict[type[DudaoError], int] = {
    Missing: 404,
    Denied: 403,
    Invalid: 422,
    Conflict: 409,
    NotNow: 409,
    Throttled: 429,
}
_PAGES = {400, 403, 404, 405, 409, 413, 429, 500}


def install(app: Flask) -> None:
    app.register_error_handler(DudaoError, _refused)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def status_of(error: DudaoError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def page(
    status: int, message: str | None = None, headers: dict[str, str] | None = None, code: str = ""
) -> Answer:
    """The error page of a status; unknown ones borrow the nearest one's. `code` tells kinds of refusal apart."""
    name = status if status in _PAGES else 500 if status >= 500 else 409 if status == 422 else 404
    html = render_template(
        f"errors/{name}.html", message=message, request_id=origin().request_id, status=status, code=code
    )
    return html, status, headers or {}


def _refused(error: DudaoError) -> Answer:
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, Throttled) else None
    message = None if isinstance(error, Missing) else say(error.message)
    return page(status_of(error), message, headers, error.code)


def _stale(error: CSRFError) -> Answer:
    return page(400, _("页面已过期，请返回上一页、刷新后再提交。您填写的内容还在上一页里。"))


def _http(error: HTTPException) -> Answer:
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()  # type: ignore[return-value]
    allow = dict(error.get_headers()).get("Allow")
    return page(status, None, {"Allow": allow} if allow else None)


def _failed(error: Exception) -> Answer:
    log.error("request %s failed", origin().request_id, exc_info=error)
    g.failing = True
    return page(500)
