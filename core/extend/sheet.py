"""Plugins without code: a duty sheet in TOML or in a workbook, read, declared and handed to the host.

    plugin = declare(read(Path("parcels.toml")))

The forms are built with the plugins' own helpers, so that they have the versions that a Python plugin's would have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, new_class
from typing import Any, cast

from core.api import build
from core.api.forms import ReportForm
from core.api.hooks import hookimpl
from core.api.rules import all_chosen, at_most_field, inside_period
from core.domain.declare import Duty, Everyone, Plugin, UnitKind, UnitType
from core.extend import validate
from core.extend.dutysheet import toml, xlsx
from core.extend.dutysheet.build import build as built
from core.extend.dutysheet.cells import Problems
from core.extend.dutysheet.model import Everybody, Field, FieldRule, Sheet, SheetDuty, SheetError

__all__ = ["SUFFIXES", "Sheet", "SheetError", "as_module", "checked", "declare", "is_sheet", "read"]

_READERS = {".toml": toml.tables, ".xlsx": xlsx.tables}
SUFFIXES = frozenset(_READERS)

HELPERS: dict[str, Callable[..., Any]] = {
    "text": build.text,
    "long_text": build.long_text,
    "url": build.url,
    "whole": build.whole,
    "decimal": build.decimal,
    "metric": build.metric,
    "money": build.money,
    "date": build.date_field,
    "datetime": build.datetime_field,
    "yes_no": build.yes_no,
    "choice": build.choice,
    "choices": build.choices,
    "rows": build.rows,
}


def is_sheet(path: Path) -> bool:
    """Whether this is a duty sheet by its name; not what an office program or a Python project leaves beside one."""
    beside = path.name.startswith((".", "~$")) or path.name == "pyproject.toml"
    return path.suffix in SUFFIXES and not beside


def read(path: Path) -> Sheet:
    """Read a sheet; raises SheetError with every problem found."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise SheetError(
            [f"{path.name}: 须为 .toml 或 .xlsx 文件 · a duty sheet is a .toml or an .xlsx file"]
        )
    problems = Problems()
    tables = reader(path, problems)
    sheet = built(tables, problems) if tables else None
    if problems or sheet is None:
        raise SheetError(list(problems))
    return sheet


def checked(path: Path) -> tuple[Sheet, Plugin]:
    """Read and declare a sheet, and ask of it what every plugin is asked."""
    sheet = read(path)
    plugin = declare(sheet)
    wrong = [f"{path.name}: {problem}" for problem in validate.problems(plugin)]
    if wrong:
        raise SheetError(wrong)
    return sheet, plugin


def as_module(sheet: Sheet, path: Path) -> object:
    """The sheet as the host takes it: something with a `dudao_plugin()`."""
    plugin = declare(sheet)

    @hookimpl
    def dudao_plugin() -> Plugin:
        return plugin

    module = ModuleType(f"dudao_sheet_{path.stem}", f"The duty sheet {path.name}.")
    module.__dict__["dudao_plugin"] = dudao_plugin
    return module


def declare(sheet: Sheet) -> Plugin:
    """The plugin that the sheet describes."""
    kinds = {kind.key: kind for kind in sheet.kinds}
    own = [duty for duty in sheet.duties if not isinstance(duty.who, Everybody)]
    for_all = [duty for duty in sheet.duties if isinstance(duty.who, Everybody)]
    unit_type = UnitType(
        sheet.type_key,
        sheet.type_title,
        sheet.kinds,
        [_duty(duty, sheet, kinds) for duty in own],
        inspection=sheet.inspection,
        callbacks=sheet.callbacks,
    )
    return Plugin(
        sheet.key,
        sheet.title,
        sheet.version,
        unit_types=[unit_type] if sheet.kinds else [],
        duties=[_duty(duty, sheet, kinds) for duty in for_all],
        callbacks=() if sheet.kinds else sheet.callbacks,
        summary=sheet.summary,
    )


def _duty(duty: SheetDuty, sheet: Sheet, kinds: Mapping[str, UnitKind]) -> Duty:
    who = duty.who
    return Duty(
        duty.code,
        duty.title,
        who=Everyone(who.front_line) if isinstance(who, Everybody) else [kinds[key] for key in who],
        due=duty.due,
        form=_form(duty.code, duty.fields, sheet),
        evidence=duty.evidence,
        clauses=duty.clauses,
        grace=duty.grace,
        covers=duty.covers or None,
    )


def _form(name: str, fields: tuple[Field, ...], sheet: Sheet) -> type[ReportForm]:
    members = {field.name: _field(field, sheet) for field in fields}
    return cast("type[ReportForm]", new_class(name, (ReportForm,), {}, lambda body: body.update(members)))


def _field(field: Field, sheet: Sheet) -> Any:
    arguments = dict(field.said())
    if "options" in arguments:
        listed = sheet.choices_of(field.options)
        arguments["options"] = [(choice.value, choice.title.zh, choice.title.en) for choice in listed]
    if "summed" in arguments:
        arguments["metric"] = arguments.pop("summed")
    if "rules" in arguments:
        arguments["rules"] = [_rule(rule) for rule in field.rules]
    if field.kind == "rows":
        arguments["row"] = _form(field.name, field.fields, sheet)
    return HELPERS[field.kind](field.title.zh, field.title.en, **arguments)


def _rule(rule: FieldRule) -> Any:
    if rule.name == "at_most":
        return at_most_field(rule.other)
    return {"inside_period": inside_period, "all_chosen": all_chosen}[rule.name]()
