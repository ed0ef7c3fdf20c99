"""A web server killed with -9 at random moments loses nothing that it had acknowledged (K1), and does nothing twice.

A killed process alone proves nothing about the disk (M1): the order of the system calls is read from a trace (K2).
"""

from __future__ import annotations

import hashlib
import http.client
import io
import random
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from PIL import Image
from sqlalchemy import func, select, text
from werkzeug.datastructures import FileStorage

from core.app import create_app
from core.config import Settings
from core.domain.access import Everything
from core.services import fsck
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import AuditRecord, Blob, EvidenceFile, Idempotency, Report, ReportStep
from core.store.scope import set_scope
from tests.conftest import settings_for, sign_in
from tests.faults.parts import end, part, wait_for
from tests.faults.visitor import Visitor

pytestmark = pytest.mark.slow

#: Who submits: two people of one unit, each in two browsers.
REPORTERS = {
    "one": "carriers-reporter",
    "two": "carriers-reporter",
    "three": "carriers-lead",
    "four": "carriers-lead",
}
PLACE = "/u/carriers/duties/CAR-03/week-3/new"


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
class Load:
    """People who submit without pause, each sending again under the same key what was not acknowledged."""

    port: int
    visitors: dict[str, Visitor] = field(default_factory=dict)
    journal: list[Submission] = field(default_factory=list)
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
            open_ones = [s for s in self.journal if s.key.startswith(f"{name} ") and not s.acknowledged]
            while not self.stop.is_set():
                wish = open_ones.pop() if open_ones else self._new(name, rng)
                wish.send(self.visitors[name])
        except (OSError, http.client.HTTPException):
            return
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            self.wrong.append(error)

    def _new(self, name: str, rng: random.Random) -> Submission:
        wish = Submission(f"{name} {rng.getrandbits(64):016x}", rng.choice(self.pictures))
        self.journal.append(wish)
        return wish

    def finish(self) -> None:
        """Send again whatever is still open."""
        for wish in self.journal:
            if not wish.acknowledged:
                wish.send(self.visitors[wish.key.split()[0]])


