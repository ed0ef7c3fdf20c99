"""Large files over bad connections, by an existing client of the protocol against the real server (checks K9, F8)."""

from __future__ import annotations

import http.client
import random
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tusclient.exceptions import TusCommunicationError

from core.config import Settings
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import BagFile, Upload
from tests.conftest import actor, settings_for
from tests.faults.test_crash import looking
from tests.faults.uploader import MEGABYTE, URL, Killable, Network, film, highest, uploader
from tests.faults.visitor import Visitor

pytestmark = pytest.mark.slow
LOGIN = "carriers-reporter"
#: What a system keeps for a process that has not read it yet is lost when the process is killed.
UNREAD = 8 * MEGABYTE


@pytest.fixture
def settings(data_folder: Path, tmp_path: Path) -> Iterator[Settings]:
    """Room for everything; the large files do not stay behind."""
    yield settings_for(data_folder, DUDAO_UNIT_QUOTA_MB="200000", DUDAO_MAX_FILE_MB="4096")
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def server(settings: Settings) -> Iterator[Killable]:
    running = Killable(settings)
    yield running
    running.close()


@pytest.fixture
def visitor(server: Killable) -> Visitor:
    made = Visitor(server.port)
    made.sign_in(LOGIN)
    return made


EFFORTS = [
    pytest.param(10, (5, 5), 3, 1, 2, id="ten"),
    pytest.param(100, (50, 500), 10, 3, 16, id="hundred", marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("files", "megabytes", "cuts", "kills", "piece"), EFFORTS)
def test_every_file_arrives_whole_however_often_its_connection_is_cut(
    settings: Settings,
    server: Killable,
    visitor: Visitor,
    tmp_path: Path,
    files: int,
    megabytes: tuple[int, int],
    cuts: int,
    kills: int,
    piece: int,
) -> None:
    """K9: by tuspy through a network that cuts; a few cuts are a kill -9 of the server. Bytes sent: at most 105 %."""
    rng = random.Random(files)
    whole = 0
    sent: list[str] = []
    killing = set(rng.sample(range(files), kills))
    with Network(server.port).open() as network:
        for number in range(files):
            size = rng.randint(*megabytes) * MEGABYTE + rng.randrange(1000)
            sent.append(film(tmp_path / "film.mp4", size, number))
            whole += size
            points = [rng.randrange(size) for _ in range(cuts)]
            network.plan(points[1:] if number in killing else points)
            if number in killing:
                network.plan(points[:1], server.kill)
            send(visitor, network.port, tmp_path / "film.mp4", f"{number}.mp4", piece)
            network.events.clear()
            if files > 50:
                with looking(settings):
                    check([sent[-1]], keep=False)
    ratio = network.carried / whole
    print(
        f"{files} files, {whole / MEGABYTE:.0f} MB, {network.cuts} cuts, {server.kills} kills: {ratio:.1%} sent"
    )
    assert network.cuts >= files * cuts * 0.8 and server.kills == kills
    assert network.carried <= whole * 1.05 + kills * UNREAD
    with looking(settings):
        if files <= 50:
            check(sent, keep=True)
        assert db.session.scalar(select(func.count(Upload.id)).where(Upload.bag_id.is_not(None))) == files
        assert list(runtime().evidence.incoming.iterdir()) == []


def send(visitor: Visitor, port: int, path: Path, name: str, piece: int) -> None:
    """Until it is there: the creation is tried again too, which the library leaves to its user."""
    with path.open("rb") as file:
        upload = uploader(visitor, port, file, name, piece=piece * MEGABYTE)
        for _time in range(50):
            try:
                upload.set_url(upload.create_url())
                break
            except TusCommunicationError:
                time.sleep(0.2)
        upload.upload()
        assert upload.offset == path.stat().st_size


def check(hashes: list[str], *, keep: bool) -> None:
    """Each file is in the bag once, bit by bit."""
    for sha256 in hashes:
        rows = db.session.scalars(select(BagFile).where(BagFile.sha256 == sha256)).all()
        assert len(rows) == 1, f"{len(rows)} rows"
        assert runtime().evidence.digest(sha256) == sha256
        if not keep:
            path = runtime().evidence.path(sha256)
            assert path is not None
            path.unlink()


@pytest.mark.parametrize(
    "megabytes", [pytest.param(200, id="200 MB"), pytest.param(2048, id="2 GB", marks=pytest.mark.soak)]
)
def test_a_large_file_does_not_grow_a_process(
    server: Killable, visitor: Visitor, tmp_path: Path, megabytes: int
) -> None:
    film(tmp_path / "small.mp4", MEGABYTE, 1)
    for _time in range(8):  # every thread and process has done it once
        stream(visitor, tmp_path / "small.mp4")
    path = tmp_path / "large.mp4"
    film(path, megabytes * MEGABYTE, 2)
    before = server.memory()
    with highest(server.memory) as most:
        began = time.monotonic()
        stream(visitor, path)
        took = time.monotonic() - began
    grown = (most() - before) / MEGABYTE
    print(f"{megabytes} MB in {took:.1f} s ({megabytes / took:.0f} MB/s), {grown:+.1f} MB resident")
    assert grown <= 32


def create(visitor: Visitor, size: int) -> str:
    headers = {"Tus-Resumable": "1.0.0", "X-CSRFToken": visitor.csrf, "Upload-Length": str(size)}
    status, content, where = visitor.ask("POST", URL, b"", headers)
    assert status == 201, content.decode()
    return where


def stream(visitor: Visitor, path: Path) -> None:
    """A whole file in one request."""
    size = path.stat().st_size
    url = create(visitor, size)
    with path.open("rb") as file:
        connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=120)
        connection.request("PATCH", url, file, piece_headers(visitor, 0) | {"Content-Length": str(size)})
        assert connection.getresponse().status == 204
        connection.close()


