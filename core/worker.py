"""The background worker: RQ, hardened. It runs one function of ours and nothing else that Redis may hold."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import redis
import rq.serializers
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from core import parent, redis_server
from core.app import create_app
from core.config import Settings
from core.jobs import entry
from core.jobs.outbox import ENTRY, QUEUE
from core.store.db import db

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 5.0

# Some of RQ's own look-ups forget the serializer and would fall back to pickle, which runs code from Redis.
rq.serializers.PickleSerializer = JSONSerializer  # type: ignore[assignment]  # on purpose


class RefusedJobError(Exception):
    """Redis holds work that is not ours."""


class OnlyEntry(Job):
    """A job that can only be a call of the entry point: no callbacks, no requests to addresses in Redis."""

    def __init__(
        self,
        id: str | None = None,  # noqa: A002 (RQ's name)
        connection: Any = None,
        serializer: Any = None,
    ) -> None:
        super().__init__(id, connection, serializer=JSONSerializer)

    @property
    def func(self) -> Callable[[str], None]:
        identity = list(self.args)
        ours = self.func_name == ENTRY and self.instance is None and not self.kwargs
        if not ours or len(identity) != 1 or not isinstance(identity[0], str):
            raise RefusedJobError(f"job {self.id} is not a call of {ENTRY} with one id: not run")
        return entry.run

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, status: object, *, exc_string: str | None = None) -> None:
        """Nothing: a job's addresses come from Redis, not from us."""

    def restore(self, raw_data: Any) -> Any:
        """A record that RQ cannot read is passed over; otherwise it would end every worker that meets it."""
        try:
            return super().restore(raw_data)
        except NoSuchJobError:
            raise
        except Exception as error:
            log.warning("job %s in Redis cannot be read: %s", self.id, error)
            raise NoSuchJobError(f"unreadable job {self.id}") from error


class HardWorker(Worker):
    """A worker that waits for a Redis that is away, and whose work horse never outlives it."""

    job_class = OnlyEntry
    max_connection_wait_time = _LONGEST_PAUSE

    @property
    def asked_to_stop(self) -> bool:
        return self._shutdown_requested_date is not None

    def _set_ip_address(self, connection: redis.Redis) -> None:
        """Not asked for: the client cannot read the answer where the socket's path has a space in it."""
        self.ip_address = "unknown"

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        parent.die_with(self.pid or 0)
        for engine in db.engines.values():
            engine.dispose(close=False)
        super().main_work_horse(job, queue)

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """A running job goes on while Redis is away; its effect is in the database."""
        try:
            super().maintain_heartbeats(job, execution)
        except redis.RedisError as error:
            log.warning("Redis does not take the heartbeat of job %s: %s", job.id, error)

    def teardown(self) -> None:
        """End the horse and say good-bye, as far as Redis listens."""
        if self.is_horse:
            return
        if self.horse_pid:
            self.kill_horse()
            self.wait_for_horse()
        try:
            self.register_death()
        except redis.RedisError as error:
            log.warning("Redis does not hear of the worker's end: %s", error)
        if self.pubsub_thread:
            self.pubsub_thread.stop()


def work(settings: Settings, *, burst: bool = False) -> None:
    """Do what the queue holds until a signal ends it (`burst`: until the queue is empty)."""
    app = create_app(settings)
    with app.app_context():
        # Nothing of the database is open in this process when it forks.
        for engine in db.engines.values():
            engine.dispose()
        pause = 0.5
        while True:
            signal.signal(signal.SIGTERM, _leave)
            signal.signal(signal.SIGINT, _leave)
            began = time.monotonic()
            if _work_until_trouble(settings, burst=burst):
                return
            pause = 0.5 if time.monotonic() - began > 60 else min(pause * 2, _LONGEST_PAUSE)
            time.sleep(pause)


def _work_until_trouble(settings: Settings, *, burst: bool) -> bool:
    """One life of an RQ worker. True if it ended as it should."""
    client = redis_server.connect(settings)
    try:
        worker = HardWorker(
            [QUEUE],
            connection=client,
            serializer=JSONSerializer,
            worker_ttl=30,
            maintenance_interval=10,
            job_monitoring_interval=5,
        )
        worker.work(burst=burst, logging_level="WARNING")
        if burst or worker.asked_to_stop:
            return True
        # RQ gave up over an entry it could not read. What was taken but not begun is thrown away; if it was
        # ours it will be handed out again.
        client.delete(Queue(QUEUE, connection=client).intermediate_queue_key)
    except redis.RedisError as error:
        log.warning("the worker cannot reach Redis, trying again: %s", error)
    return False


def _leave(_signum: int, _frame: FrameType | None) -> None:
    sys.exit(0)
