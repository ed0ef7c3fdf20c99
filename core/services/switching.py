"""Switching units on and off: one or many, all or none, with a reason and a record; the tallies follow."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass

from core.domain.access import Actor, Permission
from core.domain.errors import Conflict, Invalid
from core.domain.obligations import Interval, is_enabled
from core.domain.text import Text
from core.domain.units import switched
from core.services import campaigns, plugin_jobs, tallies
from core.services.choices import Below, Choice, Listed, Named, refuse_missing
from core.services.runtime import runtime
from core.services.work import SYSTEM, Deed, acting, deed
from core.store.models import UnitInterval
from core.store.queries import switching as queries
from core.store.queries import units

REASON_LIMIT = 500


@dataclass(frozen=True)
class Switched:
    """How many units changed, and how many were left alone since they stood so already."""

    changed: int
    already: int


def switch_unit(actor: Actor, unit_id: int, on: bool, reason: str) -> None:
    """Enable or disable a unit from today on, with a reason; effective at the next request.

    Raises Missing outside the actor's region, Invalid without a reason, Conflict where it stands so already.
    """
    reason = _given(reason)
    with _opened(actor, on) as done:
        changed, _already = _switch(done, Named((unit_id,)), on, reason)
        if not changed:
            state = Text("启用", "enabled") if on else Text("停用", "disabled")
            raise Conflict(Text(f"该单位已经是{state.zh}状态", f"The unit is {state.en} already"))
        (unit,) = units.several(done.session(), changed)
        done.about("unit", unit_id, unit_id=unit_id, name=unit.name, reason=reason)


def switch_units(
    actor: Actor, choice: Choice, on: bool, reason: str, expected: int | None = None
) -> Switched:
    """Enable or disable units from today on, all or none; those that stand so already are left alone.

    Raises Missing where a unit that is named is not the actor's, Invalid without a reason, Conflict where not as
    many units would change as somebody was shown and now expects.
    """
    return switch_parts(actor, {on: choice}, reason, expected)


def switch_parts(
    actor: Actor, parts: Mapping[bool, Choice], reason: str, expected: int | None = None
) -> Switched:
    """Enable some units and disable others in one transaction, with a record for each of the two directions."""
    reason = _given(reason, needed=not all(map(_all_have_reasons, parts.values())))
    first = next(iter(parts))
    changed = already = 0
    with _opened(actor, first) as done:
        for on, choice in parts.items():
            ids, left = _switch(done, choice, on, reason)
            record = done if on is first else copy(done)
            record.action, record.detail = _action(on), {}
            _tell(record, choice, reason, ids, left)
            if record is not done:
                done.session.add(record.record())
            changed, already = changed + len(ids), already + left
        if expected not in (None, changed):
            raise Conflict(
                Text(
                    "在您核对之后，这些单位有了变化，请按最新情况再核对一次",
                    "The units changed after you looked at them: look at the latest state and confirm again",
                )
            )
    return Switched(changed, already)


def _given(reason: str, *, needed: bool = True) -> str:
    reason = reason.strip()
    message = None
    if needed and not reason:
        message = Text("请写明理由", "Give a reason")
    elif len(reason) > REASON_LIMIT:
        message = Text(f"理由不超过 {REASON_LIMIT} 字", f"A reason has at most {REASON_LIMIT} characters")
    if message is not None:
        raise Invalid(message, {"reason": message})
    return reason


def _all_have_reasons(choice: Choice) -> bool:
    return isinstance(choice, Listed) and choice.reasons.keys() >= set(choice.ids)


def _action(on: bool) -> str:
    return "unit.enable" if on else "unit.disable"


def _opened(actor: Actor, on: bool) -> AbstractContextManager[Deed]:
    """A deed of an office in its own scope, or of the machine's administrator over everything."""
    if actor is SYSTEM:
        return acting(actor, Permission.SWITCH_UNITS, _action(on))
    return deed(actor, Permission.SWITCH_UNITS, _action(on))


def _switch(done: Deed, choice: Choice, on: bool, reason: str) -> tuple[list[int], int]:
    """Switch those of the chosen units that stand otherwise: their ids, and how many stand so already."""
    session = done.session()
    refuse_missing(session, choice)
    # The intervals are read after the lock: what a transaction that held it has changed must be seen.
    rows = queries.intervals(session, queries.lock(session, choice.which()))
    today = runtime().clock.today()
    own = choice.reasons if isinstance(choice, Listed) else {}
    changes: dict[int, tuple[list[Interval], list[Interval]]] = {}
    for unit_id, known in rows.items():
        before = [Interval(row.starts, row.ends) for row in known]
        if is_enabled(before) != on:
            after = switched(before, on, today)
            changes[unit_id] = before, after
            _write(done, unit_id, known, after, own.get(unit_id) or reason)
    session.flush()
    campaign = campaigns.current()
    if campaign is not None:
        tallies.follow(session, campaign, changes)
    plugin_jobs.owe_unit_events(done, sorted(changes), on)
    return sorted(changes), len(rows) - len(changes)


def _write(done: Deed, unit_id: int, known: list[UnitInterval], after: list[Interval], reason: str) -> None:
    """Bring a unit's rows in step with its intervals, of which only the last has changed."""
    last = after[-1]
    if len(after) > len(known):
        row = UnitInterval(unit_id=unit_id, starts=last.starts, enabled_reason=reason, disabled_reason="")
        done.session.add(row)
    elif last.ends is None:
        known[-1].ends, known[-1].enabled_reason = None, reason
    else:
        known[-1].ends, known[-1].disabled_reason = last.ends, reason


def _tell(record: Deed, choice: Choice, reason: str, changed: list[int], already: int) -> None:
    """What the audit trail keeps of one direction."""
    told = {**choice.told(), "count": len(changed), "already": already, "reason": reason, "units": changed}
    if isinstance(choice, Listed) and choice.reasons:
        told["reasons"] = {str(i): choice.reasons[i] for i in changed if i in choice.reasons}
    top = choice.unit_id if isinstance(choice, Below) else None
    record.about("unit" if top else "units", top or len(changed), unit_id=top, **told)
