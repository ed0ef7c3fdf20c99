"""The virus scanner: a real one and false ones. What was not scanned is never called clean (check F4)."""

from __future__ import annotations

import io
import socket
import struct
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.files import Scan, ScanResult
from core.store import clamd as client
from core.store.clamd import Clamd
from tests.clamd import EICAR, VIRUS, Talk, clamd, pretending, saying

OK = b"stream: OK\0"


@pytest.fixture(scope="module")
def real() -> Iterator[Clamd]:
    """A real daemon that tells of files beyond its limits, and takes streams up to 8 MB."""
    with clamd(settings="AlertExceedsMax yes\nStreamMaxLength 8M") as address:
        yield Clamd(address)


def ask(scanner: Clamd, content: bytes, *, packed: bool = False) -> ScanResult:
    return scanner.scan(io.BytesIO(content), len(content), packed=packed)


def asked(talk: Talk, *, size: int = 0, packed: bool = False, content: bytes = b"harmless") -> ScanResult:
    with pretending(talk) as address:
        return Clamd(address).scan(io.BytesIO(content), size or len(content), packed=packed)


def zipped(content: bytes, levels: int = 1) -> bytes:
    for number in range(levels):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{number}.zip" if number else "a.txt", content)
        content = packed.getvalue()
    return content


def test_a_real_scanner_finds_the_test_virus_and_clears_the_rest(real: Clamd) -> None:
    assert real.doubts() is None and real.doubts(packed=True) is None
    assert ask(real, b"a harmless text\n").verdict is Scan.CLEAN
    assert ask(real, zipped(b"harmless"), packed=True).verdict is Scan.CLEAN
    for content in (EICAR, zipped(EICAR), zipped(EICAR, 3)):
        found = ask(real, content, packed=True)
        assert (found.verdict, found.why.zh) == (Scan.INFECTED, VIRUS)


def test_a_real_scanners_limits_make_no_clean_verdict(real: Clamd) -> None:
    large = ask(real, bytes(9 * 1024 * 1024))
    assert (large.verdict, large.why) == (Scan.NOT_SCANNED, client.TOO_LARGE)
    deep = ask(real, zipped(EICAR, 40), packed=True)
    assert (deep.verdict, deep.why) == (Scan.NOT_SCANNED, client.OVER_LIMITS)


def test_a_real_scanner_that_does_not_tell_of_its_limits_clears_no_archive() -> None:
    with clamd(settings="AlertExceedsMax no") as address:
        deep = ask(Clamd(address), zipped(EICAR, 40), packed=True)
        assert (deep.verdict, deep.why) == (Scan.NOT_SCANNED, client.UNTOLD_LIMITS)
        assert ask(Clamd(address), b"plain").verdict is Scan.CLEAN
        assert ask(Clamd(address), zipped(EICAR), packed=True).verdict is Scan.INFECTED


def test_a_real_scanner_with_old_signatures_clears_nothing_and_still_finds() -> None:
    with clamd(age=timedelta(days=9)) as address:
        old = ask(Clamd(address), b"harmless")
        made = datetime.now(UTC) - timedelta(days=9)
        assert old.verdict is Scan.NOT_SCANNED and f"{made:%Y-%m}" in old.why.zh
        assert ask(Clamd(address), EICAR).verdict is Scan.INFECTED


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (b"ClamAV 1.4.3", client.UNDATED),
        (b"ClamAV 1.4.3/27800/yesterday", client.UNDATED),
        (b"ClamAV 1.4.3/26000/Mon Nov  2 08:00:00 2020", None),
    ],
)
def test_signatures_of_unknown_or_old_age_clear_nothing(version: bytes, why: object) -> None:
    found = asked(saying(OK, version=version))
    assert found.verdict is Scan.NOT_SCANNED
    assert found.why == why if why else "2020-11-02" in found.why.zh


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (OK, Scan.CLEAN),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", Scan.INFECTED),
        (b"instream(local): Win.Test.EICAR_HDB-1 FOUND\0", Scan.INFECTED),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", Scan.NOT_SCANNED),
        (b"stream: Heuristics.Limits.Exceeded FOUND\0", Scan.NOT_SCANNED),
        (b"stream: Heuristics.Encrypted.Zip FOUND\0", Scan.NOT_SCANNED),
        (b"INSTREAM size limit exceeded. ERROR\0", Scan.NOT_SCANNED),
        (b"stream: Can't allocate memory ERROR\0", Scan.FAILED),
        (b"stream: OK", Scan.FAILED),
        (b"OK\0", Scan.FAILED),
        (b"stream: OK FOUND OK\0", Scan.FAILED),
        (b"\0", Scan.FAILED),
        (b"", Scan.FAILED),
        (b"HTTP/1.1 200 OK\r\n\r\n", Scan.FAILED),
        (b"\xff\xfe\x00", Scan.FAILED),
        (b"x" * 100_000, Scan.FAILED),
    ],
)
def test_every_answer_has_one_of_four_verdicts_and_only_one_is_clean(answer: bytes, verdict: Scan) -> None:
    assert asked(saying(answer)).verdict is verdict


