"""A web server killed with -9 at random moments loses nothing that it had acknowledged (K1), and does nothing twice.

A killed process alone proves nothing about the disk (M1): the order of the system calls is read from a trace (K2).
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select, text

from core.app import create_app
from core.config import Settings
from core.domain.access import Everything
from core.services import fsck
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import AuditRecord, BagFile, EvidenceFile, Idempotency, Report, ReportStep, Upload
from core.store.scope import set_scope
from tests.conftest import settings_for, sign_in
from tests.faults.load import PLACE, Load, Sent, Submission, form, free_port, picture, serving, up
from tests.faults.parts import end, part, wait_for
from tests.faults.trace import TRACED, orders
from tests.faults.visitor import Visitor

pytestmark = pytest.mark.slow


@contextmanager
def looking(settings: Settings) -> Iterator[None]:
    """The database as it is now, seen by a process of its own."""
    app = create_app(settings)
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        yield
        db.session.remove()
        db.engine.dispose()


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
            assert _bytes(wish.sha256) == wish.content
    keys = Counter(db.session.scalars(select(Idempotency.key)))
    assert not [key for key, number in keys.items() if number > 1]
    assert all(answer for answer in db.session.scalars(select(Idempotency.answer))), (
        "a key without its answer"
    )


def _bytes(sha256: str) -> bytes:
    with runtime().evidence.open(sha256) as file:
        return file.read()


def assert_uploads_arrived_once(sent: Sequence[Sent]) -> None:
    """Each acknowledged upload is in the bag under the id that was told, bit by bit; none is there twice."""
    rows = list(db.session.scalars(select(BagFile).where(BagFile.sha256.in_([wish.sha256 for wish in sent]))))
    there = Counter(row.sha256 for row in rows)
    assert not [sha256 for sha256, number in there.items() if number > 1], "an upload is in the bag twice"
    for wish in sent:
        if wish.acknowledged:
            assert [row.id for row in rows if row.sha256 == wish.sha256] == [wish.bag_id], (
                f"{wish.key} is lost"
            )
    for row in rows:
        assert runtime().evidence.digest(row.sha256) == row.sha256
    ended = set(db.session.scalars(select(Upload.bag_id).where(Upload.bag_id.is_not(None))))
    assert {row.id for row in rows} <= ended


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


KILLS = [pytest.param(12, id="twelve"), pytest.param(500, id="five-hundred", marks=pytest.mark.soak)]


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
        interrupted += bool(load.open_ones())
    with looking(settings):
        assert_nothing_lost_and_nothing_twice(load.journal)
        assert_uploads_arrived_once(load.sent)
        assert_each_deed_has_its_record(since)
        assert fsck.check().rows_without_file == []
    with serving(settings, port):
        load.finish()
    assert interrupted >= kills // 2, "the kills fell between the requests and prove nothing"
    assert not load.open_ones() and len(load.journal) + len(load.sent) >= kills
    assert len(load.journal) >= kills // 4 and len(load.sent) >= kills // 8
    with looking(settings):
        assert_nothing_lost_and_nothing_twice(load.journal)
        assert_uploads_arrived_once(load.sent)
        assert_each_deed_has_its_record(since)
        found = fsck.check()
        # No worker ran, for as long as that took; nothing else may be said of what is owed.
        odd = [line for line in found.outbox if not line.endswith(": still owed")]
        assert replace(found, outbox=odd) == fsck.Findings()
        assert db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"


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
        wait_for(lambda: up(visitor), "the web server")
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


UPLOADED = [pytest.param(6, id="six"), pytest.param(200, id="two-hundred", marks=pytest.mark.soak)]


@pytest.mark.parametrize("number", UPLOADED)
def test_each_upload_is_on_the_disk_before_its_row_and_its_row_before_the_answer(
    traced: tuple[Visitor, Path], number: int
) -> None:
    """K2 (b) for what comes in pieces: the same order, and the answer to the last piece is the first to say so."""
    visitor, log = traced
    wishes = [Sent(f"traced {each}", picture(300 + each)) for each in range(number)]
    for wish in wishes:
        wish.send(visitor)
    # One piece of each upload is not its last: two answers for each.
    wait_for(
        lambda: log.read_text("utf-8", "replace").count("HTTP/1.1 204") >= 2 * number, "the trace's end", 10
    )
    lines = log.read_text("utf-8", "replace").splitlines()
    found = orders(lines, [wish.sha256 for wish in wishes], 204)
    assert [order for order in found if not order.ok()] == []
    assert len({order.commit for order in found}) == number, "each upload has a sync of its own"


def test_the_trace_check_itself_notices_a_missing_sync(traced: tuple[Visitor, Path]) -> None:
    """A server that did not sync would be found out: the same trace without one kind of line fails."""
    visitor, log = traced
    wish = Submission("traced", picture(200))
    wish.send(visitor)
    wait_for(lambda: "HTTP/1.1 302" in log.read_text("utf-8", "replace"), "the trace's end", 10)
    lines = log.read_text("utf-8", "replace").splitlines()
    assert all(order.ok() for order in orders(lines, [wish.sha256]))
    assert any("mkdir(" in line for line in lines), (
        "the folder was there already: nothing shown of its making"
    )
    for lost in (
        "/incoming/",
        f"/{wish.sha256[:2]}/{wish.sha256[2:4]}>",
        f"/{wish.sha256[:2]}>",
        "sqlite3-wal",
    ):
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
