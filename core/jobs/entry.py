"""The one function that RQ may run: it takes an outbox id and does the job that is owed there, once."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from core.domain.access import Everything
from core.jobs.handlers import HANDLERS
from core.jobs.outbox import held
from core.services import failures, tracing
from core.services.failures import HookFailed
from core.services.work import chore, reading
from core.store.db import lock_row
from core.store.models import OutboxTask

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
#: Pauses before the next try of a job that failed, growing.
PAUSES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


class _NothingToDo(Exception):
    """The job was done already, was given up, or was taken back."""


def run(outbox_id: str) -> None:
    """Do the job owed under this id. Twice, in parallel or after a crash: its effect happens once.

    What plugins are asked is asked before; the effect and the mark that it is done are one transaction; a failure is
    noted in another, with a later try.
    """
    try:
        with held(outbox_id):
            prepared = _prepared(outbox_id)
        with chore("task.run", "a job works for everybody") as done:
            lock_row(done.session(), OutboxTask, outbox_id)
            task = done.session.get(OutboxTask, outbox_id)
            if task is None or task.done_at is not None or task.failed_at is not None:
                raise _NothingToDo
            done.about("task", task.id, job=task.job, key=task.key)
            HANDLERS[task.job].effect(done, task.payload, prepared)
            task.done_at, task.attempts, task.error = done.at, task.attempts + 1, ""
    except _NothingToDo:
        return
    except HookFailed as failed:
        log.warning("job %s failed, see incident %s", outbox_id, failed.incident)
        _note_failure(outbox_id, failed)
    except Exception as error:
        log.exception("job %s failed", outbox_id)
        _note_failure(outbox_id, error)


def _prepared(outbox_id: str) -> Any:
    with reading(Everything("a job works for everybody")) as session:
        task = session.get(OutboxTask, outbox_id)
        if task is None or task.done_at is not None or task.failed_at is not None:
            raise _NothingToDo
        job, payload = task.job, dict(task.payload)
        session.rollback()
    with tracing.traced_job(f"{job} {payload}"):
        return HANDLERS[job].prepare(payload)


def _note_failure(outbox_id: str, error: Exception) -> None:
    with chore("task.run", "a job that failed") as done:
        lock_row(done.session(), OutboxTask, outbox_id)
        task = done.session.get_one(OutboxTask, outbox_id)
        done.outcome = "failed"
        done.about("task", task.id, job=task.job, error=type(error).__name__)
        task.attempts += 1
        task.error = f"{type(error).__name__}: {error}"[:500]
        task.handed_at = None
        if isinstance(error, HookFailed):
            failures.note(done, error)
        if task.attempts >= MAX_ATTEMPTS:
            task.failed_at = done.at
        else:
            task.due_at = done.at + PAUSES[min(task.attempts, len(PAUSES)) - 1]
