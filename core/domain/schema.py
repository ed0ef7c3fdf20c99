"""A form as data: what a stored report needs to be read for ever, whatever became of its plugin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from core.domain.text import NO_TEXT, Text

FieldKind = Literal[
    "text", "long_text", "whole", "decimal", "date", "datetime", "choice", "choices", "yes_no", "rows", "url"
]
#: A validated report: JSON values by field name. Decimals are strings, dates ISO 8601.
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    title: Text


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: its kind, titles and bounds. A metric is summed up the region and unit trees."""

    kind: FieldKind
    label: Text
    name: str = ""
    hint: Text = NO_TEXT
    unit: Text = NO_TEXT
    required: bool = True
    metric: bool = False
    decimals: int = 0
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    min_length: int | None = None
    share_of: str = ""
    choices: tuple[Choice, ...] = ()
    fields: tuple[FieldSpec, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "label": self.label.to_json(),
            "hint": self.hint.to_json(),
            "unit": self.unit.to_json(),
            "required": self.required,
            "metric": self.metric,
            "decimals": self.decimals,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "max_length": self.max_length,
            "min_length": self.min_length,
            "choices": [[choice.value, *choice.title.to_json()] for choice in self.choices],
            "fields": [spec.to_json() for spec in self.fields],
            # What came later is written only where it is used, so that the versions of older forms stay.
            **({"share_of": self.share_of} if self.share_of else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FieldSpec:
        known = dict(data)
        for name in ("label", "hint", "unit"):
            known[name] = Text(*known[name])
        known["choices"] = tuple(Choice(value, Text(zh, en)) for value, zh, en in known["choices"])
        known["fields"] = tuple(cls.from_json(spec) for spec in known["fields"])
        return cls(**known)

    def title_of(self, value: str) -> Text:
        """A choice's title; the bare value where the choice is gone."""
        return next((choice.title for choice in self.choices if choice.value == value), Text(value))


@dataclass(frozen=True, slots=True)
class FormSchema:
    """A form's fields in order; `version` changes when and only when they do."""

    fields: tuple[FieldSpec, ...]

    @property
    def version(self) -> str:
        canonical = json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    @property
    def metrics(self) -> tuple[FieldSpec, ...]:
        return tuple(spec for spec in self.fields if spec.metric)

    def field(self, name: str) -> FieldSpec:
        return next(spec for spec in self.fields if spec.name == name)

    def to_json(self) -> list[dict[str, Any]]:
        return [spec.to_json() for spec in self.fields]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> FormSchema:
        return cls(tuple(FieldSpec.from_json(spec) for spec in data))


def metric_values(schema: FormSchema, record: Record) -> dict[str, int]:
    """Each metric as a whole number of its smallest unit (fen for yuan), so that sums are exact."""
    return {
        spec.name: int(Decimal(str(record[spec.name])).scaleb(spec.decimals))
        for spec in schema.metrics
        if record.get(spec.name) is not None
    }


def metric_shown(spec: FieldSpec, total: int) -> Decimal:
    """A sum of smallest units back as the number that people read."""
    return Decimal(total).scaleb(-spec.decimals)


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a stored report as a page shows it. `lines` has several for choices and rows."""

    label: Text
    lines: tuple[Text, ...]
    unit: Text
    kind: FieldKind
    metric: bool


def present(schema: FormSchema, record: Record) -> Iterator[Shown]:
    """A stored report, labelled by the form it was filled with."""
    for spec in schema.fields:
        value = record.get(spec.name)
        lines = () if value in (None, "", []) else tuple(_lines(spec, value))
        if lines and spec.share_of:
            lines += share_line(schema, spec, value, record.get(spec.share_of))
        yield Shown(spec.label, lines, spec.unit, spec.kind, spec.metric)


def share_line(schema: FormSchema, spec: FieldSpec, part: Any, whole: Any) -> tuple[Text, ...]:
    """The percentage that a number is of another one, in words; nothing where that is zero or not known."""
    if not whole:
        return ()
    percent = Decimal(100) * Decimal(str(part)) / Decimal(str(whole))
    label = schema.field(spec.share_of).label
    return (Text(f"占“{label.zh}”的 {percent:.1f}%", f"{percent:.1f}% of “{label.pick('en')}”"),)


def _lines(spec: FieldSpec, value: Any) -> Iterator[Text]:
    if spec.kind == "choices":
        yield from (spec.title_of(item) for item in value)
    elif spec.kind == "rows":
        for row in value:
            cells = [
                (cell.label, *cell.lines) for cell in present(FormSchema(spec.fields), row) if cell.lines
            ]
            yield Text(
                "；".join(f"{label.zh} {' '.join(t.zh for t in lines)}" for label, *lines in cells),
                "; ".join(
                    f"{label.pick('en')} {' '.join(t.pick('en') for t in lines)}" for label, *lines in cells
                ),
            )
    else:
        yield _line(spec, value)


def _line(spec: FieldSpec, value: Any) -> Text:
    if spec.kind == "choice":
        return spec.title_of(str(value))
    if spec.kind == "yes_no":
        return Text("是", "Yes") if value else Text("否", "No")
    if spec.kind in ("whole", "decimal"):
        return Text(f"{Decimal(str(value)):,}")
    if spec.kind == "date":
        return Text(date.fromisoformat(value).isoformat())
    if spec.kind == "datetime":
        return Text(datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M"))
    return Text(str(value))
