"""Cells with their places, and reading them so that every problem is noted and none stops the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.api import reading
from core.api.reading import clean
from core.domain.text import Text
from core.extend.dutysheet import words

#: The columns of each table: what TOML and English workbooks call them, what Chinese workbooks do.
COLUMNS: dict[str, dict[str, str]] = {
    "plugin": {
        "key": "标识",
        "title": "名称",
        "version": "版本",
        "summary": "简介",
        "unit_type": "类别标识",
        "unit_type_title": "类别名称",
    },
    "kinds": {"key": "标识", "title": "名称", "title_en": "英文名称", "front_line": "一线"},
    "duties": {
        "code": "编号",
        "title": "职责",
        "title_en": "英文职责",
        "who": "责任单位",
        "due": "期次",
        "evidence": "佐证材料",
        "at_least": "至少",
        "at_most": "至多",
        "evidence_hint": "材料要求",
        "evidence_hint_en": "英文材料要求",
        "clauses": "通知条款",
        "grace": "宽限天数",
        "covers": "须覆盖字段",
    },
    "fields": {
        "duty": "职责编号",
        "table": "所属表格",
        "name": "字段",
        "title": "名称",
        "title_en": "英文名称",
        "kind": "类型",
        "required": "必填",
        "unit": "单位",
        "unit_en": "英文单位",
        "minimum": "最小",
        "maximum": "最大",
        "min_length": "最少字数",
        "max_length": "最多字数",
        "decimals": "小数位数",
        "share_of": "占比于",
        "summed": "汇总",
        "default": "默认",
        "options": "选项表",
        "at_most": "最多行数",
        "rules": "规则",
        "hint": "说明",
        "hint_en": "英文说明",
    },
    "options": {"name": "选项表", "value": "值", "title": "名称", "title_en": "英文名称"},
    "inspection": {
        "key": "标识",
        "title": "问题",
        "title_en": "英文问题",
        "kinds": "单位性质",
        "undercover": "仅暗访",
    },
    "callbacks": {
        "key": "标识",
        "title": "问题",
        "title_en": "英文问题",
        "kinds": "单位性质",
        "asked_of": "询问对象",
        "asked_of_en": "英文询问对象",
    },
}
KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")


class Problems(list[str]):
    """What is wrong with a sheet, each with its place and in both languages."""

    def note(self, place: str, zh: str, en: str) -> None:
        line = f"{place}: {zh} · {en}"
        if line not in self:
            self.append(line)


@dataclass(frozen=True)
class Cell:
    """What somebody wrote, and where. Of a `noted` one all has been said: it counts as blank, but is not missed."""

    value: object
    place: str
    noted: bool = False

    @property
    def blank(self) -> bool:
        return (
            self.value is None or self.value == [] or (isinstance(self.value, str) and not clean(self.value))
        )


@dataclass(frozen=True)
class Row:
    """One line of a table by its columns; `rows` are those inside it: a duty's fields, a list's options."""

    table: str
    place: str
    cells: Mapping[str, Cell] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()

    def cell(self, name: str) -> Cell:
        # A workbook's lines have their address, a TOML table its path.
        return self.cells.get(name) or Cell(
            None, self.place if "!" in self.place else f"{self.place}.{name}".lstrip(".")
        )


@dataclass(frozen=True)
class Tables:
    """A whole sheet, from TOML or from a workbook."""

    plugin: Row
    kinds: tuple[Row, ...] = ()
    duties: tuple[Row, ...] = ()
    options: tuple[Row, ...] = ()
    inspection: tuple[Row, ...] = ()
    callbacks: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Reader:
    """Reads the cells of one row. What cannot be read is noted, and something harmless stands in for it."""

    row: Row
    problems: Problems

    def wrong(self, name: str, zh: str, en: str) -> None:
        self.problems.note(self.row.cell(name).place, zh, en)

    def said(self, name: str) -> bool:
        return not self.row.cell(name).blank

    def text(self, name: str, *, needed: bool = False) -> str:
        """One line of text; a plain number will do."""
        cell = self.row.cell(name)
        if cell.blank:
            if needed and not cell.noted:
                column = COLUMNS[self.row.table][name]
                self.wrong(name, f"须填写“{column}”", f"fill in {name!r}")
            return ""
        if isinstance(cell.value, bool) or not isinstance(cell.value, str | int):
            self.wrong(name, "须写成文字（加引号或设为文本格式）", "write this as text, in quotes")
            return ""
        return reading.one_line(clean(str(cell.value)))

    def titled(self, name: str, *, needed: bool = False) -> Text:
        """A title with its English one beside it."""
        zh, en = self.text(name, needed=needed), self.text(f"{name}_en")
        if en and not zh and not needed:
            self.wrong(f"{name}_en", "有英文，缺中文", "there is an English text, but no Chinese one")
        return Text(zh, en)

    def key(self, name: str, pattern: re.Pattern[str] = KEY) -> str:
        found = self.text(name, needed=True)
        if found and not pattern.fullmatch(found):
            self.wrong(
                name,
                f"{found!r} 不能用：2 至 40 个小写字母、数字、下划线，以字母开头",
                f"{found!r} will not do: use 2 to 40 lower-case letters, digits and underscores, a letter first",
            )
        return found

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number between two; None where nothing is said."""
        cell = self.row.cell(name)
        if cell.blank:
            return None
        found = _number(cell.value)
        if found is None or not low <= found <= high:
            self.wrong(
                name, f"须为 {low} 至 {high} 之间的整数", f"a whole number from {low} to {high} is wanted"
            )
            return None
        return found

    def yes(self, name: str) -> bool | None:
        cell = self.row.cell(name)
        if cell.blank or isinstance(cell.value, bool):
            return cell.value if isinstance(cell.value, bool) else None
        found = words.YES.get(words.folded(cell.value)) if isinstance(cell.value, str) else None
        if found is None:
            self.wrong(name, "须为“是”或“否”", "write yes or no (in TOML true or false)")
        return found

    def several(self, name: str, *, needed: bool = False) -> tuple[str, ...]:
        """Several words: a list in TOML, in a workbook separated by 、 or commas."""
        cell = self.row.cell(name)
        if isinstance(cell.value, list) and cell.value:
            if not all(isinstance(item, str) for item in cell.value):
                self.wrong(name, "列表里须全为文字", "every part of the list must be text, in quotes")
                return ()
            return tuple(clean(item) for item in cell.value)
        return tuple(words.listed(self.text(name, needed=needed)))


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        found = reading.number(clean(value)) if isinstance(value, str) else None
    except ValueError:
        return None
    return int(found) if found is not None and found == found.to_integral_value() else None


def repeated(keys: Iterable[str]) -> set[str]:
    """Those that occur more than once."""
    seen: set[str] = set()
    return {key for key in keys if key and (key in seen or seen.add(key))}  # type: ignore[func-returns-value]
