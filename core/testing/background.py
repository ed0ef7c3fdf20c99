"""Checks of what runs without a person: jobs, events, commands."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import click
from click.testing import CliRunner
from sqlalchemy import select

from core.api.jobs import Job
from core.domain.facts import EVENTS
from core.extend.host import HookFailed
from core.jobs import entry
from core.jobs.queue import owe
from core.services import plugin_jobs
from core.services.work import chore
from core.store.db import db
from core.store.models import Notification, OutboxTask
from core.store.models import Report as ReportRow
from core.testing.kit import Collection, none
from core.testing.subject import Subject
from core.testing.worlds import World

_C = Collection("dudao_jobs")
CHECKS = _C.checks
TURN = "2020-11-12"


def _jobs(subject: Subject) -> tuple[Job, ...]:
    subject.need("dudao_jobs")
    try:
        return subject.host.jobs(subject.key)
    except HookFailed as failed:
        raise AssertionError(f"dudao_jobs(): {failed.reason}") from failed


def rows(subject: Subject) -> dict[str, list[Any]]:
    """All rows of the plugin's own tables, and the notices to people."""
    tables = subject.plugin.tables.metadata.sorted_tables if subject.plugin.tables is not None else []
    found: dict[str, list[Any]] = {}
    with db.engine.connect() as connection:
        for table in tables:
            found[table.name] = sorted(map(repr, connection.execute(select(table))))
        notices = select(Notification.user_id, Notification.key)
        found["notices"] = sorted(map(repr, connection.execute(notices)))
    return found


@_C.check("jobs have keys of their own and times at which they run")
def jobs_fit(subject: Subject) -> None:
    known = _jobs(subject)
    none(f"job {job.key!r}: run= is no function" for job in known if not callable(job.run))


@_C.check("each job runs in the worker, and a second hand-out of the same turn does nothing")
def jobs_run(subject: Subject) -> None:
    world = subject.world
    for job in _jobs(subject):
        with world.apart(), world.inside():
            payload = {"plugin": subject.key, "job": job.key, "turn": TURN}
            key = f"{subject.key}:{job.key}:{TURN}"
            with chore("task.run", "the conformance kit") as done:
                owe(done.session(), "plugin_job", key, payload, done.at)
                done.about("schedule", key)
            task = _task(f"plugin_job:{key}")
            entry.run(task.id)
            ended = _task(f"plugin_job:{key}")
            none([f"job {job.key!r} fails: {ended.error}"] if ended.done_at is None else [])
            before = rows(subject)
            entry.run(task.id)
            none([f"job {job.key!r} has its effect twice"] if rows(subject) != before else [])


def _task(key: str) -> OutboxTask:
    db.session.expire_all()
    found: OutboxTask = db.session.scalars(select(OutboxTask).where(OutboxTask.key == key)).one()
    db.session.rollback()
    return found


@_C.check("a job's function, run twice for the same turn, leaves what running it once leaves")
def jobs_are_idempotent(subject: Subject) -> None:
    world = subject.world
    for job in _jobs(subject):
        payload = {"plugin": subject.key, "job": job.key, "turn": TURN}
        with world.apart(), world.inside():
            once, twice = (
                _after(subject, plugin_jobs.run_job, plugin_jobs.keep_job, payload) for _ in range(2)
            )
        none(
            f"job {job.key!r}: {where} differs after a second run"
            for where in once
            if once[where] != twice[where]
        )


def _after(subject: Subject, ask: Any, keep: Any, payload: dict[str, Any]) -> dict[str, list[Any]]:
    """The rows after a call of the plugin was made and kept, as the worker does it."""
    try:
        data = ask(payload)
    except HookFailed as failed:
        raise AssertionError(f"{failed.hook} fails: {failed.reason}") from failed
    with chore("task.run", "the conformance kit") as done:
        keep(done, payload, data)
        done.about("task", uuid.uuid4().hex)
    return rows(subject)


@_C.check("each event is heard without a failure", "dudao_on_event")
def events_are_heard(subject: Subject) -> None:
    list(_told(subject, times=1))


@_C.check("an event told twice leaves what telling it once leaves", "dudao_on_event")
def events_told_twice(subject: Subject) -> None:
    for name, once, twice in _told(subject, times=2):
        none(
            f"{name}: {where} differs after the event is told again"
            for where in once
            if once[where] != twice[where]
        )


def _told(subject: Subject, times: int) -> Iterator[tuple[str, dict[str, list[Any]], dict[str, list[Any]]]]:
    subject.need("dudao_on_event")
    world = subject.world
    for name in EVENTS:
        with world.apart(), world.inside():
            payload = _event(subject, world, name)
            after = [
                _after(subject, plugin_jobs.tell_event, plugin_jobs.keep_event, payload) for _ in range(times)
            ]
        yield name, after[0], after[-1]


def _event(subject: Subject, world: World, name: str) -> dict[str, Any]:
    codes = [duty.code for duty in subject.duties]
    first = db.session.scalars(
        select(ReportRow).where(ReportRow.duty_code.in_(codes)).order_by(ReportRow.id)
    ).first()
    db.session.rollback()
    payload = {
        "plugin": subject.key,
        "name": name,
        "at": world.runtime.clock.now().isoformat(),
        "id": f"{name}:1:1",
        "unit_id": first.unit_id if first else world.own[0].unit_id,
    }
    if name.startswith("report.") and first is not None:
        payload |= {"report": first.id, "duty": first.duty_code, "period": first.period_key}
    return payload


@_C.check("each command has a help text, and shows it", "dudao_commands")
def commands_have_help(subject: Subject) -> None:
    subject.need("dudao_commands")
    try:
        known = subject.host.commands(subject.key)
    except HookFailed as failed:
        raise AssertionError(f"dudao_commands(): {failed.reason}") from failed
    names = [command.name for command in known]
    none(f"command {name!r} is there twice" for name in names if names.count(name) > 1)
    for command in known:
        none([f"command {command.name!r} has no help text"] if not (command.help or "").strip() else [])
        shown = CliRunner().invoke(command, ["--help"])
        none([f"command {command.name!r} --help fails: {shown.output}"] if shown.exit_code else [])
        none(
            f"command {command.name!r}: the option {option.name!r} has no help= text"
            for option in command.params
            if isinstance(option, click.Option) and not option.help
        )
