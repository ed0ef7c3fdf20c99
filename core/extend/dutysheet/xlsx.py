"""A duty sheet in a workbook as tables of cells; a cell's place is its sheet and address, e.g. 职责!C7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from core.api.reading import clean
from core.extend.dutysheet.cells import COLUMNS, Cell, Problems, Row, Tables
from core.extend.dutysheet.words import folded

#: The sheets of a workbook: their English names and their Chinese ones.
SHEETS = {
    "plugin": "单位类别",
    "kinds": "单位性质",
    "duties": "职责",
    "fields": "字段",
    "options": "选项",
    "inspection": "检查项目",
    "callbacks": "回访问题",
}
_NEEDED = ("plugin", "duties", "fields")
_NOTES = {"说明", "notes"}
#: The first sheet's columns: a line of it is one fact about the plugin.
PLUGIN_COLUMNS = {"item": "项目", "value": "内容", "value_en": "英文"}
#: Columns that must be there, even if no line needed them.
_REQUIRED = {
    "plugin": ("item", "value"),
    "kinds": ("key", "title"),
    "duties": ("code", "title", "who", "due"),
    "fields": ("duty", "name", "title", "kind"),
    "options": ("name", "value", "title"),
    "inspection": ("key", "title"),
    "callbacks": ("key", "title"),
}
MOST_ROWS, MOST_COLUMNS = 5000, 100
_Line = list[Cell]


def tables(path: Path, problems: Problems) -> Tables | None:
    """The workbook's tables; None where it cannot be read as one."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            found = dict(_sheets(book, problems))
    except (CalamineError, OSError, ValueError) as error:
        problems.note(path.name, "不是可读的 xlsx 工作簿", f"this is no readable xlsx workbook: {error}")
        return None
    for name in _NEEDED:
        if name not in found:
            problems.note(path.name, f"缺工作表“{SHEETS[name]}”", f"the sheet {name!r} is missing")
    rows = {name: _table(name, lines, problems) for name, lines in found.items() if name != "plugin"}
    duties = rows.get("duties", [])
    return Tables(
        _plugin(found.get("plugin", []), problems) if "plugin" in found else _unsaid(path.name),
        kinds=tuple(rows.get("kinds", ())),
        duties=tuple(_with_fields(duties, rows.get("fields", []), problems)),
        options=tuple(_lists(rows.get("options", []))),
        inspection=tuple(rows.get("inspection", ())),
        callbacks=tuple(rows.get("callbacks", ())),
    )


def _unsaid(place: str) -> Row:
    """A head of which nothing is said: the missing sheet has been noted, its lines need not be."""
    return Row("plugin", place, {name: Cell(None, place, noted=True) for name in COLUMNS["plugin"]})


def _sheets(book: CalamineWorkbook, problems: Problems) -> Iterator[tuple[str, list[_Line]]]:
    names = {folded(word): name for name, zh in SHEETS.items() for word in (name, zh)}
    seen: set[str] = set()
    for title in book.sheet_names:
        name = names.get(folded(title))
        if name is None and folded(title) in _NOTES:
            continue
        sheet = book.get_sheet_by_name(title)
        lines = _lines(title, sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 1))
        if len(lines) > MOST_ROWS:
            problems.note(title, f"最多 {MOST_ROWS} 行", f"at most {MOST_ROWS} lines")
        elif name is None and lines:
            known = "、".join(f"{zh} {english}" for english, zh in SHEETS.items())
            problems.note(
                title,
                f"不认识的工作表，可用：{known}；备注写在“说明”里",
                f"no known sheet; there are: {known}; notes go into a sheet 'notes'",
            )
        elif name in seen:
            problems.note(title, f"工作表 {name} 有两张", f"there are two sheets {name}")
        elif name is not None:
            seen.add(name)
            yield name, lines


def _lines(title: str, values: Sequence[Sequence[object]]) -> list[_Line]:
    """The lines in which something stands, the first of them being the names of the columns."""
    lines = [
        [
            Cell(_value(value), f"{title}!{_letters(column)}{number}")
            for column, value in enumerate(line[:MOST_COLUMNS])
        ]
        for number, line in enumerate(values, 1)
    ]
    return [line for line in lines if any(not cell.blank for cell in line)]


def _value(value: object) -> object:
    """A cell's value as TOML would have it: blank is None, 3.0 is 3, another number its digits."""
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, float):
        return int(value) if value.is_integer() else repr(value)
    return value


def _letters(column: int) -> str:
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)


