"""Evidence in an S3 store that fails at will: what was acknowledged is always in the spool, or whole in the store (K6)."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from core.config import SettingsError, from_environment
from core.store.evidence import EvidenceBucket, StorageFailed, Unrecognised, open_store
from core.store.evidence.bucket import PIECE
from tests import s3
from tests.faults.parts import ROOT, wait_for
from tests.unit.files import picture

pytestmark = pytest.mark.slow

PHOTO = picture("JPEG")
LIMIT = 10**9


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with s3.server() as started:
        yield started


@pytest.fixture
def proxy(port: int) -> Iterator[s3.Proxy]:
    with s3.failing(port) as made:
        yield made


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A place of its own in the bucket for each test."""
    return hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]


@pytest.fixture
def store(port: int, prefix: str, tmp_path: Path) -> EvidenceBucket:
    return EvidenceBucket(s3.address(port, prefix), tmp_path / "spool", eager=False)


@pytest.fixture
def shaky(proxy: s3.Proxy, prefix: str, tmp_path: Path) -> EvidenceBucket:
    """The same through a proxy that may fail."""
    return EvidenceBucket(s3.address(proxy.port, prefix), tmp_path / "spool", eager=False)


def key(prefix: str, sha256: str) -> str:
    return f"{prefix}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def content(number: int, size: int = 0) -> bytes:
    return PHOTO + number.to_bytes(4, "big") + random.Random(number).randbytes(size)


def put(store: EvidenceBucket, given: bytes) -> str:
    return store.put(io.BytesIO(given), "现场.jpg", LIMIT).sha256


def is_safe(store: EvidenceBucket, port: int, prefix: str, sha256: str) -> bool:
    """Whether the spool has it, or else the store itself, seen past the proxy. In this order, as when it is opened."""
    try:
        found: bytes | None = store.spool.path(sha256).read_bytes()
    except FileNotFoundError:
        found = s3.content(port, key(prefix, sha256))
    return found is not None and hashlib.sha256(found).hexdigest() == sha256


@pytest.mark.parametrize("size", [0, PIECE, 2 * PIECE + 17])
def test_evidence_goes_through_the_spool_and_is_read_from_the_store(
    store: EvidenceBucket, port: int, prefix: str, size: int
) -> None:
    given = content(1, size)
    sha256 = put(store, given)
    assert store.spool.hashes() == {sha256} and store.waiting()
    assert store.settle() == 0 and not store.waiting()
    assert s3.content(port, key(prefix, sha256)) == given
    assert store.hashes() == store.hashes(sha256[:2]) == {sha256}
    assert (store.size(sha256), store.digest(sha256), store.path(sha256)) == (len(given), sha256, None)
    with store.open(sha256) as file:
        file.seek(-7, os.SEEK_END)
        assert file.read() == given[-7:]
        file.seek(3)
        assert (file.read(5), file.tell()) == (given[3:8], 8)
        file.seek(0)
        assert file.read() == given
    with store.local(sha256) as path:
        assert path.read_bytes() == given
    assert not list(store.incoming.iterdir()), "the copy is gone with its block"


