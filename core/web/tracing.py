"""The developers' page: which hooks of which plugins each request and job called, how long, with what result."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, g, render_template, request

from core.domain.access import Permission
from core.services import tracing
from core.web.policy import route

bp = Blueprint("tracing", __name__, url_prefix="/office/plugin-trace")


@route(bp, "", Permission.SWITCH_PLUGINS)
def index() -> str:
    return render_template("plugin/trace.html", traced=tracing.recent() if tracing.is_on() else None)


def install(app: Flask) -> None:
    """Listen to each request, where tracing is on."""
    if not app.extensions["dudao"].settings.trace:
        return

    @app.before_request
    def listen() -> None:
        g.plugin_calls = tracing.listen()

    @app.after_request
    def keep(response: Response) -> Response:
        calls = g.get("plugin_calls", [])
        tracing.keep(f"{request.method} {request.path}", calls)
        for call in calls:
            response.headers.add(
                "Server-Timing", f"{call.plugin}-{call.hook.replace(':', '-')};dur={call.milliseconds:.1f}"
            )
        return response