def test_a_large_file_is_clean_only_if_the_scanner_tells_of_its_limits() -> None:
    """A daemon with its own settings says OK of what it never looked at."""
    found = asked(saying(OK), size=client.LARGEST_UNTOLD + 1)
    assert (found.verdict, found.why) == (Scan.NOT_SCANNED, client.UNTOLD_LIMITS)
    archive = asked(saying(OK), packed=True)
    assert (archive.verdict, archive.why) == (Scan.NOT_SCANNED, client.UNTOLD_LIMITS)


def hung(line: socket.socket) -> None:
    time.sleep(30)


def hung_after_hearing(line: socket.socket) -> None:
    while line.recv(65536):
        pass
    time.sleep(30)


def slow(line: socket.socket) -> None:
    """A letter now and then, so that each single wait is short."""
    while True:
        line.sendall(b"s")
        time.sleep(0.05)


@pytest.mark.parametrize("talk", [hung, hung_after_hearing, slow])
def test_a_scanner_that_hangs_has_failed_in_time(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SCAN_SECONDS", 0.5)
    began = time.monotonic()
    found = asked(talk, content=bytes(4 * 1024 * 1024), size=1)
    assert (found.verdict, found.why) == (Scan.FAILED, client.TOO_SLOW)
    assert time.monotonic() - began < 5


def test_a_scanner_that_is_not_there_has_failed() -> None:
    for address in ("unix:///nonexistent/clamd.sock", "tcp://127.0.0.1:9"):
        found = ask(Clamd(address), b"harmless")
        assert (found.verdict, found.why) == (Scan.FAILED, client.UNREACHABLE)
        assert Clamd(address).doubts() == client.UNREACHABLE


def test_a_scanner_that_breaks_off_has_failed() -> None:
    def breaking(line: socket.socket) -> None:
        line.recv(10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert asked(breaking, content=bytes(4 * 1024 * 1024)).verdict is Scan.FAILED


def test_an_address_may_be_of_a_network() -> None:
    with pretending(saying(b"stream: Some.Virus FOUND\0"), network=True) as address:
        assert address.startswith("tcp://") and Clamd(address).doubts() is None
        assert ask(Clamd(address), b"harmless").verdict is Scan.INFECTED


def test_a_hundred_odd_scanners_never_make_a_file_clean() -> None:
    """F4: answers cut, doubled and mixed at every place; only the whole, right word counts."""
    words = [
        OK,
        b"stream: X.Y FOUND\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: lstat() failed ERROR\0",
    ]
    odd = [word[:cut] for word in words for cut in range(1, len(word))]
    odd += [word + b"stream: OK\0" for word in words[1:]] + [b"\0" + OK, OK.upper(), OK.replace(b" ", b"")]
    odd += [prefix + OK for prefix in (b"1: ", b"/etc/passwd: ", b"stream:", b"\n", b" ")]
    assert len(odd) >= 100
    assert not [word for word in odd if asked(saying(word)).verdict is Scan.CLEAN]
