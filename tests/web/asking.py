"""How tests ask for what the router has: a deed that will be accepted, and a cell of the access matrix."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from core.web.policy import READING
from tests.web import tus
from tests.web.site import Site
from tests.web.targets import Target

#: Headers of the upload protocol.
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {"Content-Type": tus.PIECE}


@dataclass(frozen=True)
class Attached:
    """A file in a form."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Deed:
    """A form that will be accepted; to an address for programs, headers that will be, and perhaps a piece of a file."""

    endpoint: str
    login: str
    url: str
    data: dict[str, Any] = field(default_factory=dict)
    status: int = 302
    action: str = ""
    object_id: str | None = None
    method: str = "POST"
    api: bool = False
    piece: bytes | None = None

    def send(
        self, site: Site, typed: dict[str, Any], *, login: str | None = None, **more: Any
    ) -> TestResponse:
        """Send what is typed instead of the deed's own data, as its account does or another. A token is part of it."""
        client = site.client(self.login if login is None else login)
        if self.api:
            named = {"X-CSRFToken" if name == "csrf_token" else name: value for name, value in typed.items()}
            sent: dict[str, Any] = {"headers": named, "data": self.piece}
        else:
            sent = {"data": {name: _part(value) for name, value in typed.items()}}
        # Read to its end here: some answers are files.
        return client.open(self.url, method=self.method, buffered=True, **sent, **more)

    def post(self, site: Site, **instead: Any) -> TestResponse:
        """Do it, with a valid token."""
        return self.send(site, {"csrf_token": site.token(self.login), **self.data, **instead})


def _part(value: Any) -> Any:
    return (io.BytesIO(value.content), value.name) if isinstance(value, Attached) else value


@dataclass(frozen=True)
class Cell:
    """One request, and the answer that those who may get."""

    endpoint: str
    method: str
    url: str
    target: Target
    data: dict[str, Any]
    answer: int
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, site: Site, login: str, /, method: str = "", place: str = "127.0.0.1", **more: Any
    ) -> TestResponse:
        """Send it as an account does, with a valid token where it changes something."""
        method = method or self.method
        data, headers = {**self.data, **more}, dict(self.headers)
        if method in READING:
            data = {}
        elif headers:
            headers["X-CSRFToken"] = site.token(login)
        else:
            data["csrf_token"] = site.token(login)
        return site.client(login).open(
            self.url,
            method=method,
            data=None if headers else data or None,
            headers=headers,
            environ_base={"REMOTE_ADDR": place},
            buffered=True,
        )

    def __str__(self) -> str:
        return f"{self.method} {self.url} ({self.endpoint}, {self.target.name})"
