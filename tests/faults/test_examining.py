"""Examinations with real workers and a real Redis, while both are killed: each is done, and its effect is there once.

Checks Q1–Q4 and F2 for files: reports are handed in by a process that dies at any moment, workers die in the middle of
an examination, Redis is emptied, and files that end their child hold up no others.
"""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

import psutil
import pytest
from PIL import Image
from sqlalchemy import func, select

from core.app import create_app
from core.domain.access import Everything
from core.domain.files import FileState
from core.jobs import outbox
from core.jobs.handlers import HANDLERS
from core.services import bag
from core.services.evidence import Upload
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import (
    AuditRecord,
    BagFile,
    BlobFacts,
    EvidenceFile,
    Notification,
    OutboxTask,
    PictureHash,
    Report,
)
from core.store.scope import set_scope
from tests.conftest import actor, settings_for
from tests.examine.made_pictures import encoded, progressive_bomb
from tests.faults.load import free_port, up
from tests.faults.parts import ROOT, end, part, wait_for
from tests.faults.system import System
from tests.faults.visitor import Visitor
from tests.services.helpers import handed_in, home

pytestmark = pytest.mark.slow

#: What a file owes, and a submission, as far as it is known here.
OWED = [
    job for job in ("examine_file", "find_likeness", "check_report", "notify_decision") if job in HANDLERS
]
#: Code for a worker that is slow before, in and after an examination, so that a kill meets each of them.
SLOWLY = """
import random, time
from core.jobs import handlers
real = handlers.HANDLERS["examine_file"]
def prepare(payload):
    time.sleep(random.random() / 5)
    found = real.prepare(payload)
    time.sleep(random.random() / 5)
    return found
def effect(done, payload, found):
    real.effect(done, payload, found)
    done.session.flush()
    time.sleep(random.random() / 5)
handlers.HANDLERS["examine_file"] = handlers.Handler(effect, prepare)
"""
#: A web process's work, without the web: reports are handed in, and every second one is accepted.
SUBMITTING = """
import sys
from core.app import create_app
from core.config import from_environment
from core.domain.access import Everything
from core.store.db import db
from core.store.scope import set_scope
from tests.conftest import actor
from tests.services.helpers import accepted, handed_in
with create_app(from_environment()).app_context():
    set_scope(db.session, Everything("a test"))
    who, inspector, number = actor("carriers-reporter"), actor("inspector"), int(sys.argv[1])
    while True:
        number += 1
        report_id = handed_in(who, "CAR-03", "week-3", number)
        if number % 2:
            accepted(report_id, inspector)
        print(report_id, flush=True)
"""


def picture(seed: int) -> bytes:
    """A picture with something in it, another for each seed and unlike the others: comparing takes its time."""
    patches = Image.frombytes("RGB", (16, 12), random.Random(seed).randbytes(16 * 12 * 3))
    return encoded(patches.resize((320, 240), Image.Resampling.BICUBIC), "PNG")


def put(content: bytes, name: str) -> str:
    """The id of a file that a unit has just put into its bag."""
    who = actor("carriers-reporter")
    stored = runtime().evidence.put(io.BytesIO(content), name, len(content))
    return bag.add(who, home(who), stored, name)


def put_pictures(first: int, number: int) -> list[str]:
    return [put(picture(seed), f"{seed}.png") for seed in range(first, first + number)]


def still_owed() -> int:
    owed = select(func.count(OutboxTask.id)).where(OutboxTask.job.in_(OWED), OutboxTask.done_at.is_(None))
    return db.session.scalar(owed) or 0


def nothing_owed() -> bool:
    return still_owed() == 0


def examined_of(ids: list[str]) -> int:
    waiting = select(func.count(BagFile.id)).where(
        BagFile.id.in_(ids), BagFile.state == FileState.CHECKING, BagFile.checked_at.is_(None)
    )
    return len(ids) - (db.session.scalar(waiting) or 0)


def assert_each_effect_once(ids: list[str]) -> None:
    """Examined, known and told of: everything once, and in one transaction with its record."""
    db.session.rollback()
    db.session.expire_all()
    tasks = {
        task.key: task for task in db.session.scalars(select(OutboxTask).where(OutboxTask.job.in_(OWED)))
    }
    assert all(task.done_at is not None for task in tasks.values())
    ran = Counter(
        db.session.scalars(
            select(AuditRecord.object_id).where(
                AuditRecord.action == "task.run",
                AuditRecord.object_type == "task",
                AuditRecord.outcome == "done",
                AuditRecord.object_id.in_([task.id for task in tasks.values()]),
            )
        )
    )
    assert set(ran) == {task.id for task in tasks.values()} and set(ran.values()) <= {1}
    for bag_id in ids:
        row = db.session.get_one(BagFile, bag_id)
        assert row.state == FileState.READY, (row.name, row.state, row.said)
        assert f"examine_file:{bag_id}" in tasks
        assert db.session.get(BlobFacts, row.sha256) is not None
        variants = db.session.scalars(
            select(PictureHash.variant).where(PictureHash.sha256 == row.sha256)
        ).all()
        assert len(variants) == len(set(variants))
        if variants and "find_likeness" in HANDLERS:
            assert f"find_likeness:{row.sha256}" in tasks
    told = Counter(tuple(row) for row in db.session.execute(select(Notification.user_id, Notification.key)))
    assert not told or set(told.values()) == {1}


