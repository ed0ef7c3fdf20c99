"""Signing in and out, language, password, own sessions."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.domain.errors import Invalid, Throttled
from core.services import people, sessions
from core.services.runtime import runtime
from core.web.context import LOCALE_COOKIE, LOCALES, say
from core.web.errors import Answer
from core.web.guard import actor, close_session, open_session, signed
from core.web.policy import route

bp = Blueprint("account", __name__)
YEAR = 365 * 24 * 3600
DEVICE_COOKIE = "dudao_device"


@route(bp, "/login", Permission.PUBLIC)
def login() -> Response | str:
    if g.actor is not None:
        return redirect(url_for("home.index"))
    return render_template("account/login.html", login="", error=None)


@route(bp, "/login", Permission.PUBLIC, audit="account.login", methods=("POST",))
def sign_in() -> Response | Answer:
    name = request.form.get("login", "").strip().lower()[:60]
    password = request.form.get("password", "")[:200]
    if people.known(name):
        # Only the name of a real account is recorded: what else was typed there may be a password.
        g.refused = {"account": name}
    try:
        secret = sessions.sign_in(name, password, request.user_agent.string, _device(name))
    except Throttled as error:
        html = render_template("account/login.html", login=name, error=say(error.message))
        return html, 429, {"Retry-After": str(error.seconds)}
    if secret is None:
        return render_template("account/login.html", login=name, error=_("登录名或密码不对")), 401
    open_session(secret)
    answer = redirect(_inside(request.form.get("next")) or url_for("home.index"))
    _set_cookie(answer, DEVICE_COOKIE, _signer().dumps(name))
    return answer


@route(bp, "/logout", Permission.SIGNED_IN, audit="account.logout", methods=("POST",))
def logout() -> Response:
    sessions.sign_out(actor(), signed().id)
    close_session()
    return redirect(url_for("account.login"))


@route(bp, "/language", Permission.PUBLIC, audit="account.language", methods=("POST",))
def language() -> Response:
    wanted = request.form.get("locale", "")
    if wanted not in LOCALES:
        abort(400)
    if g.actor is not None:
        people.set_locale(g.actor, wanted)
    answer = redirect(_inside(request.form.get("next")) or url_for("home.index"))
    _set_cookie(answer, LOCALE_COOKIE, wanted)
    return answer


@route(bp, "/account", Permission.SIGNED_IN)
def index() -> str:
    return _page({})


@route(bp, "/account/password", Permission.SIGNED_IN, audit="account.password", methods=("POST",))
def password() -> Response | tuple[str, int]:
    new, again = request.form.get("new", ""), request.form.get("again", "")
    if new != again:
        return _page({"again": _("两次输入的新密码不一致")}), 422
    try:
        people.change_password(actor(), request.form.get("old", ""), new)
    except Invalid as error:
        names = {"password": "new"}
        return _page({names.get(name, name): say(text) for name, text in error.fields.items()}), 422
    close_session()
    flash(_("密码已修改，请用新密码登录"), "success")
    return redirect(url_for("account.login"))


@route(
    bp,
    "/account/sessions/<int(max=2147483647):session_id>/end",
    Permission.SIGNED_IN,
    audit="account.end_session",
    methods=("POST",),
)
def end_session(session_id: int) -> Response:
    sessions.end(actor(), session_id)
    flash(_("该登录已结束"), "success")
    return redirect(url_for("account.index"))


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "account/index.html", sessions=sessions.live(actor()), current=signed().id, errors=errors
    )


def _inside(target: str | None) -> str | None:
    """A page of our own to go on to; anything that could lead elsewhere is dropped."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in target) else target


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="device")


def _device(login_name: str) -> str:
    """The mark of a browser that this account was signed in from before, or nothing."""
    mark = request.cookies.get(DEVICE_COOKIE, "")
    try:
        return mark if _signer().loads(mark) == login_name else ""
    except BadSignature:
        return ""


def _set_cookie(answer: Response, name: str, value: str) -> None:
    answer.set_cookie(
        name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=runtime().settings.https
    )
