"""Plugins' own jobs by the clock, and what they hear of events: owed in the database, run in the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.api.jobs import Job
from core.domain.access import Everything
from core.domain.facts import EVENTS, Event
from core.domain.workflow import Action
from core.extend.host import JOB_SECONDS, HookFailed
from core.jobs.queue import owe, owed_keys
from core.services import failures, plugins
from core.services.plugin_data import PluginData, lent, whole_sight
from core.services.runtime import runtime
from core.services.work import Deed, chore, reading
from core.store.queries import facts, units

_EVENT_OF = {
    Action.SUBMIT: "report.submitted",
    Action.WITHDRAW: "report.withdrawn",
    Action.ACCEPT: "report.accepted",
    Action.RETURN: "report.returned",
    Action.REOPEN: "report.reopened",
}


def declared(plugin: str) -> tuple[Job, ...]:
    """A plugin's jobs; none, and a failure on record, where it cannot say."""
    if "jobs" in plugins.parked(plugin):
        return ()
    try:
        return runtime().host.jobs(plugin)
    except HookFailed as failed:
        failures.record([failed])
        return ()


def owe_turns() -> int:
    """Owe the jobs whose hour, day or week has come; says how many are new."""
    now = runtime().clock.now()
    turns = {
        f"{plugin}:{job.key}:{turn}": {"plugin": plugin, "job": job.key, "turn": turn}
        for plugin in sorted(plugins.on() & runtime().registry.answering("dudao_jobs"))
        for job in declared(plugin)
        for turn in [job.turn(now)]
        if turn is not None
    }
    with reading(Everything("the schedule")) as session:
        new = turns.keys() - owed_keys(session(), "plugin_job", turns)
    if not new:
        return 0
    with chore("task.run", "the schedule") as done:
        for key in sorted(new):
            owe(done.session(), "plugin_job", key, turns[key], done.at)
        done.about("schedule", "plugin_job", turns=len(new))
    return len(new)


def run_job(payload: dict[str, Any]) -> PluginData | None:
    """Run one turn of a plugin's job, outside of any transaction. Raises HookFailed, which is tried again."""
    plugin = payload["plugin"]
    job = next((job for job in _of(plugin) if job.key == payload["job"]), None)
    if job is None:
        return None
    with lent(plugin, whole_sight(plugin)) as data:
        runtime().host.run(plugin, f"dudao_jobs:{job.key}", JOB_SECONDS, lambda: job.run(data))
    return data


def _of(plugin: str) -> tuple[Job, ...]:
    if plugin not in plugins.on() or "jobs" in plugins.parked(plugin):
        return ()
    return runtime().host.jobs(plugin)


def keep_job(done: Deed, payload: dict[str, Any], data: PluginData | None) -> None:
    """Write what the job handed over, with the mark that it is done."""
    if data is not None:
        _apply(done, data, f"dudao_jobs:{payload['job']}", f"{payload['job']}:{payload['turn']}")


def _apply(done: Deed, data: PluginData, hook: str, key: str) -> None:
    """What cannot be written is the plugin's failure."""
    try:
        data.apply(done, key)
    except Exception as error:
        raise HookFailed(data.plugin, hook, error) from error


def owe_report_event(
    done: Deed, action: Action, plugin: str, report: str, version: int, **about: Any
) -> None:
    """Owe the plugins that hear of events what was done with a report of a duty of `plugin`."""
    if action in _EVENT_OF:
        _owe_event(done, _EVENT_OF[action], f"{report}:{version}", plugin, {"report": report, **about})


def owe_unit_events(done: Deed, unit_ids: Sequence[int], on: bool) -> None:
    """Owe the plugins that hear of events that units were enabled or disabled."""
    registry = runtime().registry
    if not registry.answering("dudao_on_event"):
        return
    name = "unit.enabled" if on else "unit.disabled"
    for unit_id, unit_type in units.types(done.session(), unit_ids):
        key = f"{unit_id}:{done.at.isoformat()}"
        _owe_event(done, name, key, registry.owner_of_type.get(unit_type, ""), {"unit_id": unit_id})


def _owe_event(done: Deed, name: str, key: str, plugin: str, about: dict[str, Any]) -> None:
    registry = runtime().registry
    listening = registry.answering("dudao_on_event")
    if not listening:
        return
    hearing = {p for p in listening if p == plugin or not registry.plugins[p].unit_types}
    for listener in sorted(hearing & plugins.on()):
        payload = {
            "plugin": listener,
            "name": name,
            "at": done.at.isoformat(),
            "id": f"{name}:{key}",
            **about,
        }
        owe(done.session(), "plugin_event", f"{listener}:{name}:{key}", payload, done.at)


def tell_event(payload: dict[str, Any]) -> PluginData | None:
    """Tell a plugin of an event, outside of any transaction. Raises HookFailed, which is tried again."""
    plugin = payload["plugin"]
    if plugin not in plugins.on() or "events" in plugins.parked(plugin):
        return None
    with reading(Everything("an event names its unit")) as session:
        unit = facts.member(session(), payload["unit_id"])
        session.rollback()
    if unit is None:
        return None
    event = Event(
        id=payload["id"],
        name=payload["name"],
        at=runtime().clock.local(datetime.fromisoformat(payload["at"])),
        unit=unit,
        report=payload.get("report"),
        duty=payload.get("duty"),
        period=payload.get("period"),
    )
    assert event.name in EVENTS
    with lent(plugin, whole_sight(plugin)) as data:
        runtime().host.on_event(plugin, event, data)
    return data


def keep_event(done: Deed, payload: dict[str, Any], data: PluginData | None) -> None:
    if data is not None:
        _apply(done, data, "dudao_on_event", payload["id"])
