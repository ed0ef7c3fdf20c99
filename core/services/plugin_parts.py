"""What a plugin brings besides unit types and duties: pages, panels, jobs, and the hooks that it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.api.jobs import Job
from core.api.pages import Deed, Page, Slot
from core.domain.access import Everything
from core.domain.text import Text
from core.extend.host import HookFailed
from core.services import plugins
from core.services.runtime import runtime
from core.services.work import reading
from core.store.queries import plugin_work as queries
from core.store.queries.plugin_work import Turn

#: What the product asks a plugin for, in words.
HOOK_TITLES = {
    "dudao_plugin": Text("声明", "declaration"),
    "dudao_check_report": Text("自动检查报告", "checks of reports"),
    "dudao_check_evidence": Text("自动检查材料", "checks of evidence"),
    "dudao_score": Text("评分", "scores"),
    "dudao_pages": Text("页面", "pages"),
    "dudao_jobs": Text("定时任务", "scheduled jobs"),
    "dudao_commands": Text("命令", "commands"),
    "dudao_on_event": Text("事件处理", "event handling"),
}


@dataclass(frozen=True)
class Parts:
    """A plugin's own parts. `problems` says why some cannot be told."""

    pages: tuple[Page, ...] = ()
    deeds: tuple[Deed, ...] = ()
    slots: tuple[Slot, ...] = ()
    jobs: tuple[Job, ...] = ()
    problems: tuple[Text, ...] = ()


def of(key: str) -> Parts:
    """Ask a plugin what it brings; parked parts are not asked."""
    answers, parked = runtime().registry.installed[key].answers, plugins.parked(key)
    parts, problems = Parts(), []
    try:
        found = runtime().host.pages(key) if "dudao_pages" in answers and "pages" not in parked else None
        if found is not None:
            parts = Parts(tuple(found.pages), tuple(found.deeds), tuple(found.slots))
    except HookFailed as failed:
        problems.append(_untold("dudao_pages", failed))
    jobs: tuple[Job, ...] = ()
    try:
        jobs = runtime().host.jobs(key) if "dudao_jobs" in answers and "jobs" not in parked else ()
    except HookFailed as failed:
        problems.append(_untold("dudao_jobs", failed))
    return Parts(parts.pages, parts.deeds, parts.slots, jobs, tuple(problems))


def _untold(hook: str, failed: HookFailed) -> Text:
    title = HOOK_TITLES[hook]
    return Text(f"{title.zh}说不出来：{failed.reason}", f"Its {title.en} cannot be told: {failed.reason}")


def answered(key: str) -> tuple[Text, ...]:
    """The hooks that a plugin answers, in words, in the contract's order."""
    answers = runtime().registry.installed[key].answers
    return tuple(title for hook, title in HOOK_TITLES.items() if hook in answers)


@dataclass(frozen=True)
class JobLine:
    """A job with its last turn and when the next one is due."""

    job: Job
    last: Turn | None
    next: datetime


def timetable(key: str, jobs: tuple[Job, ...]) -> Iterator[JobLine]:
    """When a plugin's jobs were owed last, and when they will be next while the plugin is on."""
    if not jobs:
        return
    now = runtime().clock.now()
    with reading(Everything("the schedule")) as session:
        turns = queries.last_turns(session(), key)
    for job in jobs:
        yield JobLine(job, turns.get(job.key), next_turn(job, now))


def next_turn(job: Job, now: datetime) -> datetime:
    """When a job is due next, at or after its time."""
    if job.every == "hour":
        moment, step = now.replace(minute=job.at.minute, second=0, microsecond=0), timedelta(hours=1)
    else:
        moment = now.replace(hour=job.at.hour, minute=job.at.minute, second=0, microsecond=0)
        step = timedelta(days=1)
    while moment <= now or job.turn(moment) is None:
        moment += step
    return moment
