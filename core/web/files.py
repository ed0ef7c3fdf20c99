"""The one function that serves evidence bytes (check F3)."""

from __future__ import annotations

from flask import Blueprint, Response, send_file

from core.domain.access import Permission
from core.services import evidence
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("files", __name__)
#: A file shown in place may run nothing and load nothing.
_SANDBOX = "default-src 'none'; sandbox"


@route(bp, "/files/<file_id>", Permission.READ_FILES)
def show(file_id: str) -> Response:
    """Evidence as it was uploaded: images in place, everything else as a download."""
    found = evidence.open_file(actor(), file_id)
    answer = send_file(
        found.path,
        mimetype=found.media_type,
        as_attachment=not found.inline,
        download_name=found.name,
        etag=found.sha256,
        conditional=True,
    )
    answer.headers["Content-Security-Policy"] = _SANDBOX
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
