"""Python source that is written as a formatter would leave it: on one line where it fits, else one item a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

LINE = 110
_INDENT = "    "


@dataclass(frozen=True)
class Bare:
    """Source as it is: a name, a number."""

    source: str


@dataclass(frozen=True)
class Str:
    """A text. One that is too long for its line is written in parts."""

    text: str


@dataclass(frozen=True)
class Group:
    """A call, tuple, list or dictionary. Items have a lead, such as ``hint=``; `tall` never stands on one line."""

    opens: str
    closes: str
    items: Sequence[tuple[str, Source]] = field(default_factory=tuple)
    tall: bool = False


Source = Bare | Str | Group


def call(name: str, *items: Source, **named: Source | None) -> Group:
    """A call; named arguments that are None are left out."""
    said = [(f"{key}=", value) for key, value in named.items() if value is not None]
    return Group(f"{name}(", ")", (*(("", item) for item in items), *said))


def listed(items: Iterable[Source]) -> Group:
    return Group("[", "]", tuple(("", item) for item in items))


def paired(items: Iterable[Source], *, tall: bool = False) -> Group:
    """A tuple."""
    return Group("(", ")", tuple(("", item) for item in items), tall)


def mapped(items: Iterable[tuple[str, Source]], *, tall: bool = False) -> Group:
    """A dictionary with text keys."""
    return Group("{", "}", tuple((f"{quoted(key)}: ", value) for key, value in items), tall)


def statement(lead: str, value: Source, depth: int = 0) -> str:
    """A line of source, or several: `lead` and the value, indented."""
    return f"{_INDENT * depth}{lead}{_written(value, depth, width(lead), 0)}\n"


def imports(module: str, names: Iterable[str]) -> str:
    """One import, its names in the order of the linter: constants, classes, the rest."""
    ordered = sorted(set(names), key=_import_order)
    line = f"from {module} import {', '.join(ordered)}\n"
    if width(line) - 1 <= LINE:
        return line
    return "".join([f"from {module} import (\n", *(f"{_INDENT}{name},\n" for name in ordered), ")\n"])


def docstring(text: str) -> str:
    """A docstring of one line; what would end it or be an escape is written another way."""
    plain = text.replace("\\", "/").replace('"', "'").strip()
    while width(plain) > LINE - 12:
        plain = plain[:-2].rstrip() + "…"
    return f'"""{plain}"""\n'


def width(text: str) -> int:
    """Columns on a screen: Chinese signs take two."""
    return sum(_columns(sign) for sign in text)


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def quoted(text: str) -> str:
    """A text in the quotes that need fewer escapes, double ones where it is all the same."""
    mark = "'" if text.count('"') > text.count("'") else '"'
    return mark + text.replace("\\", "\\\\").replace(mark, f"\\{mark}").replace("\n", "\\n") + mark


def _flat(value: Source) -> str:
    if isinstance(value, Bare):
        return value.source
    if isinstance(value, Str):
        return quoted(value.text)
    inner = ", ".join(lead + _flat(item) for lead, item in value.items)
    single = "," if value.opens == "(" and len(value.items) == 1 else ""
    return f"{value.opens}{inner}{single}{value.closes}"


def _is_tall(value: Source) -> bool:
    if not isinstance(value, Group):
        return False
    # The comma of a tuple with one item belongs to it: it does not keep the tuple tall.
    own = value.tall and not (value.opens == "(" and len(value.items) == 1)
    return own or any(_is_tall(item) for _lead, item in value.items)


def _written(value: Source, depth: int, before: int, after: int) -> str:
    """The value at an indent, with so many columns before and after it on its line."""
    flat = _flat(value)
    room = LINE - len(_INDENT) * depth - before - after
    if isinstance(value, Bare) or (not _is_tall(value) and width(flat) <= room):
        return flat
    inner = _INDENT * (depth + 1)
    if isinstance(value, Str):
        return f"\n{_INDENT * depth}".join(quoted(part) for part in _parts(value.text, room))
    lines = [f"{inner}{lead}{_written(item, depth + 1, width(lead), 1)},\n" for lead, item in value.items]
    return f"{value.opens}\n{''.join(lines)}{_INDENT * depth}{value.closes}"


def _parts(text: str, room: int) -> list[str]:
    """The text in pieces that fit, each ending with a blank or a punctuation mark if one is near."""
    parts: list[str] = []
    while width(quoted(text)) > room:
        end = 1
        while width(quoted(text[: end + 1])) <= room:
            end += 1
        marks = [found.end() for found in re.finditer(r"[ ，。；：、！？）”]", text[:end])]
        end = max((mark for mark in marks if mark > end // 2), default=end)
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text] if text else parts


def _import_order(name: str) -> tuple[int, list[tuple[int, int, str]], str]:
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, [_natural(run) for run in re.findall(r"\d+|\D+", name.lower())], name


def _natural(run: str) -> tuple[int, int, str]:
    """Runs of digits are compared as numbers, unless one begins with a zero; they stand before letters."""
    if not run.isdigit():
        return 2, 0, run
    return (0, 0, run) if run.startswith("0") else (1, len(run), run)
