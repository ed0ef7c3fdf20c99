"""Background work with a real Redis and real RQ workers, while one or the other is emptied, forged or killed.

What is owed stands in the database, so that each effect happens, and happens once (Q1–Q3, Q5, M6–M10).
"""

from __future__ import annotations

import json
import os
import pickle
import random
import time
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.jobs import outbox
from core.jobs.queue import owe
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from core.store.models import AuditRecord, Notification, OutboxTask
from tests.faults.parts import end, part, wait_for
from tests.faults.system import (
    System,
    all_done,
    assert_each_effect_once,
    decide,
    done_tasks,
    open_tasks,
    people_of,
)

pytestmark = pytest.mark.slow

#: Code for a worker whose first try of a decision's notice hangs after its effect, before its commit.
HANGING = """
import pathlib, time
from core.jobs import handlers
real = handlers.HANDLERS["notify_decision"]
def hanging(done, payload, prepared):
    real.effect(done, payload, prepared)
    done.session.flush()
    pathlib.Path({flag!r}).touch()
    time.sleep(600)
handlers.HANDLERS["notify_decision"] = handlers.Handler(hanging)
"""
#: Code for a worker that does not pause for minutes before the next try.
HASTY = """
from datetime import timedelta
from core.jobs import entry
entry.PAUSES = tuple(pause / 20 for pause in entry.PAUSES[:1]) * 4
"""
#: Code for a worker that takes a moment for each job, so that something can happen meanwhile.
SLOW = """
import time
from core.jobs import handlers
real = handlers.HANDLERS["notify_decision"]
def slow(done, payload, prepared):
    real.effect(done, payload, prepared)
    time.sleep(0.05)
handlers.HANDLERS["notify_decision"] = handlers.Handler(slow)
"""


def test_a_decision_reaches_each_person_of_the_unit_once(system: System) -> None:
    keys = decide(8)
    with part(system.settings, "worker"):
        system.drive(all_done, "eight notices")
    assert_each_effect_once(keys)
    assert (db.session.scalar(select(func.count(Notification.id))) or 0) >= 16


def test_redis_emptied_in_the_middle_loses_nothing_and_doubles_nothing(system: System) -> None:
    keys = decide(100)
    with part(system.settings, "worker", before=SLOW):
        for part_done in (20, 60):
            system.drive(lambda n=part_done: done_tasks() >= n, f"{part_done} of 100")  # type: ignore[misc]
            assert open_tasks() > 0, "emptied too late to prove anything"
            system.redis.client().flushall()
        system.drive(all_done, "all hundred")
    assert_each_effect_once(keys)


def test_redis_killed_and_started_again_loses_nothing_and_doubles_nothing(system: System) -> None:
    keys = decide(60)
    with part(system.settings, "worker", before=SLOW) as worker:
        system.drive(lambda: done_tasks() >= 15, "15 of 60")
        system.redis.kill()
        for _time in range(5):
            system.dispatch()
            time.sleep(0.2)
        assert open_tasks() > 0 and worker.poll() is None
        system.redis.start()
        system.drive(all_done, "all sixty")
    assert_each_effect_once(keys)


def test_the_same_job_in_two_workers_at_once_has_one_effect(system: System) -> None:
    keys = decide(12)
    outbox.dispatch(system.redis.client())
    queue = outbox.queue(system.redis.client())
    for job in queue.jobs:
        queue.enqueue(outbox.ENTRY, *job.args, at_front=True)
        queue.enqueue(outbox.ENTRY, *job.args)
    with part(system.settings, "worker"), part(system.settings, "worker"):
        system.drive(all_done, "twelve notices")
        wait_for(lambda: not queue.job_ids, "the repetitions")
    assert_each_effect_once(keys)


def test_a_failing_job_is_given_up_after_five_tries_and_holds_up_no_other(system: System) -> None:
    with chore("task.run", "a test") as done:
        owe(done.session(), "close_periods", "broken", {"until": "not a time"}, done.at)
    keys = decide(3)

    def given_up() -> bool:
        task = db.session.scalars(select(OutboxTask).where(OutboxTask.key == "close_periods:broken")).one()
        return task.failed_at is not None

    with part(system.settings, "worker", before=HASTY):
        system.drive(given_up, "giving up")
        system.drive(lambda: done_tasks() == 3, "the others")
    db.session.expire_all()
    task = db.session.scalars(select(OutboxTask).where(OutboxTask.key == "close_periods:broken")).one()
    assert task.attempts == 5 and "ValueError" in task.error
    failures = select(func.count(AuditRecord.id)).where(AuditRecord.object_id == task.id)
    assert db.session.scalar(failures) == 5
    assert_each_effect_once(keys)


