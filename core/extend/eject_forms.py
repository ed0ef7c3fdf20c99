"""The report forms of an ejected sheet: one class a duty, one for each table inside one."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Sequence

from core import api
from core.domain.text import Text
from core.extend import sheet as door
from core.extend.dutysheet.model import Field, FieldRule, Sheet, SheetDuty
from core.extend.pysource import (
    Bare,
    Source,
    Str,
    call,
    docstring,
    imports,
    listed,
    paired,
    statement,
)

_SMALL_WORDS = frozenset(
    [
        "a",
        "all",
        "an",
        "and",
        "at",
        "by",
        "each",
        "every",
        "for",
        "from",
        "in",
        "into",
        "of",
        "on",
        "or",
        "the",
        "their",
        "to",
        "with",
    ]
)
_LONGEST_NAME = 4
_RULES = {"inside_period": "inside_period", "at_most": "at_most_field", "all_chosen": "all_chosen"}
_TAKEN = frozenset({*api.__all__, *dir(builtins)})


def form_names(sheet: Sheet) -> dict[str, str]:
    """The class that each duty's form is, after its English title or else its code."""
    names: dict[str, str] = {}
    taken = set(_TAKEN)
    for duty in sheet.duties:
        name = _class_name(duty)
        if name in taken:
            name = _by_code(duty)
        names[duty.code] = name
        taken.add(name)
    return names


def _class_name(duty: SheetDuty) -> str:
    words = [word for word in re.findall(r"[A-Za-z]+", duty.title.en) if word.lower() not in _SMALL_WORDS]
    name = "".join(word[0].upper() + word[1:].lower() for word in words[:_LONGEST_NAME])
    return name if len(name) > 2 else _by_code(duty)


def _by_code(duty: SheetDuty) -> str:
    prefix, _, number = duty.code.partition("-")
    return f"{prefix.title()}{number}Report"


def unique(wanted: Iterable[tuple[str, str]], taken: set[str], suffix: str) -> dict[str, str]:
    """A name for each key: the one wanted, longer where that is taken; `taken` grows by them."""
    names: dict[str, str] = {}
    for key, name in wanted:
        names[key] = name
        while names[key] in taken:
            names[key] += suffix
        taken.add(names[key])
    return names


def reports(sheet: Sheet) -> str:
    """The module `reports`."""
    return _Reports(sheet).source()


class _Reports:
    """What the classes of one module share: their names and how they call the helpers."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.names = form_names(sheet)
        self.taken = {*_TAKEN, *self.names.values()}
        self.used = {"ReportForm"}
        fields = [field for duty in sheet.duties for field in (*duty.fields, *_inner(duty.fields))]
        self.field_names = {field.name for field in fields}
        self.lists = [
            listed for listed in sheet.options if any(field.options == listed.name for field in fields)
        ]
        self.constants = unique(((one.name, one.name.upper()) for one in self.lists), self.taken, "_OPTIONS")

    def source(self) -> str:
        classes = [part for duty in self.sheet.duties for part in self._form(duty)]
        plain = [name for name in self.used if self._called(name) == name]
        renamed = sorted(self.used - set(plain))
        return "".join(
            [
                docstring(f"{self.sheet.title.pick('en')}: the report forms, one a duty."),
                "\n",
                imports("core.api", plain),
                *(f"from core.api import {name} as {self._called(name)}\n" for name in renamed),
                *(f"\n{self._options(listed.name)}" for listed in self.lists),
                *(f"\n\n{part}" for part in classes),
            ]
        )

    def _called(self, helper: str) -> str:
        """A helper's name in the module: a field of the same name would hide it from those below."""
        name = helper
        while name in self.field_names:
            name = f"{name}_field"
        return name

    def _helper(self, name: str) -> str:
        self.used.add(name)
        return self._called(name)

    def _options(self, name: str) -> str:
        choices = [
            paired(map(Str, filter(None, (choice.value, choice.title.zh, choice.title.en))))
            for choice in self.sheet.choices_of(name)
        ]
        return statement(f"{self.constants[name]} = ", paired(choices, tall=True))

    def _form(self, duty: SheetDuty) -> Iterator[str]:
        """The duty's class, after those of its tables."""
        name = self.names[duty.code]
        tables = [field.name for field in duty.fields if field.kind == "rows"]
        rows = unique(((table, _row_name(table)) for table in tables), self.taken, f"Of{name}")
        for field in duty.fields:
            if field.kind == "rows":
                told = f"One row of {duty.code}: {field.title.pick('en')}."
                yield self._class(rows[field.name], told, field.fields, {})
        yield self._class(name, f"{duty.code}: {duty.title.pick('en')}.", duty.fields, rows)

    def _class(self, name: str, told: str, fields: Sequence[Field], rows: dict[str, str]) -> str:
        lines = [statement(f"{field.name} = ", self._field(field, rows), 1) for field in fields]
        return f"class {name}(ReportForm):\n    {docstring(told)}\n{''.join(lines)}"

    def _field(self, field: Field, rows: dict[str, str]) -> Source:
        arguments = {name: self._argument(name, value) for name, value in field.said()}
        if "summed" in arguments:
            arguments["metric"] = arguments.pop("summed")
        if field.kind == "rows":
            arguments = {"row": Bare(rows[field.name]), **arguments}
        labels = [Str(field.title.zh), *([Str(field.title.en)] if field.title.en else [])]
        return call(self._helper(door.HELPERS[field.kind].__name__), *labels, **arguments)

    def _argument(self, name: str, value: object) -> Source:
        if name == "options":
            return Bare(self.constants[str(value)])
        if name == "rules" and isinstance(value, tuple):
            return listed(self._rule(rule) for rule in value)
        if isinstance(value, Text):
            return paired([Str(value.zh), Str(value.en)]) if value.en else Str(value.zh)
        return Str(value) if isinstance(value, str) else Bare(repr(value))

    def _rule(self, rule: FieldRule) -> Source:
        helper = self._helper(_RULES[rule.name])
        return call(helper, *([Str(rule.other)] if rule.other else []))


def _row_name(table: str) -> str:
    return "".join(part.title() for part in table.split("_")) + "Row"


def _inner(fields: Sequence[Field]) -> Iterator[Field]:
    for field in fields:
        yield from field.fields