def piece_headers(visitor: Visitor, offset: int) -> dict[str, str]:
    return {
        "Tus-Resumable": "1.0.0",
        "X-CSRFToken": visitor.csrf,
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
        "Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()),
    }


def half_sent(visitor: Visitor, url: str, announced: int, sent: bytes) -> socket.socket:
    """A connection that has sent the first bytes of a piece and then no more."""
    lines = [f"PATCH {url} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {announced}"]
    lines += [f"{name}: {value}" for name, value in piece_headers(visitor, 0).items()]
    connection = socket.create_connection(("127.0.0.1", visitor.port))
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + sent)
    return connection


def offset(visitor: Visitor, url: str) -> int:
    """Asked again, as clients do, while the server says that another connection still writes."""
    until = time.monotonic() + 30
    while (answer := visitor.fetch("HEAD", url, b"", piece_headers(visitor, 0))).status == 423:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert answer.status == 200
    return int(answer.headers["Upload-Offset"])


def test_a_silent_connection_makes_room_for_the_one_that_goes_on(visitor: Visitor) -> None:
    """A phone that lost its network leaves a dead connection behind: the new one does not wait until it times out."""
    url = create(visitor, MEGABYTE)
    with half_sent(visitor, url, 900_000, b"a" * 300_000):
        time.sleep(2.5)
        began = time.monotonic()
        kept = offset(visitor, url)
        assert 290_000 <= kept <= 300_000, "what lies in a buffer of less than a small piece is sent again"
        status, _content, _where = visitor.ask("PATCH", url, b"b" * 100, piece_headers(visitor, kept))
        assert status == 204
        assert time.monotonic() - began < 8
    assert offset(visitor, url) == kept + 100


def test_a_connection_that_goes_on_is_not_thrown_out_by_another(visitor: Visitor) -> None:
    url = create(visitor, 10_000)
    with half_sent(visitor, url, 9_000, b"a" * 10) as busy:
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.05):
                busy.sendall(b"a" * 20)

        dripping = threading.Thread(target=drip)
        dripping.start()
        time.sleep(1)  # the first one has begun
        try:
            status, _content, _where = visitor.ask("PATCH", url, b"b", piece_headers(visitor, 0))
        finally:
            stop.set()
            dripping.join()
    assert status in (409, 423)


def test_a_foreign_person_learns_nothing_of_an_upload(server: Killable, visitor: Visitor) -> None:
    url = create(visitor, 1000)
    stranger = Visitor(server.port)
    stranger.sign_in("carriers-lead")
    for method in ("HEAD", "PATCH", "DELETE"):
        status, _content, _where = stranger.ask(method, url, b"", piece_headers(stranger, 0))
        assert status == 404


def test_fifty_at_once_fill_a_quota_to_the_last_file(data_folder: Path) -> None:
    """F8 on the real server: ten files fit, fifty are sent at once."""
    plain = settings_for(data_folder)
    with looking(plain):
        [unit_id] = actor(LOGIN).unit_ids
        have = held_by(unit_id)
    running = Killable(settings_for(data_folder, DUDAO_UNIT_FILES=str(have + 10)))
    try:
        visitor = Visitor(running.port)
        visitor.sign_in(LOGIN)
        content = "一条短信".encode() * 100
        headers = piece_headers(visitor, 0) | {"Upload-Length": str(len(content))}
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _n: visitor.ask("POST", URL, content, headers)[0], range(50)))
    finally:
        running.close()
    assert sorted(set(answers)) == [201, 422], answers
    assert answers.count(201) == 10
    with looking(plain):
        assert held_by(unit_id) == have + 10


def held_by(unit_id: int) -> int:
    """How many files a unit's bag holds."""
    there = (BagFile.unit_id == unit_id, BagFile.removed_at.is_(None))
    return db.session.scalar(select(func.count(BagFile.id)).where(*there)) or 0
