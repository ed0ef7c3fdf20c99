"""A duty sheet in TOML as tables of cells; a cell's place is its key path."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.extend.dutysheet.cells import COLUMNS, Cell, Problems, Row, Tables

#: The tables of the document and the column that their keys fill.
_KEYED = {"kinds": "key", "duties": "code", "fields": "name", "options": "name"} | {
    "inspection": "key",
    "callbacks": "key",
}
_TITLED = frozenset({"title", "summary", "unit_type_title", "evidence_hint", "unit", "hint", "asked_of"})
#: Columns that a workbook needs to say what TOML says by its nesting.
_NESTED = frozenset({"duty", "table"})


def tables(path: Path, problems: Problems) -> Tables | None:
    """The file's tables; None where it is not TOML."""
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.note(path.name, f"不是正确的 TOML（UTF-8）：{error}", f"this is not TOML in UTF-8: {error}")
        return None
    except OSError as error:
        problems.note(path.name, "文件读不出", f"the file cannot be read: {error.strerror}")
        return None
    inner = _KEYED.keys() - {"fields"}
    top = {name: value for name, value in document.items() if name not in inner}
    found = {name: tuple(_rows(document.get(name, {}), name, name, problems)) for name in inner}
    return Tables(_row(top, "plugin", "", problems), **found)


def _rows(value: object, table: str, path: str, problems: Problems) -> Iterator[Row]:
    if not isinstance(value, dict):
        problems.note(path, f"须为表，如 [{path}.KEY]", f"this must be a table, e.g. [{path}.KEY]")
        return
    for key, inner in value.items():
        where = f"{path}.{key}"
        own = {_KEYED[table]: Cell(key, where)}
        if table == "options":
            yield Row(table, where, own, tuple(_options(inner, where, problems)))
        elif not isinstance(inner, dict):
            problems.note(where, f"须为表，如 [{where}]", f"this must be a table, e.g. [{where}]")
        else:
            row = _row(inner, table, where, problems)
            yield Row(table, where, {**row.cells, **own}, row.rows)


def _row(values: Mapping[str, Any], table: str, path: str, problems: Problems) -> Row:
    known = COLUMNS[table].keys() - _NESTED - {_KEYED.get(table, "")}
    cells: dict[str, Cell] = {}
    rows: tuple[Row, ...] = ()
    for name, value in values.items():
        where = f"{path}.{name}".lstrip(".")
        if name == "fields" and table in ("duties", "fields"):
            rows = tuple(_rows(value, "fields", where, problems))
        elif name not in known:
            names = ", ".join(sorted(known))
            problems.note(
                where, f"没有这一项，可写：{names}", f"there is nothing of this name; there are: {names}"
            )
        elif name in _TITLED:
            cells |= _titled(name, value, where, problems)
        else:
            cells[name] = Cell(value, where)
    return Row(table, path, cells, rows)


def _options(value: object, path: str, problems: Problems) -> Iterator[Row]:
    if not isinstance(value, dict):
        example = 'sms = ["短信", "Text message"]'
        problems.note(path, f"须为表，每行如 {example}", f"this must be a table with lines such as {example}")
        return
    for key, title in value.items():
        where = f"{path}.{key}"
        cells = {"value": Cell(key, where), **_titled("title", title, where, problems)}
        yield Row("options", where, cells)


def _titled(name: str, value: object, where: str, problems: Problems) -> dict[str, Cell]:
    """A text, or a pair of a Chinese and an English one."""
    if isinstance(value, str):
        return {name: Cell(value, where)}
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return {name: Cell(value[0], where), f"{name}_en": Cell(value[1], where)}
    problems.note(where, '须写成 "中文" 或 ["中文", "英文"]', 'write "Chinese" or ["Chinese", "English"]')
    return {name: Cell(None, where, noted=True)}
