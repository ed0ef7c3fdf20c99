"""Deeds with whatever bytes in their fields: bodies and headers as they come over the wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests.web.asking import Attached, Deed
from tests.web.site import Site

EDGE = b"----an-edge-that-nobody-types"


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def encoded(data: dict[str, Any], token: str) -> tuple[bytes, str]:
    """A form's body, with whatever bytes are in it, and its type: as browsers send it with files and without."""
    pairs: list[tuple[str, Any]] = [("csrf_token", token)]
    for name, value in data.items():
        pairs += [(name, item) for item in (value if isinstance(value, list) else [value])]
    if not any(isinstance(value, Attached) for _name, value in pairs):
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
    parts = b"".join(_part(name, value) for name, value in pairs)
    return parts + b"--" + EDGE + b"--\r\n", f"multipart/form-data; boundary={EDGE.decode()}"


def _part(name: str, value: Any) -> bytes:
    head, content = f'name="{name}"', value
    if isinstance(value, Attached):
        head, content = f'{head}; filename="{value.name}"', value.content
    about = f"Content-Disposition: form-data; {head}".encode()
    return b"--" + EDGE + b"\r\n" + about + b"\r\n\r\n" + as_bytes(content) + b"\r\n"


#: Fields of every form, by the names that headers have.
AS_HEADERS = {"key": "Idempotency-Key"}


def headers(data: dict[str, Any], token: str) -> dict[str, str]:
    """Headers as a server hands them over: whatever bytes, but no line's end and no NUL, which none lets through."""
    found = {"HTTP_X_CSRFTOKEN": token}
    for name, value in data.items():
        key = AS_HEADERS.get(name, name).upper().replace("-", "_")
        text = as_bytes(value).translate(None, b"\r\n\0").decode("latin-1")
        found["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return found


def send(site: Site, deed: Deed, data: dict[str, Any], url: str | None = None) -> TestResponse:
    place = {"REMOTE_ADDR": f"10.1.{hash(str(data)) % 250}.{hash(deed.url) % 250}"}
    client, token = site.client(deed.login), site.token(deed.login)
    if deed.api:
        sent = place | headers(data, token)
        return client.open(
            url or deed.url,
            method=deed.method,
            data=deed.piece,
            environ_overrides=sent,
            buffered=True,
        )
    body, kind = encoded(data, token)
    return client.open(
        url or deed.url, method=deed.method, data=body, content_type=kind, environ_base=place, buffered=True
    )
