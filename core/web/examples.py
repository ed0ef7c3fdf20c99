"""Pictures that plugins show as examples of good and bad evidence."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, send_file

from core.domain.access import Permission
from core.services.runtime import runtime
from core.web.policy import route

bp = Blueprint("examples", __name__)


@route(bp, "/examples/<plugin>/<picture>", Permission.SIGNED_IN)
def show(plugin: str, picture: str) -> Response:
    """A declared picture of a plugin that is on; nothing else of its folder."""
    path = runtime().registry.example(plugin, picture) if plugin in g.plugins_on else None
    if path is None or not path.is_file():
        abort(404)
    answer = send_file(path, max_age=3600)
    # For whoever is signed in: no proxy on the way may keep it for others.
    answer.cache_control.public, answer.cache_control.private = False, True
    return answer
