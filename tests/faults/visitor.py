"""A browser without JavaScript over real sockets, for servers that die in the middle of an answer."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import SimpleCookie

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from tests.conftest import PASSWORD


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content: bytes
    headers: Message


@dataclass
class Visitor:
    """A signed-in person's browser. Every request opens a connection of its own: the server may have been killed."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        """Status, body and place to go on at. Raises OSError or HTTPException where no whole answer came."""
        answer = self.fetch(method, path, body, headers)
        return answer.status, answer.content, answer.headers.get("Location", "")

    def fetch(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The same with all headers of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, {"Cookie": cookie, **(headers or {})})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Answer(answer.status, content, answer.headers)

    def post(
        self, path: str, fields: Mapping[str, Sequence[str]], files: Sequence[FileStorage] = ()
    ) -> tuple[int, bytes, str]:
        """Send a form."""
        values: MultiDict[str, object] = MultiDict([("csrf_token", self.csrf)])
        for name, several in fields.items():
            for value in several:
                values.add(name, value)
        for file in files:
            values.add("files", file)
        boundary, body = encode_multipart(values)
        return self.ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def sign_in(self, login: str) -> None:
        self._read_token("/login")
        status, _body, _where = self.post("/login", {"login": [login], "password": [PASSWORD]})
        assert status == 302, f"{login} could not sign in: {status}"
        self._read_token("/account")

    def _read_token(self, page: str) -> None:
        _status, content, _where = self.ask("GET", page)
        found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', content)
        assert found, f"no form on {page}"
        self.csrf = found[1].decode()
