"""Fields of a report form, each in one call: ``text(…)``, ``metric(…)``, ``choices(…)``.

Each takes the Chinese and the English label; fields are required unless said otherwise. `hint` says what is wanted,
`rules` are checks between fields from `core.api.rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from core.api.fields import (
    LARGEST,
    LARGEST_YUAN,
    Day,
    Line,
    ManyOf,
    Moment,
    Number,
    OneOf,
    Rule,
    SpecField,
    Url,
    YesNo,
)
from core.api.forms import ReportForm, Rows
from core.domain.schema import Choice, FieldKind, FieldSpec
from core.domain.text import Text, Titled, as_text

ChoiceList = Iterable[tuple[str, str] | tuple[str, str, str]]


def _field(
    cls: type[SpecField], kind: FieldKind, zh: str, en: str, rules: Sequence[Rule], **spec: Any
) -> Any:
    for name in ("hint", "unit"):
        spec[name] = as_text(spec.get(name, ""))
    return cls(FieldSpec(kind, Text(zh, en), **spec), rules)


def text(
    zh: str,
    en: str = "",
    *,
    required: bool = True,
    max_length: int = 200,
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """One line of text."""
    return _field(Line, "text", zh, en, rules, required=required, max_length=max_length, hint=hint)


def long_text(
    zh: str,
    en: str = "",
    *,
    required: bool = True,
    min_length: int | None = None,
    max_length: int = 2000,
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """Several lines of text."""
    return _field(
        Line,
        "long_text",
        zh,
        en,
        rules,
        required=required,
        min_length=min_length,
        max_length=max_length,
        hint=hint,
    )


def url(
    zh: str, en: str = "", *, required: bool = True, hint: Titled = "", rules: Sequence[Rule] = ()
) -> Any:
    """A web address."""
    return _field(Url, "url", zh, en, rules, required=required, max_length=1000, hint=hint)


def whole(
    zh: str,
    en: str = "",
    *,
    required: bool = True,
    minimum: int = 0,
    maximum: int = LARGEST,
    unit: Titled = "",
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """A whole number."""
    bounds = {"minimum": minimum, "maximum": maximum}
    return _field(Number, "whole", zh, en, rules, required=required, unit=unit, hint=hint, **bounds)


def decimal(
    zh: str,
    en: str = "",
    *,
    required: bool = True,
    minimum: int = 0,
    maximum: int = LARGEST,
    decimals: int = 1,
    unit: Titled = "",
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """A number with decimals, kept exactly."""
    bounds = {"minimum": minimum, "maximum": maximum, "decimals": decimals}
    return _field(Number, "decimal", zh, en, rules, required=required, unit=unit, hint=hint, **bounds)


def metric(
    zh: str,
    en: str = "",
    *,
    required: bool = True,
    minimum: int = 0,
    maximum: int = LARGEST,
    share_of: str = "",
    unit: Titled = "",
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """A whole number that is summed up the region tree and the unit tree.

    `share_of` names another number of the form, of which this one is shown as a percentage, e.g. passed of tested.
    """
    bounds = {"minimum": minimum, "maximum": maximum, "share_of": share_of}
    return _field(
        Number, "whole", zh, en, rules, required=required, metric=True, unit=unit, hint=hint, **bounds
    )


def money(
    zh: str,
    en: str = "",
    *,
    metric: bool = False,
    required: bool = True,
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """An amount in yuan with two decimals; with ``metric=True`` it is summed up the trees."""
    return _field(
        Number,
        "decimal",
        zh,
        en,
        rules,
        required=required,
        metric=metric,
        decimals=2,
        minimum=0,
        maximum=LARGEST_YUAN,
        unit=Text("元", "yuan"),
        hint=hint,
    )


def date_field(
    zh: str, en: str = "", *, required: bool = True, hint: Titled = "", rules: Sequence[Rule] = ()
) -> Any:
    """A day."""
    return _field(Day, "date", zh, en, rules, required=required, hint=hint)


def datetime_field(
    zh: str, en: str = "", *, required: bool = True, hint: Titled = "", rules: Sequence[Rule] = ()
) -> Any:
    """A day and a time, to the minute."""
    return _field(Moment, "datetime", zh, en, rules, required=required, hint=hint)


def yes_no(
    zh: str,
    en: str = "",
    *,
    required: bool = True,
    default: bool | None = None,
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """Yes or no; with a default it is chosen from the start, and an answer is never missing."""
    spec = FieldSpec("yes_no", Text(zh, en), required=required and default is None, hint=as_text(hint))
    return YesNo(spec, rules, default=default)


def choice(
    zh: str,
    en: str = "",
    *,
    options: ChoiceList,
    required: bool = True,
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """One of several options, each ``(value, 'Chinese', 'English')``."""
    return _field(OneOf, "choice", zh, en, rules, required=required, choices=_choices(options), hint=hint)


def choices(
    zh: str,
    en: str = "",
    *,
    options: ChoiceList,
    required: bool = True,
    hint: Titled = "",
    rules: Sequence[Rule] = (),
) -> Any:
    """Any of several options, each ``(value, 'Chinese', 'English')``; at least one where required."""
    return _field(ManyOf, "choices", zh, en, rules, required=required, choices=_choices(options), hint=hint)


def rows(
    zh: str,
    en: str = "",
    *,
    row: type[ReportForm],
    at_most: int = 5,
    required: bool = True,
    hint: Titled = "",
) -> Any:
    """A small table: up to `at_most` rows, each with the fields of `row`."""
    return Rows(FieldSpec("rows", Text(zh, en), required=required, hint=as_text(hint)), row, at_most)


def _choices(options: ChoiceList) -> tuple[Choice, ...]:
    return tuple(Choice(value, Text(*titles)) for value, *titles in options)
