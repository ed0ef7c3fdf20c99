"""The worker against a Redis that somebody else has written to, and against its own death."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from core.jobs.outbox import ENTRY, QUEUE
from tests import servers
from tests.conftest import settings_for

pytestmark = pytest.mark.slow

BURST = """
from core.config import from_environment
from core.worker import work
work(from_environment(), burst=True)
"""
#: A worker whose one job takes a minute: the entry point is replaced before the fork.
SLEEPER = """
import time
from core.config import from_environment
from core.jobs import entry
entry.run = lambda _id: time.sleep(60)
from core.worker import work
work(from_environment())
"""


@pytest.fixture
def store() -> Iterator[redis.Redis]:
    with servers.redis_socket() as url, redis.Redis.from_url(url) as client:
        yield client


def worker(source: str, data: Path, store: redis.Redis) -> subprocess.Popen[bytes]:
    url = f"unix://{store.connection_pool.connection_kwargs['path']}"
    settings = settings_for(data, DUDAO_REDIS_URL=url)
    environment = {**os.environ, **settings.environment()}
    return subprocess.Popen([sys.executable, "-c", source], env=environment, stderr=subprocess.DEVNULL)


class Attack:
    """Runs a command when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.target}",)


def forge(store: redis.Redis, job: str, **fields: bytes | str) -> None:
    """A job record as anyone could write it who reaches Redis."""
    record: dict[Any, Any] = {
        "created_at": "2020-11-12T01:00:00.000000Z",
        "origin": QUEUE,
        "status": "queued",
        **fields,
    }
    store.hset(f"rq:job:{job}", mapping=record)
    store.rpush(f"rq:queue:{QUEUE}", job)


def test_nothing_that_others_put_into_redis_is_run(
    data_folder: Path, store: redis.Redis, tmp_path: Path
) -> None:
    target = tmp_path / "taken-over"
    attack = pickle.dumps(Attack(target))
    system = f'["os.system", null, ["touch {target}"], {{}}]'
    ours = f'["{ENTRY}", null, ["no-such-task"], {{}}]'
    forge(store, "pickled-call", data=pickle.dumps(("os.system", None, (f"touch {target}",), {})))
    forge(store, "pickled-object", data=attack)
    forge(store, "pickled-result", data=ours, result=attack, meta=attack)
    forge(store, "other-function", data=system)
    forge(store, "many-arguments", data=f'["{ENTRY}", null, ["a", "b"], {{}}]')
    forge(store, "callbacks", data=ours, success_callback_name="os.system", failure_callback_name="os.abort")
    forge(store, "unreadable", data=ours, timeout="soon")
    forge(store, "undecodable", data=ours, created_at=b"\xff\xfe")
    genuine = Queue(QUEUE, connection=store, serializer=JSONSerializer).enqueue(ENTRY, "no-such-task")

    assert worker(BURST, data_folder, store).wait(60) == 0

    states = {
        job: store.hget(f"rq:job:{job}", "status")
        for job in ("pickled-call", "pickled-object", "other-function", "many-arguments", "callbacks")
    }
    assert not target.exists()
    assert states == {
        "pickled-call": b"failed",
        "pickled-object": b"failed",
        "other-function": b"failed",
        "many-arguments": b"failed",
        "callbacks": b"finished",
    }
    assert store.hget(f"rq:job:{genuine.id}", "status") == b"finished"


def test_a_job_never_outlives_its_worker(data_folder: Path, store: redis.Redis) -> None:
    process = worker(SLEEPER, data_folder, store)
    try:
        Queue(QUEUE, connection=store, serializer=JSONSerializer).enqueue(ENTRY, "a minute")
        horses: list[psutil.Process] = []
        end = time.monotonic() + 30
        while not horses and time.monotonic() < end:
            horses = psutil.Process(process.pid).children()
            time.sleep(0.05)
        assert horses, "the job was not begun"
    finally:
        process.kill()
        process.wait()
    _, left = psutil.wait_procs(horses, timeout=10)
    assert not [horse for horse in left if horse.status() != psutil.STATUS_ZOMBIE]
