"""Which plugins are on: data that is read once per request, job and command (design idea 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.domain.access import Actor, Everything, Permission
from core.domain.declare import Plugin
from core.domain.errors import Conflict, Invalid, Missing
from core.domain.text import Text
from core.services import campaigns
from core.services.origin import origin
from core.services.runtime import runtime
from core.services.work import Deed, chore, deed, reading
from core.store.models import PluginState
from core.store.queries import units


def on() -> frozenset[str]:
    """Keys of the plugins that are installed and switched on; read once a request."""
    return _known()[1]


def parked(key: str) -> frozenset[str]:
    """The parts of a plugin that are not called, because they failed again and again."""
    return _known()[0].get(key, frozenset())


def _known() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """The parked parts of the plugins that are switched on, and which of these are installed; read once a request."""
    known = origin().known
    if "plugin_states" not in known:
        with reading(Everything("what is on concerns everybody")) as session:
            states = units.plugins_on(session())
        known["plugin_states"] = states, frozenset(states) & runtime().registry.plugins.keys()
    found: tuple[dict[str, frozenset[str]], frozenset[str]] = known["plugin_states"]
    return found


def switch(actor: Actor, key: str, enable: bool, reason: str) -> None:
    """Switch a plugin on or off, with a reason. Raises Missing where it is not installed."""
    if not reason.strip():
        message = Text("请写明理由", "Give a reason")
        raise Invalid(message, {"reason": message})
    with deed(actor, Permission.SWITCH_PLUGINS, "plugin.enable" if enable else "plugin.disable") as done:
        _switch(done, key, enable, reason.strip())


def switch_from_command(key: str, enable: bool, reason: str) -> None:
    """The same from the command line, where the machine's administrator acts."""
    with chore("plugin.enable" if enable else "plugin.disable", "the administrator's command") as done:
        _switch(done, key, enable, reason)


@dataclass(frozen=True)
class PluginRow:
    """A plugin on the office's page: declaration, state, and how many units its types have."""

    plugin: Plugin
    enabled: bool
    reason: str
    changed_at: datetime | None
    changed_by: str
    units: int
    duties: int


def overview() -> list[PluginRow]:
    """Every installed plugin with its state."""
    with reading(Everything("what is on concerns everybody")) as session:
        states = {state.key: state for state in session.scalars(select(PluginState))}
        counts = units.count_by_type(session())
    rows = []
    for plugin in runtime().registry.plugins.values():
        state = states.get(plugin.key)
        rows.append(
            PluginRow(
                plugin=plugin,
                enabled=bool(state and state.enabled),
                reason=state.reason if state else "",
                changed_at=state.changed_at if state else None,
                changed_by=state.changed_by if state else "",
                units=sum(counts.get(unit_type.key, 0) for unit_type in plugin.unit_types),
                duties=len(plugin.duties) + sum(len(unit_type.duties) for unit_type in plugin.unit_types),
            )
        )
    return rows


def parked_parts(key: str) -> tuple[str, ...]:
    """The parked parts of a plugin, whether it is on or off."""
    with reading(Everything("what is on concerns everybody")) as session:
        found = session.scalar(select(PluginState.parked).where(PluginState.key == key))
    return tuple(found or ())


def enable_all(keys: Iterable[str]) -> None:
    """Switch on what a new installation begins with; leaves alone what was ever switched."""
    with chore("plugin.enable", "a new installation") as done:
        for key in keys:
            state = done.session.get(PluginState, key)
            if state is None:
                state = PluginState(
                    key=key, enabled=True, reason="", changed_at=done.at, changed_by=done.actor.login
                )
                done.session.add(state)
                campaigns.join(done, key)
            _remember(state)
        done.about("plugin", "*")


def note_versions() -> int:
    """Remember titles and versions that have changed since they were seen last; says how many. Called at start."""
    with reading(Everything("what is installed concerns everybody")) as session:
        seen = {state.key: state.version for state in session.scalars(select(PluginState))}
        session.rollback()
    installed = runtime().registry.plugins
    changed = sorted(k for k, old in seen.items() if k in installed and installed[k].version != old)
    if changed:
        with chore("plugin.version", "another version was installed") as done:
            for key in changed:
                _remember(done.session.get_one(PluginState, key))
            versions = {key: [seen[key], installed[key].version] for key in changed}
            done.about("plugin", changed[0] if len(changed) == 1 else "*", versions=versions)
    return len(changed)


def _remember(state: PluginState) -> None:
    """Keep how a plugin is called, so that it can be named when it is gone."""
    plugin = runtime().registry.plugins.get(state.key)
    if plugin is not None:
        state.title, state.version = plugin.title.to_json(), plugin.version


def _switch(done: Deed, key: str, enable: bool, reason: str) -> None:
    if key not in runtime().registry.plugins:
        raise Missing
    state = done.session.get(PluginState, key)
    if (state is not None and state.enabled) == enable:
        word = Text("启用", "on") if enable else Text("停用", "off")
        raise Conflict(Text(f"插件已经是{word.zh}状态", f"The plugin is {word.en} already"))
    if state is None:
        state = PluginState(
            key=key, enabled=enable, reason=reason, changed_at=done.at, changed_by=done.actor.login
        )
        done.session.add(state)
    origin().known.pop("plugin_states", None)
    state.enabled, state.reason, state.changed_at, state.changed_by = (
        enable,
        reason,
        done.at,
        done.actor.login,
    )
    _remember(state)
    joined = campaigns.join(done, key) if enable else ()
    done.about("plugin", key, reason=reason)
    if joined:
        done.detail["joined"] = list(joined)
