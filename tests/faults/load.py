"""People who submit without pause to a server that may die at any moment, each with a journal of its own."""

from __future__ import annotations

import hashlib
import http.client
import io
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image
from werkzeug.datastructures import FileStorage

from core.config import Settings
from tests.faults.parts import part, wait_for
from tests.faults.visitor import Answer, Visitor

#: Who submits: two people of one unit, each in two browsers.
REPORTERS = {
    "one": "carriers-reporter",
    "two": "carriers-reporter",
    "three": "carriers-lead",
    "four": "carriers-lead",
}
PLACE = "/u/carriers/duties/CAR-03/week-3/new"
UPLOADS = "/api/v1/uploads/"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def picture(seed: int) -> bytes:
    """A photograph of 40 to 400 kB."""
    rng = random.Random(seed)
    side = rng.randrange(120, 400)
    stream = io.BytesIO()
    Image.frombytes("RGB", (side, side), rng.randbytes(side * side * 3)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def form(marker: str) -> dict[str, list[str]]:
    """A whole report of CAR-03 that can be found again by its wording."""
    return {
        "sent_at": ["2020-11-10T09:30"],
        "fraud_type": ["fake_police"],
        "wording": [marker],
        "recipients": ["1000"],
        "messages": ["1000"],
        "share_of_users": ["12.5"],
        "key": [marker],
    }


@dataclass
class Submission:
    """What a reporter wants to hand in, until it is acknowledged; kept in the client's own journal."""

    key: str
    content: bytes
    acknowledged: bool = False
    tries: int = 0

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def send(self, visitor: Visitor) -> None:
        self.tries += 1
        upload = FileStorage(io.BytesIO(self.content), f"{self.key}.jpg", content_type="image/jpeg")
        status, _body, where = visitor.post(PLACE, form(self.key), [upload])
        assert status == 302 and "/login" not in where, f"{self.key}: {status} {where}"
        self.acknowledged = True


@dataclass
class Sent:
    """A file that a reporter uploads in two pieces by tus, until it is acknowledged with its id in the bag."""

    key: str
    content: bytes
    url: str = ""
    bag_id: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def acknowledged(self) -> bool:
        return self.bag_id != ""

    def send(self, visitor: Visitor) -> None:
        if not self.url:
            length = {"Upload-Length": str(len(self.content)), "Idempotency-Key": self.key}
            answer = visitor.fetch("POST", UPLOADS, b"", self._headers(visitor) | length)
            assert answer.status == 201, f"{self.key}: POST {answer.status} {answer.content!r}"
            self.url = answer.headers["Location"]
        seen = self._ask(visitor)
        while not (found := seen.headers.get("Dudao-File")):
            at = int(seen.headers["Upload-Offset"])
            half = len(self.content) // 2
            piece = self.content[at:half] if at < half else self.content[at:]
            headers = self._headers(visitor) | {"Upload-Offset": str(at)}
            seen = visitor.fetch("PATCH", self.url, piece, headers)
            told = f"PATCH at {at} of {len(self.content)}: {seen.status} {seen.headers} {seen.content!r}"
            assert seen.status == 204, f"{self.key}: {told}"
        self.bag_id = found

    def _ask(self, visitor: Visitor) -> Answer:
        """Where the upload stands; a server that was killed may still be writing, then it says to ask again."""
        until = time.monotonic() + 60
        while True:
            seen = visitor.fetch("HEAD", self.url, b"", self._headers(visitor))
            if seen.status != 423 or time.monotonic() > until:
                assert seen.status == 200, f"{self.key}: HEAD {seen.status}"
                return seen

    def _headers(self, visitor: Visitor) -> dict[str, str]:
        return {
            "Tus-Resumable": "1.0.0",
            "X-CSRFToken": visitor.csrf,
            "Content-Type": "application/offset+octet-stream",
        }


@dataclass
class Load:
    """People who submit without pause, each sending again under the same key what was not acknowledged."""

    port: int
    visitors: dict[str, Visitor] = field(default_factory=dict)
    journal: list[Submission] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    wrong: list[BaseException] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    pictures: list[bytes] = field(default_factory=lambda: [picture(seed) for seed in range(12)])

    def sign_in(self) -> None:
        for name, login in REPORTERS.items():
            self.visitors[name] = Visitor(self.port)
            self.visitors[name].sign_in(login)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everybody at it; at the end all have noticed that the server is gone, or have been stopped."""
        self.stop.clear()
        threads = [threading.Thread(target=self._work, args=(name,)) for name in self.visitors]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def _work(self, name: str) -> None:
        rng = random.Random(f"{name} {len(self.journal)}")
        try:
            open_ones = [wish for wish in self.open_ones() if wish.key.startswith(f"{name} ")]
            while not self.stop.is_set():
                wish = open_ones.pop() if open_ones else self._new(name, rng)
                wish.send(self.visitors[name])
        except (OSError, http.client.HTTPException):
            return
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            self.wrong.append(error)

    def open_ones(self) -> list[Submission | Sent]:
        """What has not been acknowledged yet."""
        everything: list[Submission | Sent] = [*self.journal, *self.sent]
        return [wish for wish in everything if not wish.acknowledged]

    def _new(self, name: str, rng: random.Random) -> Submission | Sent:
        """One deed in three is an upload to the bag."""
        key, content = f"{name} {rng.getrandbits(64):016x}", rng.choice(self.pictures)
        if rng.random() < 1 / 3:
            upload = Sent(key, content + key.encode())
            self.sent.append(upload)
            return upload
        wish = Submission(key, content)
        self.journal.append(wish)
        return wish

    def finish(self) -> None:
        """Send again whatever is still open."""
        for wish in self.open_ones():
            wish.send(self.visitors[wish.key.split()[0]])


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A real `dudao serve` that answers."""

    with part(settings, "serve", "--port", str(port)) as process:
        wait_for(lambda: up(Visitor(port)), "the web server")
        yield process


def up(visitor: Visitor) -> bool:
    try:
        return visitor.ask("GET", "/healthz")[0] == 200
    except (OSError, http.client.HTTPException):
        return False