class Attack:
    """Runs a command where somebody unpickles it."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.command,)


def test_work_of_strangers_in_redis_is_never_run_and_ours_goes_on_among_it(
    system: System, tmp_path: Path
) -> None:
    """Q5: pickles, foreign functions, callbacks and rubbish in every key that RQ reads."""
    stolen = tmp_path / "stolen"
    command = f"touch {stolen}"
    pickled = pickle.dumps(Attack(command))
    call = json.dumps(["os.system", None, [command], {}]).encode()
    ours = json.dumps([outbox.ENTRY, None, ["0" * 32], {}]).encode()
    forged: dict[str, dict[Any, Any]] = {
        "pickle": {"data": zlib.compress(pickled)},
        "pickle-plain": {"data": pickled},
        "call": {"data": zlib.compress(call)},
        "method": {"data": zlib.compress(json.dumps(["system", "os", [command], {}]).encode())},
        "kwargs": {
            "data": zlib.compress(json.dumps([outbox.ENTRY, None, [], {"outbox_id": command}]).encode())
        },
        "callbacks": {
            "data": zlib.compress(ours),
            "success_callback_name": "os.system",
            "failure_callback_name": "os.system",
        },
        "result": {"data": zlib.compress(ours), "result": pickled, "meta": pickled, "exc_info": pickled},
        "dependency": {
            "data": zlib.compress(ours),
            "dependency_id": "pickle",
            "dependency_ids": json.dumps(["pickle"]),
        },
        "rubbish": {"data": b"\xff\x00\xfe"},
        "nothing": {"status": "queued"},
    }
    keys = decide(4)
    client = system.redis.client()
    for number, (name, fields) in enumerate(forged.items()):
        record: dict[Any, Any] = {
            "origin": outbox.QUEUE,
            "status": "queued",
            "created_at": "2020-11-12T01:00:00.000000Z",
        }
        client.hset(f"rq:job:{name}", mapping=record | fields)
        (client.lpush if number % 2 else client.rpush)(f"rq:queue:{outbox.QUEUE}", name)
        client.zadd(f"rq:wip:{outbox.QUEUE}", {name: 1})
        client.zadd(f"rq:scheduled:{outbox.QUEUE}", {name: 1})
    client.rpush(f"rq:queue:{outbox.QUEUE}", b"\xff\xfe not a name", "no-such-job")
    client.sadd("rq:queues", f"rq:queue:{outbox.QUEUE}")
    with part(system.settings, "worker"):
        system.drive(all_done, "our own work")
        wait_for(lambda: client.llen(f"rq:queue:{outbox.QUEUE}") == 0, "the strangers' work being put aside")
    assert not stolen.exists()
    assert_each_effect_once(keys)


def test_a_worker_killed_in_the_middle_of_a_job_leaves_no_half_effect(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction dies with it; after the lease another worker does the job."""
    keys = decide(1)
    flag = tmp_path / "in the middle"
    with part(system.settings, "worker", before=HANGING.format(flag=str(flag))) as worker:
        system.drive(flag.exists, "the job in the middle")
        end(worker)
    assert open_tasks() == 1 and not db.session.scalar(select(func.count(Notification.id)))
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=1))
    with part(system.settings, "worker"):
        system.drive(all_done, "the job after the lease")
    assert_each_effect_once(keys)


ROUNDS = [pytest.param(4, id="some"), pytest.param(40, id="many", marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_workers_killed_at_random_moments_finish_everything_once(
    system: System, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=3))
    rng = random.Random(rounds)
    keys = decide(15 * rounds)
    for number in range(rounds):
        before = done_tasks()
        with part(system.settings, "worker", before=SLOW) as worker:
            system.drive(lambda n=before: done_tasks() > n or all_done(), f"round {number}")  # type: ignore[misc]
            time.sleep(rng.random() * 0.5)
            end(worker)
    with part(system.settings, "worker"):
        system.drive(all_done, "the rest")
    assert_each_effect_once(keys)


def test_the_scheduler_process_hands_out_and_closes_periods_by_itself(system: System) -> None:
    """No test drives here: scheduler and worker alone, from what stands in the database."""
    keys = decide(3)
    with part(system.settings, "scheduler"), part(system.settings, "worker"):
        done = select(func.count(OutboxTask.id)).where(
            OutboxTask.job == "notify_decision", OutboxTask.done_at.is_not(None)
        )

        def finished() -> bool:
            db.session.rollback()
            closings = select(func.count(OutboxTask.id)).where(OutboxTask.job == "close_periods")
            return db.session.scalar(done) == 3 and all_done() and bool(db.session.scalar(closings))

        wait_for(finished, "notices and closings", 120)
    people = {user_id for key in keys for user_id in people_of(key)}
    told = db.session.scalars(
        select(Notification.user_id).where(Notification.key.startswith("decision:"))
    ).all()
    assert set(told) == people
    assert runtime().clock.now() > max(task.due_at for task in db.session.scalars(select(OutboxTask)))
