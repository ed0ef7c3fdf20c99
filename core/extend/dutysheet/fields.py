"""A duty's fields, from their rows."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Any

from core.api.fields import LARGEST
from core.api.forms import RESERVED
from core.extend.dutysheet import words
from core.extend.dutysheet.cells import COLUMNS, Problems, Reader, Row, repeated
from core.extend.dutysheet.model import NUMBERS, RULES, SETTINGS, Field, FieldRule, Options

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_TEXT, MOST_DECIMALS, MOST_ROWS = 100_000, 6, 50
#: The numbers that a field can be told, and their own bounds.
BOUNDS = {
    "minimum": (-LARGEST, LARGEST),
    "maximum": (-LARGEST, LARGEST),
    "min_length": (1, LONGEST_TEXT),
    "max_length": (1, LONGEST_TEXT),
    "decimals": (1, MOST_DECIMALS),
    "at_most": (1, MOST_ROWS),
}
#: Columns that only some kinds of field have.
_SOME = frozenset(name for names in SETTINGS.values() for name in names)


def fields_of(duty: Reader, options: Sequence[Options]) -> tuple[Field, ...]:
    """All fields of a duty; a form without any is a problem of the duty."""
    fields = _fields(duty.row.rows, options, duty.problems, inside=False)
    if not fields:
        duty.wrong("code", "这项职责没有字段", "this duty has no fields: give its form at least one")
    return fields


def _fields(
    rows: Sequence[Row], options: Sequence[Options], problems: Problems, *, inside: bool
) -> tuple[Field, ...]:
    readers = [Reader(row, problems) for row in rows]
    fields = tuple(_field(read, options, inside=inside) for read in readers)
    twice = repeated(field.name for field in fields)
    for number, (read, field) in enumerate(zip(readers, fields, strict=True)):
        if field.name in twice:
            read.wrong(
                "name", f"字段 {field.name} 出现了不止一次", f"field {field.name} is there more than once"
            )
        _related(read, field, fields[:number], fields)
    return fields


def _field(read: Reader, options: Sequence[Options], *, inside: bool) -> Field:
    name = _name(read)
    said = read.text("kind", needed=True)
    kind = words.looked_up(said, words.FIELD_KINDS) if said else None
    if said and kind is None:
        known = "、".join(f"{zh} {en}" for zh, en in words.FIELD_KINDS.items())
        read.wrong(
            "kind",
            f"不认识的类型 {said!r}，可写：{known}",
            f"{said!r} is no kind of field; write one of: {known}",
        )
    if kind == "rows" and inside:
        read.wrong("kind", "表格里不能再有表格", "a table cannot stand inside a table")
    required = read.yes("required")
    title = read.titled("title", needed=True)
    if kind is None:
        # What a field may say depends on its kind.
        return Field(name, "text", title)
    _surplus(read, kind)
    inner = _fields(read.row.rows, options, read.problems, inside=True) if not inside else ()
    if kind == "rows" and not inner:
        read.wrong("name", "表格没有字段", "the table has no fields of its own")
    if kind != "rows" and inner:
        read.wrong("kind", "有下级字段，类型须为表格", "it has fields of its own: its kind must be rows")
    return Field(
        name,
        kind,
        title,
        hint=read.titled("hint"),
        required=required is not False,
        rules=_rules(read, kind),
        fields=inner if kind == "rows" else (),
        **_settings(read, kind, options),
    )


def _name(read: Reader) -> str:
    name = read.text("name", needed=True)
    if not name:
        return name
    if not NAME.fullmatch(name):
        read.wrong(
            "name",
            f"{name!r} 不能用：小写字母、数字、下划线，以字母开头，最多 40 个",
            f"{name!r} will not do: use up to 40 lower-case letters, digits and underscores, a letter first",
        )
    elif name in RESERVED or keyword.iskeyword(name):
        read.wrong(
            "name",
            f"{name!r} 是保留名称，请换一个",
            f"the name {name!r} is taken by the product: choose another",
        )
    return name


def _surplus(read: Reader, kind: str) -> None:
    """Notes what is said, but means nothing for this kind of field."""
    apt = {*SETTINGS[kind], *({"unit_en"} if "unit" in SETTINGS[kind] else ())}
    for name in sorted((_SOME | {"unit_en"}) - apt):
        if read.said(name):
            column = COLUMNS["fields"][name]
            read.wrong(
                name,
                f"{kind} 字段没有“{column}”，须空着",
                f"a {kind} field has no {name!r}: leave this empty",
            )


def _settings(read: Reader, kind: str, options: Sequence[Options]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in SETTINGS[kind]:
        if name in BOUNDS:
            found[name] = read.whole(name, *BOUNDS[name])
        elif name == "unit":
            found[name] = read.titled("unit")
        elif name == "default":
            found[name] = read.yes(name)
        elif name == "summed":
            found[name] = read.yes(name) or False
        elif name == "options":
            found[name] = _list(read, options)
        else:
            found[name] = read.text(name)
    for low, high, least in (("minimum", "maximum", 0), ("min_length", "max_length", None)):
        _in_order(read, found, low, high, least)
    return found


def _in_order(read: Reader, found: dict[str, Any], low: str, high: str, least: int | None) -> None:
    """The bounds of a number or a text must leave something between them; numbers begin at 0 unless said."""
    bottom = least if found.get(low) is None else found[low]
    top = found.get(high)
    if low == "min_length" and top is None:
        top = 2000
    if bottom is not None and top is not None and bottom > top:
        for name in filter(read.said, (low, high)):
            read.wrong(
                name, f"下限 {bottom} 大于上限 {top}", f"the lower bound {bottom} exceeds the upper one {top}"
            )


def _list(read: Reader, options: Sequence[Options]) -> str:
    name = read.text("options", needed=True)
    if name and not any(listed.name == name for listed in options):
        known = "、".join(listed.name for listed in options) or "—"
        read.wrong(
            "options", f"没有选项表 {name!r}，有：{known}", f"there is no list {name!r}; there are: {known}"
        )
    return name


def _rules(read: Reader, kind: str) -> tuple[FieldRule, ...]:
    found = tuple(_rule(read, kind, said) for said in read.several("rules"))
    return tuple(rule for rule in found if rule is not None)


def _rule(read: Reader, kind: str, said: str) -> FieldRule | None:
    # 不大于 may be written without a blank after it.
    word, _, other = said.replace("不大于", "不大于 ", 1).partition(" ")
    other = other.strip(" :：")
    name = words.looked_up(word, words.RULE_WORDS)
    if name is None or bool(other) != (name == "at_most"):
        known = "在期次内 inside_period、不大于 FIELD at_most FIELD、全部选择 all_chosen"
        read.wrong("rules", f"不认识的规则 {said!r}，可写：{known}", f"{said!r} is no rule; write: {known}")
        return None
    if kind not in RULES[name]:
        apt = "、".join(sorted(RULES[name]))
        read.wrong("rules", f"{word} 只能用于：{apt}", f"{word} is for these kinds of field only: {apt}")
    return FieldRule(name, other)


def _related(read: Reader, field: Field, above: Sequence[Field], fields: Sequence[Field]) -> None:
    """What a field says of others: they must be numbers of the same form, and a limit must stand above."""
    for rule in field.rules:
        if rule.other and not _number_among(rule.other, above):
            read.wrong(
                "rules",
                f"{rule.other!r} 不是上面的数字字段",
                f"{rule.other!r} is not a field with a number that stands above this one",
            )
    if field.share_of and (field.share_of == field.name or not _number_among(field.share_of, fields)):
        read.wrong(
            "share_of",
            f"{field.share_of!r} 不是本表单的另一个数字字段",
            f"{field.share_of!r} is not another field with a number of this form",
        )


def _number_among(name: str, fields: Sequence[Field]) -> bool:
    return any(field.name == name and field.kind in NUMBERS for field in fields)
