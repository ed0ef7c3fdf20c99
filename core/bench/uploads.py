"""What an upload costs: through the real server against hashing, writing and syncing the same bytes, and its memory.

Both take turns in every round, so that whatever else the machine does meets both. Each upload is one request; the
bytes come from a file that the machine has in its memory.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import secrets
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from core.bench import servers, world
from core.bench.browser import HOST, Browser, WrongAnswer
from core.bench.measure import Say
from core.bench.servers import Server

_MEGABYTE = 1024 * 1024
_URL = "/api/v1/uploads/"
#: How a film begins, as far as its type can be told.
_FILM = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2"
_PATIENCE = 600.0


@dataclass(frozen=True)
class Effort:
    """How many rounds with files of so many megabytes, and how large the file is whose memory is looked at."""

    rounds: int
    megabytes: int
    large: int


FULL, QUICK = Effort(9, 256, 2048), Effort(3, 64, 256)


@dataclass(frozen=True)
class Uploads:
    """Megabytes a second; `ratio` is the median of the rounds' own. Memory is what the largest process grew by."""

    megabytes: int
    bare_mb_s: float
    upload_mb_s: float
    ratio: float
    rounds: list[float]
    large_mb: int
    large_mb_s: float
    grown_mb: float


def run(quick: bool, say: Say, folder: Path | None = None) -> Uploads:
    """Measure on a throwaway installation; its folder is removed and its server ended afterwards."""
    effort = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(dir=folder, prefix="dudao-bench-") as place:
        say("making an installation")
        [made] = world.build(Path(place), (1,), reporters=1, inspectors=1)
        settings = replace(made.settings, unit_bytes=2**50)
        with servers.product(settings) as server:
            browser = Browser.signed_in(server.port, next(iter(made.homes)), made.password)
            return _measure(effort, server, browser, Path(place), say)


def _measure(effort: Effort, server: Server, browser: Browser, place: Path, say: Say) -> Uploads:
    source = place / "film.mp4"
    _film(source, 4)
    for _seat in range(2 * servers.WORKERS * servers.THREADS):
        _upload(browser, source)
    bare, uploaded = [], []
    for number in range(effort.rounds):
        say(f"{effort.megabytes} MB, round {number + 1} of {effort.rounds}")
        _film(source, effort.megabytes)
        bare.append(_timed(lambda: _bare(source, place / "bare")))
        uploaded.append(_timed(lambda: _upload(browser, source)))
    say(f"memory while {effort.large} MB arrive")
    _film(source, effort.large)
    before = _resident(server.pid)
    with _highest(lambda: _resident(server.pid)) as most:
        took = _timed(lambda: _upload(browser, source))
    rounds = [one / other for one, other in zip(bare, uploaded, strict=True)]
    return Uploads(
        megabytes=effort.megabytes,
        bare_mb_s=effort.megabytes / median(bare),
        upload_mb_s=effort.megabytes / median(uploaded),
        ratio=median(rounds),
        rounds=rounds,
        large_mb=effort.large,
        large_mb_s=effort.large / took,
        grown_mb=(most() - before) / _MEGABYTE,
    )


def table(found: Uploads) -> Iterator[str]:
    """Line by line."""
    spread = f"{min(found.rounds):.2f}–{max(found.rounds):.2f}"
    yield (
        f"{found.megabytes} MB: {found.upload_mb_s:.0f} MB/s uploaded, {found.bare_mb_s:.0f} MB/s hashed, written and "
        f"synced: ratio {found.ratio:.2f} ({spread})"
    )
    yield (
        f"{found.large_mb} MB in one upload: {found.large_mb_s:.0f} MB/s, "
        f"the largest process grew by {found.grown_mb:.1f} MB"
    )


def _film(path: Path, megabytes: int) -> None:
    """A file that counts as a film; no two are the same."""
    block = secrets.token_bytes(_MEGABYTE)
    with path.open("wb") as file:
        file.write(_FILM + block[len(_FILM) :])
        for _number in range(megabytes - 1):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _bare(source: Path, target: Path) -> None:
    """What any server must do with the bytes: hash them, write them, wait for the disk."""
    digest = hashlib.sha256()
    with source.open("rb") as given, target.open("wb") as file:
        while piece := given.read(_MEGABYTE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    target.unlink()


def _upload(browser: Browser, source: Path) -> None:
    size = str(source.stat().st_size)
    name = b64encode(b"film.mp4").decode()
    begun = _ask(browser, "POST", _URL, {"Upload-Length": size, "Upload-Metadata": f"filename {name}"}, 201)
    with source.open("rb") as file:
        piece = {
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": size,
        }
        _ask(browser, "PATCH", begun["Location"], piece, 204, file)


def _ask(
    browser: Browser,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    body: object = None,
) -> http.client.HTTPMessage:
    connection = http.client.HTTPConnection(HOST, browser.port, timeout=_PATIENCE, blocksize=_MEGABYTE)
    own = {"Tus-Resumable": "1.0.0", "X-CSRFToken": browser.token, "Cookie": browser.cookie}
    try:
        connection.request(method, path, body, own | headers)  # type: ignore[arg-type]  # an open file will do
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != status:
        raise WrongAnswer(f"{method} {path}: {answer.status}\n{content[:2000].decode('utf-8', 'replace')}")
    return answer.headers


def _timed(deed: Callable[[], None]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def _resident(pid: int) -> int:
    """Bytes that the largest of a process and all below it holds in memory."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return 0
    return max(pages * os.sysconf("SC_PAGE_SIZE"), *map(_resident, map(int, below)), 0)


@contextmanager
def _highest(measure: Callable[[], int]) -> Iterator[Callable[[], int]]:
    """The highest value of a measure while the block lasts."""
    seen, stop = [measure()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            seen.append(measure())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: max(seen)
    finally:
        stop.set()
        thread.join()
