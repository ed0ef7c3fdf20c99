"""A tus client without a socket, for the site of a test."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from core.services.runtime import runtime
from core.store.models import BagFile, Upload
from tests.web.site import Site

URL = "/api/v1/uploads/"
PIECE = "application/offset+octet-stream"


def metadata(**said: str | bytes) -> str:
    """`Upload-Metadata`; bytes are sent as they are, whatever encoding they have."""
    return ",".join(
        f"{name} {b64encode(value if isinstance(value, bytes) else value.encode()).decode()}"
        for name, value in said.items()
    )


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {b64encode(hashlib.new(algorithm, content).digest()).decode()}"


class Tus:
    """What an account sends. Every request has the protocol's version and the form token."""

    def __init__(self, site: Site, login: str) -> None:
        self.site, self.login = site, login

    def ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        announced: int | None = None,
        **headers: str,
    ) -> TestResponse:
        """A request; with `announced` the body breaks off before so many bytes came."""
        sent = {"Tus-Resumable": "1.0.0", "X-CSRFToken": self.site.token(self.login)}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        more: dict[str, Any] = {}
        if body is not None:
            length = len(body) if announced is None else announced
            more = {
                "input_stream": io.BytesIO(body),
                "environ_overrides": {"CONTENT_LENGTH": str(length)},
            }
            sent.setdefault("Content-Type", PIECE)
        return self.site.client(self.login).open(url, method=method, headers=_present(sent), **more)

    def create(
        self,
        size: int,
        name: str | bytes = "现场.txt",
        unit: int | None = None,
        body: bytes | None = None,
        **said: str,
    ) -> TestResponse:
        where = {} if unit is None else {"unit": str(unit)}
        header = metadata(filename=name, **where, **said)
        return self.ask("POST", URL, body, Upload_Length=str(size), Upload_Metadata=header)

    def begin(self, size: int, name: str | bytes = "现场.txt", **more: Any) -> str:
        """Where a new upload is."""
        answer = self.create(size, name, **more)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def patch(self, url: str, offset: int, piece: bytes, **more: Any) -> TestResponse:
        return self.ask("PATCH", url, piece, Upload_Offset=str(offset), **more)

    def head(self, url: str) -> TestResponse:
        return self.ask("HEAD", url)

    def offset(self, url: str) -> int:
        answer = self.head(url)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def send(self, content: bytes, name: str | bytes = "现场.txt", **said: Any) -> str:
        """A whole file; answers with its id in the bag."""
        answer = self.patch(self.begin(len(content), name, **said), 0, content)
        assert answer.status_code == 204, answer.text
        return answer.headers["Dudao-File"]


def _present(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that are not left out by giving them no value."""
    return {name: value for name, value in headers.items() if value}


def bag(site: Site) -> list[BagFile]:
    """All files of all bags that came by uploading."""
    with site.inside() as session:
        statement = select(BagFile).join(Upload, Upload.bag_id == BagFile.id)
        return list(session.scalars(statement.order_by(BagFile.added_at, BagFile.id)))


def content_of(site: Site, sha256: str) -> bytes:
    with site.inside(), runtime().evidence.open(sha256) as file:
        return file.read()


def lying_in_wait(site: Site) -> list[str]:
    """Names of what lies in the folder of part files."""
    with site.inside():
        return sorted(path.name for path in runtime().evidence.incoming.iterdir())
