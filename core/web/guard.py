"""The one gate that every request passes: who, may they, for which records; and the record of what was refused."""

from __future__ import annotations

import logging
import secrets
from typing import Any, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from core.domain.access import Actor, Permission, Scope
from core.services import failures, plugins, sessions
from core.services.admission import refuse_disabled
from core.services.failures import HookFailed
from core.services.origin import Origin, origin, set_origin
from core.services.plugin_data import types_of
from core.services.runtime import runtime
from core.services.work import record_refusal
from core.store.db import db
from core.store.queries import units
from core.store.scope import set_scope
from core.web.policy import READING, Policy, policies
from core.web.readable import refuse_foreign_host, refuse_unreadable

log = logging.getLogger(__name__)
logins = LoginManager()


class Person(UserMixin):
    """Flask-Login's user: its id is the secret of a session kept on the server."""

    def __init__(self, secret: str, signed: sessions.Signed) -> None:
        self.secret = secret
        self.signed = signed

    def get_id(self) -> str:
        return self.secret


@logins.user_loader
def _load(secret: str) -> Person | None:
    signed = sessions.find(secret)
    return Person(secret, signed) if signed else None


def open_session(secret: str) -> None:
    """Sign the browser in; what an earlier visitor left in its cookie is dropped."""
    session.clear()
    signed = sessions.find(secret)
    if signed is not None:
        login_user(Person(secret, signed))


def close_session() -> None:
    logout_user()
    session.clear()


def actor() -> Actor:
    """The signed-in person; only for routes that are not public."""
    return cast("Actor", g.actor)


def signed() -> sessions.Signed:
    return cast("Person", current_user).signed


def install(app: Flask) -> None:
    """Check that every route is declared, then put the gate before and the record behind each request."""
    logins.init_app(app)
    logins.session_protection = None
    declared = policies(app)
    app.extensions["dudao_policies"] = declared

    @app.url_value_preprocessor
    def arrive(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        """Runs before anything may refuse the request, a stale form's token included."""
        set_origin(Origin(request.remote_addr or "", request_id=secrets.token_hex(8)))
        set_scope(db.session, Scope())
        g.actor = current_user.signed.actor if current_user.is_authenticated else None
        g.plugins_on = frozenset()
        refuse_foreign_host()
        policy = declared.get(request.endpoint or "")
        # Large bodies are read for people who may send files, not for strangers.
        known = policy if policy is not None and g.actor is not None else None
        refuse_unreadable(
            files=known is not None and known.unit_pages, pieces=known is not None and known.pieces
        )

    @app.before_request
    def gate() -> BaseResponse | None:
        return None if request.endpoint is None else _pass(declared[request.endpoint])

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        set_origin(None)

    @app.after_request
    def note(response: Response) -> Response:
        _record_plugin_failures()
        response.headers["X-Request-Id"] = origin().request_id
        policy = declared.get(request.endpoint or "")
        if policy and policy.audit and _unrecorded(policy, response.status_code):
            _record(policy.audit, response.status_code)
        return response


def _pass(policy: Policy) -> BaseResponse | None:
    """Open the request's scope to whoever may do this; an answer where it goes no further."""
    if policy.permission is Permission.PUBLIC:
        return None
    if g.actor is None:
        return abort(401) if policy.api else _to_login()
    g.plugins_on = plugins.on()
    _admit(g.actor, policy)
    set_scope(db.session, g.actor.scope(policy.permission))
    if policy.unit_pages:
        _admit_unit_pages(g.actor)
    if policy.plugin is not None:
        _admit_plugin_pages(g.actor, policy)
    return None


def _to_login() -> BaseResponse:
    """To the login page, and from there back to where the person was, if that can be opened again."""
    adapter = current_app.url_map.bind("")
    again = adapter.test(request.path, "GET")
    return redirect(url_for("account.login", next=request.full_path.rstrip("?") if again else None))


def _admit(who: Actor, policy: Policy) -> None:
    """403 where a role is lacking: the page exists for others, and that is no secret."""
    if not who.may(policy.permission):
        abort(403)


def _admit_unit_pages(who: Actor) -> None:
    """A unit type's pages: 404 while its plugin is off or the person has no unit of the type there."""
    unit_type = (request.view_args or {}).get("unit_type", "")
    owner = runtime().registry.owner_of_type.get(unit_type)
    if owner is None or owner not in g.plugins_on:
        abort(404)
    _admit_unit(who, frozenset({unit_type}))


def _admit_plugin_pages(who: Actor, policy: Policy) -> None:
    """A plugin's own pages: 404 while it is off, and for people without a unit of its types where it is for units."""
    key = policy.plugin or ""
    if key not in g.plugins_on:
        abort(404)
    if policy.permission is Permission.REPORT:
        _admit_unit(who, types_of(key))


def _admit_unit(who: Actor, types: frozenset[str] | None) -> None:
    """Say for which own unit of some types the person works here; 404 without one."""
    own = units.several(db.session(), who.unit_ids)
    here = [unit for unit in own if types is None or unit.unit_type in types]
    if not here:
        abort(404)
    wanted = request.args.get("unit", type=int)
    g.unit = next((unit for unit in here if unit.id == wanted), here[0])
    refuse_disabled(g.unit)


def _unrecorded(policy: Policy, status: int) -> bool:
    """Whether a changing request ended without its deed's record.

    What is open to everybody and went well was no refusal, e.g. a stranger's choice of language; nor is a piece of a
    file that was taken in.
    """
    harmless = (policy.permission is Permission.PUBLIC or policy.pieces) and status < 400
    return request.method not in READING and not origin().recorded and not harmless


def _failed_at_start() -> list[HookFailed]:
    """What failed when this process was started, told once: then there was no transaction to write it in."""
    waiting: list[HookFailed] = current_app.extensions["dudao_failed_at_start"]
    taken = list(waiting)
    del waiting[: len(taken)]
    return taken


def _record_plugin_failures() -> None:
    """Write down where plugins failed in this request; the answer stays."""
    failed = [*_failed_at_start(), *g.pop("plugin_failures", ())]
    if failed:
        try:
            failures.record(failed)
        except Exception:
            log.exception("failures of plugins could not be recorded")


_OUTCOMES = {
    401: "denied",
    403: "denied",
    404: "denied",
    409: "conflict",
    423: "conflict",
    400: "invalid",
    412: "invalid",
    413: "invalid",
    415: "invalid",
    422: "invalid",
    460: "invalid",
    429: "denied",
}


def _record(action: str, status: int) -> None:
    """One record for a deed that did not happen; a failure to write it is logged, the answer stays."""
    outcome = _OUTCOMES.get(status, "failed" if status >= 500 else "denied")
    detail: dict[str, Any] = {"status": status, "path": request.path[:200], **g.get("refused", {})}
    try:
        record_refusal(g.get("actor"), action, outcome, detail)
    except Exception:
        log.exception("a refusal could not be recorded")