def children_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return psutil.Process(process.pid).children()
    return []


def kill_some(worker: subprocess.Popen[bytes], how: str) -> None:
    """Kill the worker's job, the worker alone, or both."""
    if how == "both":
        end(worker)
    elif how == "parent":
        worker.kill()
        worker.wait()
    else:
        for horse in children_of(worker):
            with suppress(psutil.Error):
                horse.kill()


KILLS = [pytest.param(4, id="four"), pytest.param(200, id="two-hundred", marks=pytest.mark.soak)]


@pytest.mark.parametrize("kills", KILLS)
def test_workers_killed_during_examinations_examine_everything_once(
    system: System, kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Q3: both, the parent alone, the child alone."""
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr(outbox, "MOST_BEGUN", 1000)
    refused = handed_in(
        actor("carriers-reporter"),
        "CAR-03",
        "week-3",
        uploads=[Upload("坏.jpg", io.BytesIO(b"\xff\xd8\xff\xe0" + b"nothing" * 99))],
    )
    rng, ids, done = random.Random(kills), put_pictures(0, 2), 0
    while done < kills:
        with part(system.settings, "worker", before=SLOWLY) as worker:
            while worker.poll() is None and done < kills:
                ids += put_pictures(len(ids), 1)
                system.drive(lambda: bool(children_of(worker)), "an examination under way")
                time.sleep(rng.random() * 0.9)
                kill_some(worker, rng.choice(("both", "parent", "child", "child")))
                done += 1
    with part(system.settings, "worker"):
        # A picture came with each kill, and hardly any was examined in between.
        system.drive(nothing_owed, "the rest", 240 + 6 * kills)
    assert_each_effect_once(ids)
    bad = db.session.scalars(
        select(BagFile)
        .join(EvidenceFile, EvidenceFile.bag_id == BagFile.id)
        .where(EvidenceFile.report_id == refused)
    ).one()
    told = select(func.count(Notification.id)).where(Notification.key.startswith("file_refused:"))
    assert bad.state == FileState.REFUSED and db.session.scalar(told) == 2


ROUNDS = [pytest.param(1, id="one"), pytest.param(60, id="sixty", marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_what_a_submission_owes_is_done_whoever_died_in_between(
    system: System, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Q1: the process that hands in, the scheduler that hands out and the worker are killed, in the window or not."""
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr(outbox, "MOST_BEGUN", 1000)
    before, rng, acknowledged = set(db.session.scalars(select(Report.id))), random.Random(rounds), list[str]()
    for number in range(rounds):
        with part(system.settings, "worker", before=SLOWLY), submitting(system, 1000 * (number + 1)) as said:
            system.drive(lambda: len(said) >= 2, "two reports")
            time.sleep(rng.random())
        acknowledged += said
    db.session.rollback()
    made = set(db.session.scalars(select(Report.id).where(Report.submitted_at.is_not(None)))) - before
    assert set(acknowledged) <= made
    with part(system.settings, "worker"):
        system.drive(nothing_owed, "everything that is owed", 240 + 20 * rounds)
    files = db.session.scalars(select(EvidenceFile.bag_id).where(EvidenceFile.report_id.in_(made))).all()
    assert len(files) >= len(made)
    assert_each_effect_once(list(files))
    decided = db.session.scalars(
        select(Report).where(Report.id.in_(made), Report.decided_at.is_not(None))
    ).all()
    assert len(decided) >= rounds
    for report in decided:
        told = select(func.count(Notification.id)).where(
            Notification.key == f"decision:{report.id}:{report.version}"
        )
        assert db.session.scalar(told) == 2, "reporter and lead"


@contextmanager
def submitting(system: System, first: int) -> Iterator[list[str]]:
    """A process that hands in reports until it is killed at the end; the list grows with what it acknowledged."""
    environment = os.environ | system.settings.environment() | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", SUBMITTING, str(first)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said: list[str] = []

    def hear(stream: io.TextIOBase) -> None:
        for line in stream:
            if line.endswith("\n"):
                said.append(line.strip())  # noqa: PERF401 - it is read while it grows

    hearing = threading.Thread(target=hear, args=(process.stdout,))
    hearing.start()
    try:
        yield said
    finally:
        process.kill()
        process.wait()
        hearing.join()
        process.stdout.close()


def test_redis_emptied_and_killed_during_examinations_loses_and_doubles_nothing(system: System) -> None:
    """Q2, with files."""
    ids = put_pictures(0, 7)
    with part(system.settings, "worker", before=SLOWLY) as worker:
        system.drive(lambda: examined_of(ids) >= 2, "two of seven")
        system.redis.client().flushall()
        system.drive(lambda: examined_of(ids) >= 4, "four of seven")
        system.redis.kill()
        time.sleep(0.5)
        system.dispatch()
        assert examined_of(ids) < len(ids) and worker.poll() is None
        system.redis.start()
        system.drive(nothing_owed, "all seven", 240)
    assert_each_effect_once(ids)


def test_files_that_end_their_child_are_refused_and_hold_up_no_others(system: System) -> None:
    """Q4 for files: a bomb that eats its child's time, and children that are killed from outside."""
    bomb = put(progressive_bomb(3000), "炸弹.jpg")
    first = put_pictures(0, 4)
    with part(system.settings, "worker"):
        system.drive(lambda: examined_of([bomb, *first]) == 5, "the bomb and four pictures", 240)
        system.drive(nothing_owed, "the rest", 240)
    assert_each_effect_once(first)
    row = db.session.get_one(BagFile, bomb)
    assert row.state == FileState.REFUSED and row.said[0][0]
    assert (
        db.session.scalars(select(OutboxTask).where(OutboxTask.key == f"examine_file:{bomb}")).one().attempts
        == 1
    )


def test_a_child_that_is_killed_refuses_one_file_and_no_other(system: System) -> None:
    ids = put_pictures(0, 6)
    killed: set[int] = set()

    def step() -> bool:
        for child in psutil.process_iter(["cmdline"]):
            words = child.info["cmdline"] or []
            if (
                len(killed) < 2
                and words[-1:] == [str(ROOT / "core" / "examine" / "__main__.py")]
                and ours(child)
            ):
                killed.add(child.pid)
                os.kill(child.pid, signal.SIGKILL)
        return nothing_owed()

    with part(system.settings, "worker") as worker:

        def ours(child: psutil.Process) -> bool:
            with suppress(psutil.Error):
                return worker.pid in [above.pid for above in child.parents()]
            return False

        system.drive(step, "six pictures", 240)
    states = Counter(db.session.scalars(select(BagFile.state).where(BagFile.id.in_(ids))))
    assert len(killed) == 2
    assert states[FileState.READY] >= 4 and states[FileState.READY] + states[FileState.REFUSED] == 6


@pytest.mark.soak
def test_pages_stay_quick_while_twenty_bombs_are_examined(data_folder: Path) -> None:
    """F2: p95 of pages with bombs in the worker, against the same pages without."""
    settings = settings_for(data_folder)
    port = free_port()
    with part(settings, "run", "--port", str(port)):
        wait_for(lambda: up(Visitor(port)), "the web")
        quiet = _p95(port, lambda: False, 20)
        app = create_app(settings)
        with app.app_context():
            set_scope(db.session, Everything("a test"))
            bombs = [put(progressive_bomb(3000) + bytes(number), "炸弹.jpg") for number in range(20)]

            def all_examined() -> bool:
                with app.app_context():
                    set_scope(db.session, Everything("a test"))
                    return examined_of(bombs) == len(bombs)

            loaded = _p95(port, all_examined, 300)
            db.session.rollback()
            assert set(db.session.scalars(select(BagFile.state).where(BagFile.id.in_(bombs)))) == {
                FileState.REFUSED
            }
            db.session.remove()
            db.engine.dispose()
    print(f"p95 {quiet * 1000:.0f} ms without bombs, {loaded * 1000:.0f} ms with")
    assert loaded <= 1.5 * quiet + 0.05


def _p95(port: int, over: Callable[[], bool], seconds: float) -> float:
    """How long pages take four people at once, until it is over or so many seconds are."""
    times: list[float] = []
    until, ended = time.monotonic() + seconds, threading.Event()

    def visit(login: str, page: str) -> None:
        visitor = Visitor(port)
        visitor.sign_in(login)
        while not ended.is_set():
            began = time.monotonic()
            status, _body, _where = visitor.ask("GET", page)
            times.append(time.monotonic() - began)
            assert status == 200
            time.sleep(0.1)

    who = [
        ("carriers-reporter", "/account"),
        ("carriers-lead", "/notices/"),
        ("inspector", "/review/"),
        ("office", "/notices/"),
    ]
    people = [threading.Thread(target=visit, args=pair) for pair in who]
    for one in people:
        one.start()
    while time.monotonic() < until and not over():
        time.sleep(0.5)
    ended.set()
    for one in people:
        one.join()
    return quantiles(times, n=20)[-1]
