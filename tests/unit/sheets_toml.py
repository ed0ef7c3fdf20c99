"""Duty sheets in TOML for tests: a small one that says a bit of everything, reading one, writing one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.text import NO_TEXT, Text
from core.extend.dutysheet import words
from core.extend.dutysheet.model import Everybody, Field, Sheet
from core.extend.sheet import SheetError, checked

SMALL = """
key = "parcels"
title = "寄递"
version = "1.0"

[kinds.depot]
title = ["网点", "Depot"]
front_line = true

[kinds.company]
title = "寄递公司"

[duties.PCL-01]
title = ["随件发放宣传单", "Leaflets"]
who = ["depot"]
due = "每周2次"
evidence = "照片"
at_least = 1
clauses = ["3.2.40"]
grace = 2
covers = "ways"

[duties.PCL-01.fields.total]
title = "总数"
kind = "whole"
minimum = 1
maximum = 900
unit = "件"

[duties.PCL-01.fields.leaflets]
title = ["宣传单", "Leaflets"]
kind = "metric"
rules = ["at_most total"]
share_of = "total"

[duties.PCL-01.fields.ways]
title = "方式"
kind = "choices"
options = "ways"
required = false

[duties.PCL-01.fields.said]
title = "说明"
kind = "long_text"
min_length = 2
max_length = 90

[duties.PCL-01.fields.agreed]
title = "同意"
kind = "yes_no"
default = true

[duties.PCL-01.fields.saved]
title = "金额"
kind = "money"
summed = true

[duties.PCL-01.fields.visits]
title = "走访"
kind = "rows"
at_most = 3

[duties.PCL-01.fields.visits.fields.hours]
title = "时长"
kind = "decimal"
decimals = 2

[options.ways]
sms = "短信"

[inspection.ready]
title = "是否备有宣传单？"
kinds = ["depot"]
undercover = true

[callbacks.leaflet]
title = "收到过宣传单吗？"
kinds = ["depot"]
"""


def read_text(text: str) -> Sheet:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.toml"
        path.write_text(text, "utf-8")
        return checked(path)[0]


def told(text: str) -> list[str]:
    """What is wrong with a sheet, if anything."""
    try:
        read_text(text)
    except SheetError as error:
        return error.problems
    return []


def problems(text: str) -> list[str]:
    with pytest.raises(SheetError) as caught:
        read_text(text)
    return caught.value.problems


def toml_of(sheet: Sheet) -> str:
    """The sheet as a person would write it, in TOML."""
    return "\n".join(_toml(sheet)) + "\n"


def _toml(sheet: Sheet) -> Iterator[str]:
    yield from _lines(
        key=sheet.key,
        title=sheet.title,
        version=sheet.version,
        summary=sheet.summary,
        unit_type=sheet.unit_type,
        unit_type_title=sheet.unit_type_title,
    )
    for kind in sheet.kinds:
        yield f"[kinds.{kind.key}]"
        yield from _lines(title=kind.title, front_line=kind.front_line or None)
    for duty in sheet.duties:
        yield f"[duties.{duty.code}]"
        who = words.EVERYONE
        yield from _lines(
            title=duty.title,
            who=next(word for word, meant in who.items() if meant == duty.who)
            if isinstance(duty.who, Everybody)
            else list(duty.who),
            due=words.cadence_words(duty.due),
            clauses=list(duty.clauses) or None,
            grace=duty.grace,
            covers=duty.covers,
        )
        if duty.evidence.at_most:
            rule = duty.evidence
            yield from _lines(evidence=words.evidence_words(rule), evidence_hint=rule.hint)
            yield from _lines(at_least=rule.at_least, at_most=rule.at_most)
        for field in duty.fields:
            yield from _toml_field(field, f"duties.{duty.code}")
    for listed in sheet.options:
        yield f"[options.{listed.name}]"
        yield from (f"{json.dumps(choice.value)} = {_value(choice.title)}" for choice in listed.choices)
    for item in sheet.inspection:
        yield f"[inspection.{item.key}]"
        kinds = [kind.key for kind in item.kinds]
        yield from _lines(title=item.question, kinds=kinds or None, undercover=item.undercover or None)
    for asked in sheet.callbacks:
        yield f"[callbacks.{asked.key}]"
        kinds = [kind.key for kind in asked.kinds]
        yield from _lines(title=asked.question, kinds=kinds or None, asked_of=asked.asked_of)


def _toml_field(field: Field, path: str) -> Iterator[str]:
    where = f"{path}.fields.{field.name}"
    yield f"[{where}]"
    said = dict(field.said())
    if "rules" in said:
        said["rules"] = [f"{rule.name} {rule.other}".strip() for rule in field.rules]
    yield from _lines(title=field.title, kind=field.kind, **said)
    for inner in field.fields:
        yield from _toml_field(inner, where)


def _lines(**values: object) -> Iterator[str]:
    for name, value in values.items():
        if value not in (None, "", NO_TEXT):
            yield f"{name} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, Text):
        return _value([value.zh, value.en] if value.en else value.zh)
    return json.dumps(value, ensure_ascii=False)
