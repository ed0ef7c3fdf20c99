"""Lists of unit codes from a table or a text field: read whole, every wrong row named, nothing taken by half."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from core.domain.access import Actor
from core.domain.errors import Invalid
from core.domain.text import Text
from core.services.choices import Listed, scope_of
from core.services.switching import REASON_LIMIT
from core.services.work import reading
from core.store.queries import switching as queries

MOST_ROWS = 5000
CODE, STATE, REASON = "code", "state", "reason"
#: What a column may be called.
COLUMNS = {
    CODE: CODE, "编码": CODE, "单位编码": CODE,
    STATE: STATE, "状态": STATE,
    REASON: REASON, "理由": REASON,
}  # fmt: skip
STATES = {"on": True, "启用": True, "off": False, "停用": False}


@dataclass(frozen=True)
class Row:
    """A row that asks for a unit to be on or off."""

    line: int
    code: str
    on: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, and what to do about it."""

    line: int
    code: str
    message: Text


class WrongRows(Invalid):
    """A list that cannot be taken as it is: each of its wrong rows."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        message = Text(
            f"名单里有 {len(problems)} 处要改，没有改动任何单位；第 {first.line} 行：{first.message.zh}",
            f"{len(problems)} rows of the list need a change, no unit was touched; row {first.line}: {first.message.en}",
        )
        super().__init__(message, {"list": message})
        self.problems = problems


def decoded(content: bytes) -> str:
    """The text of a file as Excel or an editor saves it: UTF-8, with or without a mark, or GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).replace("\0", "\ufffd")
        except UnicodeDecodeError:
            continue
    raise _wrong_list(
        "文件不是文本，请另存为 CSV（UTF-8）再上传",
        "This is no text: save it as CSV (UTF-8) and send it again",
    )


def read(actor: Actor, text: str, source: str, on: bool | None) -> dict[bool, Listed]:
    """What a list asks for, by direction; `on` is for rows that name no state. Raises Invalid, or WrongRows.

    A unit outside the actor's scope is not there.
    """
    rows = list(_rows(text))
    if not rows:
        raise _wrong_list(
            "名单是空的，请至少写一个单位编码", "The list is empty: give one unit code at least"
        )
    if len(rows) > MOST_ROWS:
        raise _wrong_list(
            f"一次最多 {MOST_ROWS} 行，请分成几份", f"A list has at most {MOST_ROWS} rows: split it"
        )
    checked = [row if isinstance(row, Problem) or row.on is not None else replace(row, on=on) for row in rows]
    with reading(scope_of(actor)) as scoped:
        known = queries.codes(scoped(), {row.code for row in checked if isinstance(row, Row)})
    problems = list(_problems(checked, known))
    if problems:
        raise WrongRows(problems)
    return _parts([row for row in checked if isinstance(row, Row)], known, source)


def _parts(rows: list[Row], known: Mapping[str, int], source: str) -> dict[bool, Listed]:
    parts: dict[bool, Listed] = {}
    for on in (False, True):
        mine = [row for row in rows if row.on is on]
        if mine:
            reasons = {known[row.code]: row.reason for row in mine if row.reason}
            parts[on] = Listed(source, tuple(known[row.code] for row in mine), reasons)
    return parts


def _wrong_list(zh: str, en: str) -> Invalid:
    message = Text(zh, en)
    return Invalid(message, {"list": message})


def _rows(text: str) -> Iterator[Row | Problem]:
    """The rows that are not empty. The first one may name the columns; without names there is one, of codes."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    columns: dict[str, int] = {}
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if not columns:
                columns = _columns(stripped)
                if columns != {CODE: 0} or stripped[0].lower() in COLUMNS:
                    continue
            yield _row(reader.line_num, columns, stripped)
    except csv.Error:
        raise _wrong_list(
            f"第 {reader.line_num} 行读不懂，请检查引号",
            f"Row {reader.line_num} cannot be read: check its quotes",
        ) from None


def _delimiter(text: str) -> str:
    """What is copied from a table has tabs, some programs save semicolons; else commas."""
    first = text.lstrip().partition("\n")[0]
    return max(",\t;", key=first.count)


def _columns(first: list[str]) -> dict[str, int]:
    names = [COLUMNS.get(cell.lower()) for cell in first]
    if CODE in names:
        return {name: names.index(name) for name in (CODE, STATE, REASON) if name in names}
    if len([cell for cell in first if cell]) > 1:
        raise _wrong_list(
            "首行须写明列名，至少有 code（单位编码）一列",
            "The first row must name the columns: code at least",
        )
    return {CODE: 0}


def _row(line: int, columns: Mapping[str, int], cells: list[str]) -> Row | Problem:
    code, state, reason = (
        cells[columns[name]] if name in columns and columns[name] < len(cells) else ""
        for name in (CODE, STATE, REASON)
    )
    if not code:
        return Problem(
            line, "", Text("缺少单位编码，请补上或删去这一行", "No unit code: add it or remove the row")
        )
    if state and state.lower() not in STATES:
        return Problem(
            line,
            code[:60],
            Text("状态只能写 on、off、启用 或 停用", "The state must be on, off, 启用 or 停用"),
        )
    if len(reason) > REASON_LIMIT:
        return Problem(
            line,
            code[:60],
            Text(f"理由不超过 {REASON_LIMIT} 字", f"A reason has at most {REASON_LIMIT} characters"),
        )
    return Row(line, code, STATES.get(state.lower()), reason)


def _problems(rows: list[Row | Problem], known: Mapping[str, int]) -> Iterator[Problem]:
    """What is wrong, in the order of the list."""
    seen: dict[str, int] = {}
    for row in rows:
        if isinstance(row, Problem):
            yield row
            continue
        before = seen.setdefault(row.code, row.line)
        if row.code not in known:
            message = Text(
                "没有这个编码的单位，或不归您管，请核对编码",
                "No unit of yours has this code: check it",
            )
            yield Problem(row.line, row.code[:60], message)
        elif before != row.line:
            message = Text(
                f"与第 {before} 行重复，请只留一行", f"The same as row {before}: keep one of the two"
            )
            yield Problem(row.line, row.code, message)
        elif row.on is None:
            message = Text("没有写明启用还是停用", "It does not say on or off")
            yield Problem(row.line, row.code, message)
