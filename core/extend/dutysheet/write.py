"""Writing a sheet as a workbook that is read back the same; how the template comes about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import xlsxwriter

from core.domain.declare import NO_EVIDENCE, UnitKind
from core.domain.text import Text
from core.extend.dutysheet import words
from core.extend.dutysheet.cells import COLUMNS
from core.extend.dutysheet.model import SETTINGS, Everybody, Field, Sheet, SheetDuty
from core.extend.dutysheet.xlsx import PLUGIN_COLUMNS, SHEETS

_Values = dict[str, object]
_WIDEST = 40
_CHINESE_KIND = {english: chinese for chinese, english in words.FIELD_KINDS.items()}
_CHINESE_RULE = {english: chinese for chinese, english in words.RULE_WORDS.items()}


def workbook(sheet: Sheet, path: Path) -> None:
    """Write the sheet with Chinese names of sheets and columns; every cell is text or a number."""
    filled: dict[str, list[_Values]] = {
        "plugin": list(_plugin(sheet)),
        "kinds": [_kind(kind) for kind in sheet.kinds],
        "duties": [_duty(duty) for duty in sheet.duties],
        "fields": [line for duty in sheet.duties for line in _fields(duty.code, duty.fields)],
        "options": [
            {"name": listed.name, "value": choice.value, **_titled("title", choice.title)}
            for listed in sheet.options
            for choice in listed.choices
        ],
        "inspection": [
            {**_titled("title", item.question), "key": item.key, "kinds": _keys(item.kinds)}
            | {"undercover": _yes(item.undercover)}
            for item in sheet.inspection
        ],
        "callbacks": [
            {**_titled("title", asked.question), "key": asked.key, "kinds": _keys(asked.kinds)}
            | _titled("asked_of", asked.asked_of)
            for asked in sheet.callbacks
        ],
    }
    # What looks like a formula, a number or an address is text: that is how it is read back.
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True})
        as_text = book.add_format({"num_format": "@"})
        for name, lines in filled.items():
            columns = PLUGIN_COLUMNS if name == "plugin" else COLUMNS[name]
            page = book.add_worksheet(SHEETS[name])
            page.freeze_panes(1, 0)
            for number, (column, chinese) in enumerate(columns.items()):
                page.write_string(0, number, chinese, bold)
                values = [line.get(column) for line in lines]
                page.set_column(number, number, _width(chinese, values), as_text)
                for line, value in enumerate(values, 1):
                    if isinstance(value, int):
                        page.write_number(line, number, value)
                    elif value:
                        page.write_string(line, number, str(value), as_text)


def _width(title: str, values: Sequence[object]) -> int:
    return min(_WIDEST, 2 + max(2 * len(title), *(len(str(value or "")) for value in values), 0))


def _plugin(sheet: Sheet) -> Iterator[_Values]:
    said: dict[str, str | Text] = {
        "key": sheet.key,
        "title": sheet.title,
        "version": sheet.version,
        "summary": sheet.summary,
        "unit_type": sheet.unit_type,
        "unit_type_title": sheet.unit_type_title,
    }
    for name, value in said.items():
        if str(value):
            zh, en = (value.zh, value.en) if isinstance(value, Text) else (value, "")
            yield {"item": COLUMNS["plugin"][name], "value": zh, "value_en": en}


def _kind(kind: UnitKind) -> _Values:
    return {"key": kind.key, "front_line": _yes(kind.front_line), **_titled("title", kind.title)}


def _duty(duty: SheetDuty) -> _Values:
    rule = duty.evidence
    line: _Values = {
        "code": duty.code,
        "who": _who(duty.who),
        "due": words.cadence_words(duty.due),
        "evidence": words.evidence_words(rule),
        "clauses": "、".join(duty.clauses),
        "grace": duty.grace,
        "covers": duty.covers,
        **_titled("title", duty.title),
    }
    if rule != NO_EVIDENCE:
        line |= {"at_least": rule.at_least, "at_most": rule.at_most, **_titled("evidence_hint", rule.hint)}
    return line


def _who(who: tuple[str, ...] | Everybody) -> str:
    if isinstance(who, Everybody):
        return next(word for word, meant in words.EVERYONE.items() if meant == who)
    return "、".join(who)


def _fields(code: str, fields: Sequence[Field], table: str = "") -> Iterator[_Values]:
    for field in fields:
        line: _Values = {
            "duty": code,
            "table": table,
            "name": field.name,
            "kind": _CHINESE_KIND[field.kind],
            "required": _yes(field.required),
            "rules": "；".join(f"{_CHINESE_RULE[rule.name]} {rule.other}".strip() for rule in field.rules),
            **_titled("title", field.title),
            **_titled("hint", field.hint),
        }
        for name, value in field.said():
            if name in SETTINGS[field.kind]:
                line |= _titled(name, value) if isinstance(value, Text) else {name: _plain(value)}
        yield line
        yield from _fields(code, field.fields, field.name)


def _plain(value: object) -> object:
    return _yes(value) if isinstance(value, bool) else value


def _titled(name: str, text: Text) -> _Values:
    return {name: text.zh, f"{name}_en": text.en}


def _keys(kinds: Sequence[UnitKind]) -> str:
    return "、".join(kind.key for kind in kinds)


def _yes(value: bool) -> str:
    return "是" if value else "否"
