"""Resumable uploads by the tus protocol, version 1.0.0, for our own pages and for any other client of it.

Clients send the session's cookie, and the form token as `X-CSRFToken`.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from http import HTTPStatus

from flask import Blueprint, Response, abort, g, jsonify, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from core.domain import tus
from core.domain.access import Permission
from core.domain.errors import DudaoError, Invalid, Throttled
from core.domain.text import Text
from core.domain.tus import Checksum, Said
from core.services import uploads
from core.services.origin import origin
from core.services.runtime import runtime
from core.services.upload_refusals import Busy, Ended, NotKept, TooMuch, WrongOffset, WrongSum
from core.services.uploads import Standing
from core.web import errors
from core.web.context import say
from core.web.guard import actor
from core.web.pieces import Arriving
from core.web.policy import route

log = logging.getLogger(__name__)
bp = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads")

_TITLES = {460: "Checksum Mismatch"}
_SENTENCES = {
    400: Text("请求有误，请检查后重试", "The request is wrong; check it and try again"),
    401: Text("登录已过期，请重新登录后再接着传", "Your session has ended; log in again and go on"),
    403: Text("您没有上传材料的权限", "You may not upload files"),
    405: Text("上传地址不支持这种操作", "The address of an upload does not take this method"),
    412: Text("只支持 tus 1.0.0 协议，请升级上传程序", "Only tus 1.0.0 is spoken here; update the client"),
    413: Text("发送的内容太大，请分段上传", "This is too large; send it in pieces"),
    415: Text(
        "文件内容须以 application/offset+octet-stream 发送",
        "Send the file as application/offset+octet-stream",
    ),
    500: Text("服务器出错，请稍后再接着传", "The server failed; go on in a while"),
}
_STALE = Text("页面已过期，请刷新页面后再接着传", "The page has expired; reload it and go on")


@route(bp, "/", Permission.PUBLIC, methods=("OPTIONS",))
def options() -> Response:
    """What the server can do, for any client that asks before it signs in."""
    answer = Response()
    answer.headers |= {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Max-Size": str(runtime().settings.max_file),
        "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
    }
    return answer


@route(bp, "/", Permission.REPORT, audit="evidence.upload", methods=("POST",), api=True, pieces=True)
def create() -> Response:
    """Begin an upload; the first bytes may come with it."""
    header = request.headers.get("Upload-Metadata", "")
    said, size, checksum = _said(header), _number("Upload-Length"), _checksum()
    key = request.headers.get("Idempotency-Key", "")[:100] or None
    begun = uploads.begin(actor(), said, size, header, key)
    # Whoever repeats a creation is told how much has arrived, and goes on from there.
    if request.mimetype == tus.MEDIA_TYPE and not begun.offset:
        begun = _first_piece(begun, checksum)
    answer = _answer(begun, 201)
    answer.headers["Location"] = url_for("uploads.append", upload_id=begun.id)
    return answer


def _first_piece(begun: Standing, checksum: Checksum | None) -> Standing:
    try:
        return uploads.add(actor(), begun.id, 0, Arriving(request), checksum)
    except DudaoError:
        # The client is not told where the upload is: it cannot go on with it.
        with suppress(DudaoError):
            uploads.give_up(actor(), begun.id)
        raise


@route(bp, "/<upload_id>", Permission.REPORT, methods=("HEAD",), api=True)
def offset(upload_id: str) -> Response:
    """How far an upload has come."""
    found = uploads.standing(actor(), upload_id)
    answer = _answer(found, 200)
    answer.headers["Upload-Length"] = str(found.size)
    if said := uploads.said_of(found):
        answer.headers["Upload-Metadata"] = said
    return answer


@route(
    bp, "/<upload_id>", Permission.REPORT, audit="evidence.upload", methods=("PATCH",), api=True, pieces=True
)
def append(upload_id: str) -> Response:
    """Add a piece where the upload ends; the last one puts the file into the bag."""
    if request.mimetype != tus.MEDIA_TYPE:
        abort(415)
    begins, checksum = _number("Upload-Offset"), _checksum()
    return _answer(uploads.add(actor(), upload_id, begins, Arriving(request), checksum), 204)


@route(bp, "/<upload_id>", Permission.REPORT, audit="evidence.upload", methods=("DELETE",), api=True)
def end(upload_id: str) -> Response:
    """Give an upload up; what came of it is removed."""
    uploads.give_up(actor(), upload_id)
    return Response(status=204)


@route(
    bp, "/<upload_id>", Permission.REPORT, audit="evidence.upload", methods=("POST",), api=True, pieces=True
)
def instead(upload_id: str) -> Response:
    """The same for clients that can only post: `X-HTTP-Method-Override` names the method."""
    views = {"PATCH": append, "DELETE": end, "HEAD": offset}
    view = views.get(request.headers.get("X-HTTP-Method-Override", "").upper())
    if view is None:
        abort(405)
    return view(upload_id)


def _said(header: str) -> Said:
    try:
        return Said.read(header)
    except ValueError:
        raise _wrong("Upload-Metadata") from None


def _number(header: str) -> int:
    try:
        return tus.number(request.headers.get(header))
    except ValueError:
        raise _wrong(header) from None


def _checksum() -> Checksum | None:
    header = request.headers.get("Upload-Checksum")
    try:
        return Checksum(header) if header else None
    except ValueError:
        raise _wrong("Upload-Checksum") from None


def _wrong(header: str) -> HeaderWrong:
    return HeaderWrong(
        Text(
            f"请求头 {header} 缺少或有误，请按 tus 1.0.0 发送",
            f"The header {header} is missing or wrong; see tus 1.0.0",
        )
    )


class HeaderWrong(Invalid):
    """A header that the protocol asks for cannot be read."""

    code = "wrong_header"


#: Statuses of the protocol; every other refusal has the one that pages have.
_STATUS: dict[type[DudaoError], int] = {
    HeaderWrong: 400,
    Busy: 423,
    Ended: 410,
    TooMuch: 413,
    WrongSum: 460,
    NotKept: 507,
}


def _answer(found: Standing, status: int) -> Response:
    answer = Response(status=status)
    answer.headers["Upload-Offset"] = str(found.offset)
    if found.bag_id is not None:
        answer.headers["Dudao-File"] = found.bag_id
    else:
        # On the machine's clock: in tests and demos the product's own may be years away.
        answer.headers["Upload-Expires"] = http_date(found.expires_at - runtime().clock.offset)
    return answer


@bp.before_request
def _same_version() -> None:
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != tus.VERSION:
        abort(412)


@bp.after_request
def _say_version(answer: Response) -> Response:
    answer.headers["Tus-Resumable"] = tus.VERSION
    answer.headers["Cache-Control"] = "no-store"
    if answer.status_code == 412:
        answer.headers["Tus-Version"] = tus.VERSION
    return answer


@bp.errorhandler(DudaoError)
def _refused(error: DudaoError) -> Response:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), errors.status_of(error))
    answer = _problem(status, error.message, error.code)
    if isinstance(error, WrongOffset):
        answer.headers["Upload-Offset"] = str(error.offset)
    if isinstance(error, Throttled):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


@bp.errorhandler(CSRFError)
def _stale(_error: CSRFError) -> Response:
    return _problem(400, _STALE, "stale")


@bp.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    status = error.code or 500
    return _problem(status, _SENTENCES.get(status, _SENTENCES[400 if status < 500 else 500]), "http")


@bp.errorhandler(Exception)
def _failed(error: Exception) -> Response:
    log.error("request %s failed", origin().request_id, exc_info=error)
    g.failing = True
    return _problem(500, _SENTENCES[500], "failed")


def _problem(status: int, sentence: Text, code: str) -> Response:
    """A refusal as RFC 9457 has it, in the person's language, with a sentence that says what to do."""
    answer = jsonify(
        type="about:blank",
        title=_TITLES.get(status) or HTTPStatus(status).phrase,
        status=status,
        detail=say(sentence),
        code=code,
        request_id=origin().request_id,
    )
    answer.status_code, answer.mimetype = status, "application/problem+json"
    return answer
