"""Whether a request can be read at all: for which host it is, how large, and whether a database takes its text."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import abort, current_app, request

from core.domain import tus
from core.services.runtime import runtime
from core.web.policy import READING

#: Machines ask these by the address that they know.
_SIGNS_OF_LIFE = ("home.healthz", "home.readyz")


def refuse_foreign_host() -> None:
    """Answer 400 to any other host once the installation's own address is set (fact M14)."""
    own = urlsplit(runtime().settings.base_url or "").netloc
    if own and request.host.lower() != own.lower() and request.endpoint not in _SIGNS_OF_LIFE:
        abort(400)


def refuse_unreadable(*, files: bool, pieces: bool) -> None:
    """Answer 413 to a form that is too large, 400 to one with a nameless field or a NUL in it.

    Werkzeug limits the text of a multipart form only; elsewhere it would read all that a form with files may have.
    A piece of a file is no form, and nothing here reads it.
    """
    if pieces and request.mimetype == tus.MEDIA_TYPE:
        request.max_content_length = runtime().settings.max_file
    elif not files or request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]
    if any(text is None or "\0" in text for text in _texts()):
        abort(400)


def _texts() -> Iterator[str | None]:
    yield request.path
    for name, value in request.args.items(multi=True):
        yield from (name, value)
    if request.method not in READING:
        for name, value in request.form.items(multi=True):
            yield from (name, value)