@contextmanager
def looking(settings: Settings) -> Iterator[None]:
    """The database as it is now, seen by a process of its own."""
    app = create_app(settings)
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        yield
        db.session.remove()
        db.engine.dispose()


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A real `dudao serve` that answers."""

    with part(settings, "serve", "--port", str(port)) as process:
        wait_for(lambda: _up(Visitor(port)), "the web server")
        yield process


def _up(visitor: Visitor) -> bool:
    try:
        return visitor.ask("GET", "/healthz")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def by_marker() -> dict[str, list[Report]]:
    found: dict[str, list[Report]] = {}
    for report in db.session.scalars(select(Report).where(Report.duty_code == "CAR-03")):
        found.setdefault("".join(report.entries.get("wording", [])), []).append(report)
    return found


def assert_nothing_lost_and_nothing_twice(journal: Sequence[Submission]) -> None:
    """Each acknowledged submission is there whole: once, submitted, with its photograph bit by bit."""
    reports = by_marker()
    for wish in journal:
        found = reports.get(wish.key, [])
        assert len(found) <= 1, f"{wish.key} was stored {len(found)} times after {wish.tries} tries"
        assert found or not wish.acknowledged, f"{wish.key} was acknowledged and is lost"
        for report in found:
            files = db.session.scalars(select(EvidenceFile).where(EvidenceFile.report_id == report.id)).all()
            assert report.state == "submitted", f"{wish.key} is {report.state}"
            assert [file.sha256 for file in files] == [wish.sha256]
            assert runtime().evidence.path(wish.sha256).read_bytes() == wish.content
    keys = Counter(db.session.scalars(select(Idempotency.key)))
    assert not [key for key, number in keys.items() if number > 1]
    assert all(answer for answer in db.session.scalars(select(Idempotency.answer))), (
        "a key without its answer"
    )


def assert_each_deed_has_its_record(since: int) -> None:
    """L3: of all reports made under load, steps and records are the same set."""
    ours = select(Idempotency.answer)
    ids = {answer["id"] for answer in db.session.scalars(ours)}
    taken = {(s.report_id, s.version) for s in db.session.scalars(select(ReportStep)) if s.report_id in ids}
    records = [
        (record.object_id, record.detail["version"])
        for record in db.session.scalars(select(AuditRecord).where(AuditRecord.id > since))
        if record.outcome == "done" and record.action == "report.submit"
    ]
    assert len(records) == len(set(records))
    assert set(records) == taken and taken


def last_record() -> int:
    return db.session.scalar(select(func.max(AuditRecord.id))) or 0


KILLS = [pytest.param(20, id="twenty"), pytest.param(200, id="two-hundred", marks=pytest.mark.soak)]


@pytest.mark.parametrize("kills", KILLS)
def test_a_server_killed_at_random_moments_loses_nothing_it_acknowledged(
    data_folder: Path, kills: int
) -> None:
    settings = settings_for(data_folder)
    with looking(settings):
        since = last_record()
    port = free_port()
    load = Load(port)
    rng = random.Random(kills)
    interrupted = 0
    for number in range(kills):
        with serving(settings, port) as server:
            if number == 0:
                load.sign_in()
            with load.running():
                time.sleep(0.2 + rng.random() * 0.8)
                end(server)
        assert not load.wrong, load.wrong
        interrupted += any(not wish.acknowledged for wish in load.journal)
    with looking(settings):
        assert_nothing_lost_and_nothing_twice(load.journal)
        assert_each_deed_has_its_record(since)
    with serving(settings, port):
        load.finish()
    assert interrupted >= kills // 2, "the kills fell between the requests and prove nothing"
    acknowledged = [wish for wish in load.journal if wish.acknowledged]
    assert len(acknowledged) == len(load.journal) >= kills
    with looking(settings):
        assert_nothing_lost_and_nothing_twice(load.journal)
        assert_each_deed_has_its_record(since)
        assert fsck.check() == fsck.Findings()
        assert db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_the_files_come_before_their_rows(data_folder: Path) -> None:
    """Whatever the moment of the kill: 0 rows without a file, and young files without a row are no fault."""
    settings = settings_for(data_folder)
    port = free_port()
    load = Load(port)
    for number in range(3):
        with serving(settings, port) as server:
            if number == 0:
                load.sign_in()
            with load.running():
                time.sleep(0.5)
                end(server)
        with looking(settings):
            present = runtime().evidence.hashes()
            assert set(db.session.scalars(select(Blob.sha256))) <= present
            assert fsck.check().rows_without_file == []


#: The calls that matter.
TRACED = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,send,sendto,sendmsg,write,writev"


@dataclass(frozen=True)
class Order:
    """Where in the trace each step of keeping one file stands."""

    file: int
    rename: int
    folder: int
    commit: int
    answer: int

    def ok(self) -> bool:
        return self.file < self.rename < self.folder < self.commit < self.answer


def orders(trace: Sequence[str], sha256: Sequence[str]) -> list[Order]:
    """The order of steps for each file: its own sync, rename, its folder's sync, then the next commit and answer."""
    found = []
    for digest in sha256:
        rename = next(n for n, line in enumerate(trace) if "rename" in line and digest in line)
        paths = re.findall(r'"([^"]+)"', trace[rename])
        folder = paths[1].rsplit("/", 1)[0]
        file = _last(trace, rename, rf"sync\(\d+<{re.escape(paths[0])}>")
        synced = _next(trace, rename, rf"sync\(\d+<{re.escape(folder)}>")
        commit = _next(trace, synced, r"sync\(\d+<[^>]*dudao\.sqlite3-wal>")
        answer = _next(trace, rename, r"send\w*\(.*HTTP/1\.1 302")
        found.append(Order(file, rename, synced, commit, answer))
    return found


def _next(trace: Sequence[str], after: int, pattern: str) -> int:
    return next((n for n in range(after + 1, len(trace)) if re.search(pattern, trace[n])), len(trace))


def _last(trace: Sequence[str], before: int, pattern: str) -> int:
    return next((n for n in range(before - 1, -1, -1) if re.search(pattern, trace[n])), len(trace))


