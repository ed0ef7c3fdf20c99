"""The system administrator's page: accounts and their roles."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.domain.access import ROLE_TITLES, Permission, Reach, Scope
from core.domain.errors import Invalid
from core.services import people
from core.services.people import Application
from core.services.runtime import runtime
from core.store.db import db
from core.store.queries import people as queries
from core.store.queries import units
from core.web.context import say
from core.web.guard import actor
from core.web.paging import PER_PAGE, Page, offset, page_number
from core.web.policy import route

bp = Blueprint("people", __name__, url_prefix="/people")


@route(bp, "/", Permission.PEOPLE)
def index() -> str:
    return _page({}, {})


def _page(typed: dict[str, str], errors: dict[str, Any]) -> str:
    number = page_number()
    words = request.args.get("q", "").strip()[:60]
    rows, total = queries.list_people(db.session(), words, offset(number), PER_PAGE)
    return render_template(
        "people/index.html",
        rows=rows,
        page=Page(number, total),
        roles=ROLE_TITLES,
        places=units.choices(db.session(), Scope((Reach(),))),
        types=runtime().registry.unit_types.values(),
        typed=typed,
        errors=errors,
        chosen={"q": words},
    )


@route(bp, "/add", Permission.PEOPLE, audit="person.add", methods=("POST",))
def add() -> Response | tuple[str, int]:
    form = request.form
    wanted = Application(
        login=form.get("login", "").strip().lower(),
        name=form.get("name", "").strip(),
        role=form.get("role", ""),
        unit_code=form.get("unit", "").strip(),
        region_code=form.get("region", ""),
        unit_types=tuple(form.getlist("types")),
    )
    password = _one_time_password()
    try:
        people.apply(actor(), wanted, password)
    except Invalid as error:
        return _page(form.to_dict(), {name: say(text) for name, text in error.fields.items()}), 422
    return _password_page(wanted.login, password)


@route(bp, "/<login>/disable", Permission.PEOPLE, audit="person.disable", methods=("POST",))
def disable(login: str) -> Response:
    people.set_disabled(login, True, actor())
    flash(_("账号已停用，其登录已全部结束"), "success")
    return redirect(url_for("people.index"))


@route(bp, "/<login>/enable", Permission.PEOPLE, audit="person.enable", methods=("POST",))
def enable(login: str) -> Response:
    people.set_disabled(login, False, actor())
    flash(_("账号已启用"), "success")
    return redirect(url_for("people.index"))


@route(bp, "/<login>/password", Permission.PEOPLE, audit="person.password", methods=("POST",))
def reset_password(login: str) -> tuple[str, int]:
    password = _one_time_password()
    people.reset_password(login, password, actor())
    return _password_page(login, password)


def _one_time_password() -> str:
    return secrets.token_urlsafe(12)


def _password_page(login: str, password: str) -> tuple[str, int]:
    """The new password is shown once, to be handed over and changed."""
    return render_template("people/password.html", login=login, password=password), 200
