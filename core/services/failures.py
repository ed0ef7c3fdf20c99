"""Where plugins failed: recorded with an incident number, parked when it goes on, put back to work by the office."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.domain.access import Actor, Everything, Permission, Role
from core.domain.errors import Conflict, Invalid, Missing
from core.domain.text import Text
from core.extend.host import HookFailed as HookFailed  # noqa: PLC0414 - pages and jobs take it from here
from core.extend.turns import Busy as Busy  # noqa: PLC0414 - the same
from core.services import notices
from core.services.origin import origin
from core.services.runtime import runtime
from core.services.work import Deed, acting, chore, reading
from core.store.models import AuditRecord, PluginFailure, PluginState
from core.store.queries import people

#: So many failures of one part within an hour, and it is not called any more.
PARK_AFTER = 5
PARK_WITHIN = timedelta(hours=1)

#: The parts of a plugin that fail and are parked by themselves, by the hook or what stands before its colon.
PARTS = {
    "dudao_pages": "pages",
    "dudao_check_report": "checks",
    "dudao_check_evidence": "checks",
    "dudao_score": "scores",
    "dudao_jobs": "jobs",
    "dudao_commands": "commands",
    "dudao_on_event": "events",
    "form": "forms",
    "migrations": "tables",
}
PART_TITLES = {
    "pages": Text("页面", "pages"),
    "checks": Text("自动检查", "automatic checks"),
    "scores": Text("评分", "scores"),
    "jobs": Text("定时任务", "scheduled jobs"),
    "commands": Text("命令", "commands"),
    "events": Text("事件处理", "event handling"),
    "forms": Text("填报表", "report forms"),
    "tables": Text("数据表", "tables"),
}
#: Never parked: a unit must be able to submit, an administrator to repair.
NEVER_PARKED = frozenset({"forms", "commands", "tables"})


def part_of(hook: str) -> str:
    return PARTS[hook.partition(":")[0]]


def record(failed: Iterable[HookFailed]) -> None:
    """Write failures in a transaction of their own; a part that fails again and again is parked, the office told."""
    for failure in failed:
        with chore("plugin.failure", "a plugin failed") as done:
            note(done, failure)
            done.outcome = "failed"
            done.about("plugin", failure.plugin, hook=failure.hook, incident=failure.incident)


def note(done: Deed, failure: HookFailed) -> None:
    """Write a failure in the transaction at hand."""
    part = part_of(failure.hook)
    done.session.add(
        PluginFailure(
            plugin=failure.plugin,
            hook=failure.hook[:80],
            part=part,
            at=done.at,
            incident=failure.incident,
            reason=failure.reason[:500],
            detail=failure.detail,
            request_id=origin().request_id,
        )
    )
    done.session.flush()
    state = done.session.get(PluginState, failure.plugin)
    if state is None or part in NEVER_PARKED or part in state.parked:
        return
    recent = select(func.count(PluginFailure.id)).where(
        PluginFailure.plugin == failure.plugin,
        PluginFailure.part == part,
        PluginFailure.at > _counted_since(done, failure.plugin),
    )
    if (done.session.scalar(recent) or 0) >= PARK_AFTER:
        state.parked = [*state.parked, part]
        _tell_of_parking(done, failure, part)


def _counted_since(done: Deed, key: str) -> datetime:
    """What failed before a plugin was put back to work counts no more."""
    put_back_at = select(func.max(AuditRecord.at)).where(
        AuditRecord.object_type == "plugin",
        AuditRecord.object_id == key,
        AuditRecord.action == "plugin.put_back",
        AuditRecord.outcome == "done",
    )
    hour_ago = done.at - PARK_WITHIN
    return max(done.session.scalar(put_back_at) or hour_ago, hour_ago)


def _tell_of_parking(done: Deed, failure: HookFailed, part: str) -> None:
    whom = people.with_role(done.session(), [Role.OFFICE, Role.ADMIN], everywhere=True)
    plugin = runtime().registry.plugins.get(failure.plugin)
    title, what = plugin.title if plugin else Text(failure.plugin), PART_TITLES[part]
    notices.send(
        done,
        whom,
        key=f"parked:{failure.incident}",
        title=Text(f"“{title.zh}”的{what.zh}已暂停", f"{title.pick('en')}: {what.en} parked"),
        body=Text(
            f"一小时内出错 {PARK_AFTER} 次，最近一次事件号 {failure.incident}。其他部分照常。",
            f"It failed {PARK_AFTER} times within an hour, last as incident {failure.incident}. All else goes on.",
        ),
        url=f"/office/plugins/{failure.plugin}",
        tone="warning",
    )


def put_back(actor: Actor, key: str, reason: str) -> None:
    """Call a plugin's parked parts again, with a reason. Raises Conflict where nothing is parked."""
    if not reason.strip():
        message = Text("请写明理由", "Give a reason")
        raise Invalid(message, {"reason": message})
    with acting(actor, Permission.SWITCH_PLUGINS, "plugin.put_back") as done:
        state = done.session.get(PluginState, key)
        if state is None:
            raise Missing
        if not state.parked:
            raise Conflict(Text("没有暂停的部分", "Nothing is parked"))
        done.about("plugin", key, parts=list(state.parked), reason=reason.strip())
        state.parked = []
        origin().known.pop("plugin_states", None)


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A failure in the list that office and administrator see."""

    plugin: str
    hook: str
    part: Text
    at: datetime
    incident: str
    reason: str
    detail: str


def recent(key: str | None = None, at_most: int = 50) -> list[FailureRow]:
    """The last failures, of one plugin or of all."""
    statement = select(PluginFailure).order_by(PluginFailure.id.desc()).limit(at_most)
    if key is not None:
        statement = statement.where(PluginFailure.plugin == key)
    with reading(Everything("failures concern the whole installation")) as session:
        return [
            FailureRow(f.plugin, f.hook, PART_TITLES[f.part], f.at, f.incident, f.reason, f.detail)
            for f in session.scalars(statement)
        ]


def last_by_plugin() -> dict[str, FailureRow]:
    """Each plugin's last failure."""
    newest = select(func.max(PluginFailure.id)).group_by(PluginFailure.plugin)
    with reading(Everything("failures concern the whole installation")) as session:
        return {
            f.plugin: FailureRow(f.plugin, f.hook, PART_TITLES[f.part], f.at, f.incident, f.reason, "")
            for f in session.scalars(select(PluginFailure).where(PluginFailure.id.in_(newest)))
        }