def may_trace() -> str | None:
    """Why system calls cannot be traced here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "tracing is not allowed here: " + tried.stderr.decode()[:100]


@pytest.fixture
def traced(data_folder: Path, tmp_path: Path) -> Iterator[tuple[Visitor, Path]]:
    """A server whose system calls are written down, and a signed-in reporter."""
    reason = may_trace()
    if reason:
        pytest.skip(reason)
    port, log = free_port(), tmp_path / "trace"
    with part(
        settings_for(data_folder), "serve", "--port", str(port), "--workers", "1", "--threads", "1"
    ) as server:
        visitor = Visitor(port)
        wait_for(lambda: _up(visitor), "the web server")
        visitor.sign_in("carriers-reporter")
        options = ["-f", "-y", "-s", "40", "-e", f"trace={TRACED}", "-o", str(log)]
        tracer = subprocess.Popen(["strace", *options, *_attach(server.pid)], stderr=subprocess.DEVNULL)
        wait_for(lambda: _traces(visitor, log), "the tracer")
        try:
            yield visitor, log
        finally:
            tracer.terminate()
            tracer.wait()


def _traces(visitor: Visitor, log: Path) -> bool:
    """Whether an answer shows up in the trace: then the tracer is at the right process."""
    visitor.ask("GET", "/healthz")
    return log.exists() and "HTTP/1.1 200" in log.read_text("utf-8", "replace")


def _attach(pid: int) -> list[str]:
    return [word for child in psutil.Process(pid).children(recursive=True) for word in ("-p", str(child.pid))]


def test_each_file_is_on_the_disk_before_its_row_and_its_row_before_the_answer(
    traced: tuple[Visitor, Path],
) -> None:
    """K2 (b): fsync of the file < rename < fsync of its folder < sync of the commit < the answer, for each upload."""
    visitor, log = traced
    wishes = [Submission(f"traced {number}", picture(100 + number)) for number in range(6)]
    for wish in wishes:
        wish.send(visitor)
    wait_for(
        lambda: log.read_text("utf-8", "replace").count("HTTP/1.1 302") >= len(wishes), "the trace's end", 10
    )
    lines = log.read_text("utf-8", "replace").splitlines()
    found = orders(lines, [wish.sha256 for wish in wishes])
    assert [order for order in found if not order.ok()] == []
    commits = {order.commit for order in found}
    assert len(commits) == len(wishes), "each submission has a sync of its own"


def test_the_trace_check_itself_notices_a_missing_sync(traced: tuple[Visitor, Path]) -> None:
    """A server that did not sync would be found out: the same trace without one kind of line fails."""
    visitor, log = traced
    wish = Submission("traced", picture(200))
    wish.send(visitor)
    wait_for(lambda: "HTTP/1.1 302" in log.read_text("utf-8", "replace"), "the trace's end", 10)
    lines = log.read_text("utf-8", "replace").splitlines()
    assert all(order.ok() for order in orders(lines, [wish.sha256]))
    for lost in ("/incoming/", f"/{wish.sha256[:2]}/{wish.sha256[2:4]}>", "sqlite3-wal"):
        without = [line for line in lines if not ("sync(" in line and lost in line)]
        assert len(without) < len(lines)
        assert not all(order.ok() for order in orders(without, [wish.sha256])), lost


FULL = """
CREATE TRIGGER audit_full BEFORE INSERT ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit trail is full'); END
"""


def test_when_the_audit_trail_is_full_a_submission_is_refused_whole(data_folder: Path) -> None:
    """L3 through the web: no report, no evidence row, no key; after room was made the same request succeeds."""
    settings = settings_for(data_folder)
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = sign_in(app, "carriers-reporter")
    fields: dict[str, object] = {name: values[0] for name, values in form("full").items()}

    def state(change: str = "") -> tuple[int, ...]:
        with looking(settings):
            if change:
                db.session.execute(text(change))
                db.session.commit()
            tables = (Report, ReportStep, EvidenceFile, Idempotency, AuditRecord)
            return tuple(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)

    before = state(FULL)
    browser.post(PLACE, fields | {"files": (io.BytesIO(picture(1)), "现场.jpg")}, status=500)
    assert state() == before
    assert state("DROP TRIGGER audit_full") == before
    browser.post(PLACE, fields | {"files": (io.BytesIO(picture(1)), "现场.jpg")}, status=302)
    assert [now - then for now, then in zip(state(), before, strict=True)] == [1, 1, 1, 1, 1]
    with app.app_context():
        db.engine.dispose()
