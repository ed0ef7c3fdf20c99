"""Duty sheets for tests: those of the bundled plugins, and what a plugin declares."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from core.api import Duty, Plugin
from core.api.fields import LARGEST_YUAN
from core.domain.declare import Everyone
from core.domain.duties import DutyRule
from core.domain.schema import Choice, FieldSpec
from core.extend.discover import Found, find
from core.extend.dutysheet.model import SETTINGS, Everybody, Field, FieldRule, Options, Sheet, SheetDuty
from core.extend.host import PluginHost
from core.extend.registry import Registry

TEMPLATE = Path(__file__).resolve().parents[2] / "core" / "data" / "sheet-template.toml"


@cache
def bundled() -> dict[str, Plugin]:
    return dict(PluginHost().load(find()).plugins)


def sheet_of(plugin: Plugin) -> Sheet:
    """The sheet that somebody would have filled in for a plugin."""
    options: dict[tuple[Choice, ...], str] = {}
    [unit_type] = plugin.unit_types or [None]
    duties = [_duty(duty, options) for duty in (*plugin.duties, *(unit_type.duties if unit_type else ()))]
    return Sheet(
        plugin.key,
        plugin.title,
        plugin.version,
        kinds=unit_type.kinds if unit_type else (),
        duties=tuple(duties),
        options=tuple(Options(name, choices) for choices, name in options.items()),
        inspection=unit_type.inspection if unit_type else (),
        callbacks=unit_type.callbacks if unit_type else plugin.callbacks,
        summary=plugin.summary,
    )


def _duty(duty: Duty, options: dict[tuple[Choice, ...], str]) -> SheetDuty:
    who = duty.who
    return SheetDuty(
        duty.code,
        duty.title,
        Everybody(who.front_line) if isinstance(who, Everyone) else tuple(kind.key for kind in who),
        duty.due,
        tuple(_fields(duty.form, options)),
        duty.evidence,
        duty.clauses,
        duty.grace,
        duty.covers or "",
    )


def _fields(form: Any, options: dict[tuple[Choice, ...], str]) -> Iterator[Field]:
    for name, field in form().answers().items():
        spec: FieldSpec = field.spec
        kind = _kind(spec)
        said: dict[str, Any] = {key: getattr(spec, key, None) for key in SETTINGS[kind] if key != "summed"}
        if spec.choices:
            said["options"] = options.setdefault(spec.choices, f"list_{len(options) + 1}")
        if kind == "money":
            said["summed"] = spec.metric
        if kind == "yes_no":
            said["default"] = field.default
        if kind == "rows":
            said |= {"at_most": field.at_most, "fields": tuple(_fields(field.row, options))}
        yield Field(
            name,
            kind,
            spec.label,
            spec.hint,
            spec.required,
            rules=tuple(map(_rule, getattr(field, "rules", ()))),
            **said,
        )


def _kind(spec: FieldSpec) -> str:
    if spec.kind == "decimal" and spec.maximum == LARGEST_YUAN:
        return "money"
    return "metric" if spec.kind == "whole" and spec.metric else spec.kind


def _rule(rule: Any) -> FieldRule:
    helper = rule.__qualname__.partition(".")[0]
    if helper == "at_most_field":
        return FieldRule("at_most", rule.__closure__[0].cell_contents)
    return FieldRule(helper)


def facts(plugin: Plugin) -> dict[str, Any]:
    """All that a plugin declares and a sheet can say, forms by their versions, so that two can be compared."""
    registry = Registry({plugin.key: plugin})
    return {
        "rules": json.dumps([_sayable(rule) for rule in registry.duty_rules()], ensure_ascii=False),
        "forms": {code: (version, schema.to_json()) for code, (version, schema) in registry.forms.items()},
        "about": (plugin.key, plugin.title, plugin.version, plugin.summary, plugin.api, plugin.callbacks),
        "types": [
            (t.key, t.title, t.kinds, [d.code for d in t.duties], t.inspection, t.callbacks)
            for t in plugin.unit_types
        ],
        "rules of fields": {
            f"{code}.{field.name}": field.rules
            for code, (_version, _schema) in registry.forms.items()
            for field in _fields(registry.form(code), {})
        },
    }


def _sayable(rule: DutyRule) -> dict[str, Any]:
    """A sheet has no examples of evidence: their pictures lie in a package."""
    told = rule.to_json()
    evidence = {name: value for name, value in told["evidence"].items() if name not in ("good", "bad")}
    return told | {"evidence": evidence}


def imported(folder: Path, key: str) -> Plugin:
    """The plugin of a package in a folder, imported under a name that nothing else has."""
    name = f"ejected_{abs(hash(folder))}_{key}"
    path = folder / key / "__init__.py"
    spec = spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)])
    assert spec and spec.loader
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        registry = PluginHost().load([Found(key, "a test", lambda: module)])
        assert not registry.quarantined, registry.quarantined
        return registry.plugins[key]
    finally:
        for loaded in [item for item in sys.modules if item == name or item.startswith(f"{name}.")]:
            del sys.modules[loaded]
