"""A browser without a screen, standard library only: requests, forms with photographs, signing in.

A connection for each request, as a proxy in front opens them: connections that stay open are bound to one of
the server's processes, and how they happen to be spread would decide the figures.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

HOST = "127.0.0.1"
#: Seconds after which an answer counts as lost.
PATIENCE = 60.0
PHOTO_BYTES = 1024 * 1024

Fields = Sequence[tuple[str, str]]
_JPEG_HEAD = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_JPEG_END = b"\xff\xd9"
_NOISE = os.urandom(PHOTO_BYTES - len(_JPEG_HEAD) - len(_JPEG_END) - 16)


class WrongAnswer(Exception):
    """The server answered something else than the benchmark asks for: its figures would mean nothing."""


@dataclass(frozen=True)
class Request:
    """What is sent, and what a right answer is: its status, which is no redirect to the login page."""

    method: str
    path: str
    status: int = 200
    cookie: str = ""
    fields: Fields = ()
    photos: int = 0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))


def photo() -> bytes:
    """A new file of one megabyte that begins like a JPEG; no two are the same."""
    return _JPEG_HEAD + secrets.token_bytes(16) + _NOISE + _JPEG_END


def send(port: int, request: Request) -> Answer:
    """Send one request. Its time runs from before connecting until the last byte; the body is made before."""
    body, headers = _body(request)
    if request.cookie:
        headers["Cookie"] = request.cookie
    headers["Connection"] = "close"
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    began = time.perf_counter()
    try:
        connection.request(request.method, request.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        return Answer(answer.status, answer.headers, content, time.perf_counter() - began)
    finally:
        connection.close()


def expect(port: int, request: Request) -> Answer:
    """The right answer to a request, or WrongAnswer."""
    answer = send(port, request)
    lost = answer.location.split("?")[0].endswith("/login") and request.path != "/login"
    if answer.status != request.status or lost:
        what = f"{request.method} {request.path}: {answer.status} {answer.location}, wanted {request.status}"
        raise WrongAnswer(f"{what}\n{answer.body[:2000].decode('utf-8', 'replace')}")
    return answer


def _body(request: Request) -> tuple[bytes | None, dict[str, str]]:
    if request.method == "GET":
        return None, {}
    if not request.photos:
        encoded = urlencode([(name, value) for name, value in request.fields]).encode()
        return encoded, {"Content-Type": "application/x-www-form-urlencoded"}
    mark = secrets.token_hex(16)
    parts: list[bytes] = []
    for name, value in request.fields:
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for number in range(request.photos):
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="photo-{number + 1}.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n".encode()
        )
        parts += [photo(), b"\r\n"]
    parts.append(f"--{mark}--\r\n".encode())
    return b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={mark}"}


@dataclass
class Browser:
    """A person's browser: keeps cookies, reads the form's token from a page."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @classmethod
    def signed_in(cls, port: int, login: str, password: str) -> Browser:
        browser = cls(port)
        browser.token = browser._find_token("/login")
        browser.post("/login", [("login", login), ("password", password)])
        browser.token = browser._find_token("/account")
        return browser

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str) -> Answer:
        return self._keep_cookies(expect(self.port, Request("GET", path, cookie=self.cookie)))

    def post(self, path: str, fields: Fields) -> Answer:
        return self._keep_cookies(expect(self.port, self.posting(path, fields)))

    def posting(self, path: str, fields: Fields, photos: int = 0) -> Request:
        """A form to send later; the product answers every deed with a redirect."""
        return Request("POST", path, 302, self.cookie, [("csrf_token", self.token), *fields], photos)

    def _find_token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).body.decode())
        if found is None:
            raise WrongAnswer(f"{path} shows no form")
        return found[1]

    def _keep_cookies(self, answer: Answer) -> Answer:
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer
