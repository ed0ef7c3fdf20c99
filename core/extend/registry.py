"""What all installed plugins declare together, looked up by key. Immutable; which are on is told from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

from core.api.forms import ReportForm
from core.domain.declare import Duty, Plugin, UnitKind, UnitType
from core.domain.duties import DutyRule, KindRef, freeze
from core.domain.schema import FormSchema
from core.domain.text import Text


@dataclass(frozen=True)
class Quarantined:
    """A plugin that was left out, and what its author can do about it."""

    key: str
    source: str
    problem: str


@dataclass(frozen=True)
class Installed:
    """Where an accepted plugin comes from, its package's folder if it has one, and the hooks that it answers."""

    source: str
    folder: Path | None
    answers: frozenset[str]


@dataclass(frozen=True)
class Registry:
    """All accepted plugins, and those in quarantine."""

    plugins: Mapping[str, Plugin]
    quarantined: tuple[Quarantined, ...] = ()
    installed: Mapping[str, Installed] = field(default_factory=dict)

    def answering(self, hook: str) -> frozenset[str]:
        """The plugins that answer a hook."""
        return self._answering.get(hook, frozenset())

    @cached_property
    def _answering(self) -> dict[str, frozenset[str]]:
        hooks = {hook for item in self.installed.values() for hook in item.answers}
        return {
            hook: frozenset(key for key, item in self.installed.items() if hook in item.answers)
            for hook in hooks
        }

    @cached_property
    def unit_types(self) -> dict[str, UnitType]:
        return {kind.key: kind for plugin in self.plugins.values() for kind in plugin.unit_types}

    @cached_property
    def owner_of_type(self) -> dict[str, str]:
        """The key of the plugin that provides each unit type."""
        return {kind.key: plugin.key for plugin in self.plugins.values() for kind in plugin.unit_types}

    @cached_property
    def _duties(self) -> dict[str, tuple[Duty, str, str | None]]:
        return {duty.code: (duty, plugin, unit_type) for duty, plugin, unit_type in self._declared()}

    def _declared(self) -> Iterator[tuple[Duty, str, str | None]]:
        for plugin in self.plugins.values():
            yield from ((duty, plugin.key, None) for duty in plugin.duties)
            for unit_type in plugin.unit_types:
                yield from ((duty, plugin.key, unit_type.key) for duty in unit_type.duties)

    def duty_rules(self) -> tuple[DutyRule, ...]:
        """Every declared duty as a campaign freezes it."""
        return tuple(
            freeze(duty, plugin, unit_type, self.forms[duty.code][1])
            for duty, plugin, unit_type in self._duties.values()
        )

    @cached_property
    def forms(self) -> dict[str, tuple[str, FormSchema]]:
        """Version and schema of every duty's form."""
        found = {}
        for code, (duty, _plugin, _unit_type) in self._duties.items():
            schema = cast("type[ReportForm]", duty.form).schema()
            found[code] = schema.version, schema
        return found

    def form(self, duty_code: str) -> type[ReportForm] | None:
        """The form to fill for a duty; None where its plugin is no longer installed."""
        found = self._duties.get(duty_code)
        return cast("type[ReportForm]", found[0].form) if found else None

    def example(self, plugin: str, picture: str) -> Path | None:
        """The file of a picture that a plugin shows as an example of evidence; None where it declares no such."""
        installed = self.installed.get(plugin)
        declared = {
            example.picture
            for duty, key, _unit_type in self._duties.values()
            if key == plugin
            for example in duty.evidence.examples
        }
        if installed is None or installed.folder is None or picture not in declared - {""}:
            return None
        return installed.folder / "examples" / picture

    def kind(self, unit_type: str, kind: str) -> UnitKind | None:
        declared = self.unit_types.get(unit_type)
        return next((item for item in declared.kinds if item.key == kind), None) if declared else None

    def kind_ref(self, unit_type: str, kind: str) -> KindRef:
        """The kind as the duties' rules see it; unknown kinds count as front-line, so that they owe least."""
        declared = self.kind(unit_type, kind)
        return KindRef(unit_type, kind, declared.front_line if declared else True)

    def type_title(self, unit_type: str) -> Text:
        declared = self.unit_types.get(unit_type)
        return declared.title if declared else Text(unit_type)

    def kind_title(self, unit_type: str, kind: str) -> Text:
        declared = self.kind(unit_type, kind)
        return declared.title if declared else Text(kind)