def _table(name: str, lines: list[_Line], problems: Problems) -> list[Row]:
    """A sheet's rows: the first line names the columns, in either language and any order."""
    columns = PLUGIN_COLUMNS if name == "plugin" else COLUMNS[name]
    if not lines:
        return []
    head, *body = lines
    names = _head(head, columns, problems)
    place = head[0].place.rpartition("!")[0]
    for column in _REQUIRED[name]:
        if column not in names.values():
            problems.note(f"{place}!1", f"缺“{columns[column]}”列", f"the column {column!r} is missing")
    absent = {
        column: Cell(None, f"{place}!1", noted=True)
        for column in _REQUIRED[name]
        if column not in names.values()
    }
    return [_row(name, line, names, absent, problems) for line in body]


def _head(head: _Line, columns: Mapping[str, str], problems: Problems) -> dict[int, str]:
    known = {folded(word): name for name, zh in columns.items() for word in (zh, name)}
    names: dict[int, str] = {}
    for number, cell in enumerate(head):
        if cell.blank:
            continue
        name = known.get(folded(str(cell.value)))
        if name is None:
            listed = "、".join(columns.values())
            problems.note(
                cell.place, f"不认识的列，可用：{listed}", f"no known column; there are: {', '.join(columns)}"
            )
        elif name in names.values():
            problems.note(cell.place, "这一列出现了两次", "this column is there twice")
        else:
            names[number] = name
    return names


def _row(
    table: str, line: _Line, names: Mapping[int, str], absent: Mapping[str, Cell], problems: Problems
) -> Row:
    cells = {names[number]: cell for number, cell in enumerate(line) if number in names}
    for number, cell in enumerate(line):
        if isinstance(cell.value, dt.date | dt.time | dt.timedelta):
            problems.note(
                cell.place,
                "表格把它当成了日期，请设为文本格式再写",
                "this became a date: format the cell as text",
            )
            if number in names:
                cells[names[number]] = replace(cell, value=None, noted=True)
        elif number not in names and not cell.blank:
            problems.note(cell.place, "这一列没有列名", "this column has no name in the first line")
    return Row(table, line[0].place, {**absent, **cells})


def _plugin(lines: list[_Line], problems: Problems) -> Row:
    """The first sheet's lines as one row."""
    known = {folded(word): name for name, zh in COLUMNS["plugin"].items() for word in (zh, name)}
    place = f"{lines[0][0].place.rpartition('!')[0] if lines else SHEETS['plugin']}!1"
    cells: dict[str, Cell] = {}
    for row in _table("plugin", lines, problems):
        item = row.cell("item")
        if item.noted:
            return _unsaid(place)
        name = known.get(folded(str(item.value)))
        if name is None or name in cells:
            listed = "、".join(COLUMNS["plugin"].values())
            problems.note(
                item.place,
                f"须为各一次：{listed}",
                f"this must be one of these, each once: {', '.join(COLUMNS['plugin'])}",
            )
        else:
            cells |= {name: row.cell("value"), f"{name}_en": row.cell("value_en")}
    return Row("plugin", place, cells)


def _with_fields(duties: Sequence[Row], fields: Sequence[Row], problems: Problems) -> Iterator[Row]:
    """The duties with the fields that name them; those of a table inside it."""
    codes = {str(duty.cell("code").value) for duty in duties}
    for row in fields:
        code = row.cell("duty")
        if not code.noted and (code.blank or str(code.value) not in codes):
            problems.note(
                code.place,
                f"工作表“{SHEETS['duties']}”里没有职责 {code.value or ''}",
                f"the sheet 'duties' has no duty {code.value or ''}",
            )
    for duty in duties:
        own = [row for row in fields if row.cell("duty").value == duty.cell("code").value]
        yield replace(duty, rows=tuple(_nested(own, problems)))


def _nested(fields: Sequence[Row], problems: Problems) -> Iterator[Row]:
    outer = [row for row in fields if row.cell("table").blank]
    names = {row.cell("name").value for row in outer}
    for row in fields:
        table = row.cell("table")
        if not table.blank and table.value not in names:
            problems.note(
                table.place,
                f"这项职责没有表格字段 {table.value}",
                f"this duty has no field {table.value} of kind rows",
            )
    for row in outer:
        inner = [other for other in fields if other.cell("table").value == row.cell("name").value]
        yield replace(row, rows=tuple(inner) if not row.cell("name").blank else ())


def _lists(rows: Sequence[Row]) -> Iterator[Row]:
    """The lines of the sheet of options, put together by the list that they name."""
    named: dict[object, list[Row]] = {}
    for row in rows:
        named.setdefault(row.cell("name").value, []).append(row)
    for lines in named.values():
        yield Row("options", lines[0].place, {"name": lines[0].cell("name")}, tuple(lines))
