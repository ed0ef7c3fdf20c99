"""How evidence bytes leave: one function for originals and one for previews, with the same headers (check F3)."""

from __future__ import annotations

from typing import BinaryIO

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_range_header
from werkzeug.wsgi import FileWrapper

from core.domain.downloads import disposition
from core.services import opening
from core.services.opening import Opened
from core.services.runtime import runtime

#: A file shown in place may run nothing and load nothing; a film opened by itself may still play.
SANDBOX = "default-src 'none'; sandbox"
FILM_SANDBOX = "default-src 'none'; media-src 'self'; sandbox"
CHUNK = 256 * 1024
LINK_SECONDS = 300


def send(opened: Opened, *, download: bool = False) -> Response:
    """An original: in place where a browser can do no harm with it, else as a download."""
    inline = opened.inline and not download
    headers = _headers(opened, inline)
    handed_over = _by_proxy(opened, headers) or (None if inline else _by_store(opened, headers))
    if handed_over is not None:
        opened.stream.close()
        return handed_over
    return _stream(opened.stream, opened.size, headers)


def send_preview(data: bytes) -> Response:
    """A preview, which is always a WebP picture of the product's own making."""
    return Response(
        data, mimetype="image/webp", headers={"Content-Disposition": "inline", **_closed(SANDBOX)}
    )


def _headers(opened: Opened, inline: bool) -> dict[str, str]:
    film = opened.media_type.startswith("video/")
    return {
        "Content-Type": opened.media_type,
        "Content-Disposition": disposition(opened.name, inline=inline),
        "ETag": f'"{opened.sha256}"',
        **_closed(FILM_SANDBOX if film else SANDBOX),
    }


def _closed(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


def _by_proxy(opened: Opened, headers: dict[str, str]) -> Response | None:
    """nginx sends the file itself (X-Accel-Redirect), ranges included, under these very headers."""
    prefix = runtime().settings.offload.removeprefix("nginx:")
    if prefix == runtime().settings.offload or opened.path is None:
        return None
    inside = "/".join(opened.path.parts[-3:])
    answer = Response(headers={**headers, "X-Accel-Redirect": f"{prefix.rstrip('/')}/{inside}"})
    answer.automatically_set_content_length = False
    return answer


def _by_store(opened: Opened, headers: dict[str, str]) -> Response | None:
    """A short-lived link to the store, for downloads alone.

    What is shown in place comes from here: the store cannot send a content policy, and ours lets a page show nothing
    from elsewhere. Nor may a form's answer lead elsewhere.
    """
    if runtime().settings.offload != "s3" or request.method == "POST":
        return None
    address = opening.link(opened, LINK_SECONDS)
    if address is None:
        return None
    answer = Response(
        status=302, headers={**_closed(headers["Content-Security-Policy"]), "Location": address}
    )
    answer.autocorrect_location_header = False
    return answer


def _stream(stream: BinaryIO, size: int, headers: dict[str, str]) -> Response:
    """The bytes from a seekable reader, whole or the one range that was asked for, never all of it in memory."""
    answer = Response(FileWrapper(stream, CHUNK), headers=headers, direct_passthrough=True)
    answer.content_length = size
    environ = dict(request.environ)
    asked = parse_range_header(environ.get("HTTP_RANGE"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        environ.pop("HTTP_RANGE", None)  # RFC 9110: what is not understood is not there
    try:
        answer.make_conditional(environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        answer.close()
        return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if answer.status_code == 304:
        del answer.headers["Content-Length"]
    return answer