def test_a_reader_asks_for_no_more_than_it_is_asked_for(
    store: EvidenceBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = put(store, content(2, 3 * PIECE))
    store.settle()
    asked: list[str] = []
    ask = store.bucket._ask

    def recorded(operation: str, **arguments: Any) -> Any:
        asked.append(arguments.get("Range", operation))
        return ask(operation, **arguments)

    monkeypatch.setattr(store.bucket, "_ask", recorded)
    with store.open(sha256) as file:
        file.seek(2 * PIECE)
        assert len(file.read(10)) == 10
    assert asked == ["head_object", f"bytes={2 * PIECE}-"]


def test_what_is_missing_is_missing_and_what_is_refused_leaves_nothing(
    store: EvidenceBucket, port: int, prefix: str
) -> None:
    absent = "ab" * 32
    assert store.size(absent) is None and store.digest(absent) is None
    for read in (store.open, store.age, lambda sha256: store.open_preview(sha256, "thumb.webp")):
        with pytest.raises(FileNotFoundError):
            read(absent)
    with pytest.raises(Unrecognised):
        put(store, b"<html>")
    store.settle()
    assert store.hashes() == set() and not list(store.incoming.iterdir())


def test_a_signed_link_carries_our_headers(store: EvidenceBucket) -> None:
    sha256 = put(store, PHOTO)

    def link() -> str | None:
        return store.link(sha256, name="现场.jpg", media_type="image/jpeg", inline=False, seconds=60)

    assert link() is None, "the store does not have it yet"
    store.settle()
    address = link()
    assert address is not None and "X-Amz-Expires=60" in address
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == PHOTO
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


def test_previews_follow_and_go_with_their_evidence(store: EvidenceBucket, tmp_path: Path) -> None:
    sha256 = put(store, PHOTO)
    (tmp_path / "thumb").write_bytes(b"a picture")
    store.keep_preview(sha256, "thumb.webp", tmp_path / "thumb")
    store.keep_preview(sha256, "page-1.webp", tmp_path / "thumb")
    for _before_and_after in range(2):
        with store.open_preview(sha256, "thumb.webp") as file:
            assert file.read() == b"a picture"
        assert store.settle() == 0
    store.drop_previews(sha256, ["thumb.webp"])
    with pytest.raises(FileNotFoundError):
        store.open_preview(sha256, "thumb.webp")
    assert store.strays([sha256], -1) == set() and store.strays([], -1) == {sha256}
    assert store.sweep([], 3600) == 0 and store.sweep([sha256], -1) == 0
    assert store.sweep([], -1) == 1
    assert list(store.bucket.list()) == []


@pytest.mark.parametrize("mode", [mode for mode in get_args(s3.Mode) if mode not in {"well", "slow"}])
def test_while_the_store_fails_evidence_is_accepted_read_and_sent_later(
    shaky: EvidenceBucket, proxy: s3.Proxy, port: int, prefix: str, mode: s3.Mode
) -> None:
    proxy.turn(mode)
    sha256 = put(shaky, content(3, PIECE + 100))
    began = time.monotonic()
    assert shaky.settle() == 1
    assert time.monotonic() - began < 15
    assert shaky.digest(sha256) == sha256
    assert is_safe(shaky, port, prefix, sha256)
    proxy.turn("well")
    assert shaky.settle() == 0
    assert s3.content(port, key(prefix, sha256)) is not None
    shaky.bucket.abort_leftovers(0)
    assert s3.uploads(port) == []


def test_a_store_that_fails_is_told_from_one_that_lost_something(
    shaky: EvidenceBucket, proxy: s3.Proxy
) -> None:
    sha256 = put(shaky, PHOTO)
    shaky.settle()
    proxy.turn("error")
    for ask in (shaky.open, shaky.size, shaky.digest, shaky.age):
        with pytest.raises(StorageFailed):
            ask(sha256)
    with pytest.raises(StorageFailed):
        shaky.hashes()


def test_a_reading_that_breaks_off_goes_on_where_it_was(shaky: EvidenceBucket, proxy: s3.Proxy) -> None:
    given = content(4, PIECE)
    sha256 = put(shaky, given)
    shaky.settle()
    with shaky.open(sha256) as file:
        first = file.read(100_000)
        proxy.turn("well")
        assert first + file.read() == given


@pytest.mark.parametrize("wrong", ["size", "bytes"])
def test_nothing_leaves_the_spool_before_the_store_shows_it_whole(
    store: EvidenceBucket, monkeypatch: pytest.MonkeyPatch, port: int, prefix: str, wrong: str
) -> None:
    """A store that keeps something else under the key, and shows no checksum by which that could be told."""
    sha256 = put(store, PHOTO)
    head = store.bucket.head
    with monkeypatch.context() as patched:

        def altered(name: str) -> Any:
            body = PHOTO[:-1] + (b"" if wrong == "size" else b"!")
            s3.client(port).put_object(Bucket=s3.BUCKET, Key=f"{prefix}/{name}", Body=body)
            return replace(head(name), checksum="")

        patched.setattr(store.bucket, "head", altered)
        assert store.settle() == 1
    assert store.digest(sha256) == sha256
    assert store.settle() == 0


def test_a_store_without_checksums_is_read_back(
    store: EvidenceBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = put(store, PHOTO)
    head = store.bucket.head
    monkeypatch.setattr(store.bucket, "head", lambda name: replace(head(name), checksum=""))
    assert store.settle() == 0
    assert store.digest(sha256) == sha256


def test_bytes_that_come_again_while_they_are_sent_are_sent_again(
    store: EvidenceBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the copy in the store could be old enough for the sweep while its row is still to come."""
    sha256 = put(store, PHOTO)
    head = store.bucket.head
    with monkeypatch.context() as patched:

        def again(name: str) -> Any:
            put(store, PHOTO)
            return head(name)

        patched.setattr(store.bucket, "head", again)
        assert store.settle() == 1
    assert store.spool.hashes() == {sha256}
    assert store.settle() == 0


def test_uploads_do_not_wait_for_a_sweep_while_the_store_hangs(
    store: EvidenceBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what comes again while it is being swept away is there afterwards."""
    old = put(store, PHOTO)
    assert store.settle() == 0
    real, during = store.bucket.delete, list[str]()

    def hanging(name: str) -> None:
        with ThreadPoolExecutor(1) as pool:
            during.extend(pool.submit(put, store, each).result(timeout=20) for each in (content(1), PHOTO))
        real(name)

    monkeypatch.setattr(store.bucket, "delete", hanging)
    assert store.sweep((), -1.0, among=[old]) == 1
    monkeypatch.undo()
    assert store.settle() == 0
    assert store.hashes() == set(during) and store.digest(old) == old


def test_evidence_is_sent_by_itself_in_the_background(port: int, prefix: str, tmp_path: Path) -> None:
    eager = EvidenceBucket(s3.address(port, prefix), tmp_path / "spool")
    for number in range(5):
        put(eager, content(number))
    wait_for(lambda: not eager.waiting(), "the spool to be empty", 20)
    assert len(eager.hashes()) == 5


PIECES = [pytest.param(40, id="forty"), pytest.param(500, id="five-hundred", marks=pytest.mark.soak)]


@pytest.mark.parametrize("pieces", PIECES)
def test_a_store_that_flaps_loses_nothing(
    shaky: EvidenceBucket, proxy: s3.Proxy, port: int, prefix: str, pieces: int
) -> None:
    """K6: each acknowledged piece is readable at every moment, the spool is empty soon after the store is back."""
    rng = random.Random(pieces)
    acknowledged: list[str] = []
    for number in range(pieces):
        proxy.turn(rng.choice(get_args(s3.Mode)))
        acknowledged.append(put(shaky, content(number, rng.choice([0, 1000, 60_000]))))
        if rng.random() < 0.3:
            shaky.settle()
        for sha256 in rng.sample(acknowledged, min(5, len(acknowledged))):
            assert is_safe(shaky, port, prefix, sha256)
    assert all(is_safe(shaky, port, prefix, sha256) for sha256 in acknowledged)
    proxy.turn("well")
    began = time.monotonic()
    assert shaky.settle() == 0
    assert time.monotonic() - began < 60
    assert [sha256 for sha256 in acknowledged if not is_safe(shaky, port, prefix, sha256)] == []
    shaky.bucket.abort_leftovers(0)
    assert s3.uploads(port) == []


SENDER = """
import sys
from pathlib import Path
from core.store.evidence import EvidenceBucket
store = EvidenceBucket(sys.argv[1], Path(sys.argv[2]), eager=False)
print("ready", flush=True)
store.settle()
"""

KILLS = [pytest.param(3, id="three"), pytest.param(50, id="fifty", marks=pytest.mark.soak)]


@pytest.mark.parametrize("kills", KILLS)
def test_a_sender_that_is_killed_loses_nothing(
    shaky: EvidenceBucket, proxy: s3.Proxy, port: int, prefix: str, tmp_path: Path, kills: int
) -> None:
    rng, interrupted = random.Random(kills), 0
    sha256s = [put(shaky, content(number, size)) for number, size in enumerate([0, 0, 2 * PIECE, 0, PIECE])]
    proxy.turn("slow")
    for _kill in range(kills):
        command = [sys.executable, "-c", SENDER, s3.address(proxy.port, prefix), str(tmp_path / "spool")]
        sender = subprocess.Popen(
            command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        assert sender.stdout is not None and sender.stdout.readline() == b"ready\n"
        time.sleep(rng.random())
        interrupted += sender.poll() is None
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        sender.stdout.close()
        assert all(is_safe(shaky, port, prefix, sha256) for sha256 in sha256s)
    assert interrupted >= kills // 2
    proxy.turn("well")
    assert shaky.settle() == 0
    assert all(s3.content(port, key(prefix, sha256)) is not None for sha256 in sha256s)
    left = s3.uploads(port)
    assert shaky.bucket.abort_leftovers(24 * 3600) == 0 and s3.uploads(port) == left, "they may be under way"
    shaky.bucket.abort_leftovers(0)
    assert s3.uploads(port) == []


def test_a_missing_library_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = from_environment({"DUDAO_EVIDENCE_URL": "s3://evidence"}, data=tmp_path)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SettingsError, match=r"DUDAO_EVIDENCE_URL.*pip install 'dudao\[s3\]'"):
        open_store(settings)
    assert open_store(from_environment({}, data=tmp_path)).hashes() == set(), "a folder needs no library"


def test_the_settings_choose_the_store(port: int, tmp_path: Path) -> None:
    made = open_store(from_environment({"DUDAO_EVIDENCE_URL": s3.address(port)}, data=tmp_path))
    assert isinstance(made, EvidenceBucket)
    assert made.spool.root == tmp_path / "spool" and (made.bucket.name, made.bucket.prefix) == (
        s3.BUCKET,
        "dudao/",
    )
