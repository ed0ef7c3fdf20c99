"""The first rows of a workbook's first visible sheet, read as a stream.

A library that lays a sheet out in memory asks for half a terabyte where one cell stands in the last corner; this stops
after the rows that are shown, whatever follows.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.examine.readable import one_line, readable
from core.examine.xmls import Enough, attribute, parse
from core.examine.zips import Entry, Zip

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 50, 20, 60
#: How much of a sheet and of the list of texts is looked at for them.
_MOST_READ = 16 * 1024 * 1024
_MOST_TEXTS = 8 * 1024 * 1024
_MOST_SHEETS = 50
#: Formats that are dates by their number, those of Chinese and Japanese systems included.
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NO_DATE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.|General', re.IGNORECASE)
_COLUMN = re.compile(r"[A-Z]{1,3}")


@dataclass(slots=True)
class Book:
    """What a workbook's own part says: its sheets in order, whether each is seen, and how it counts days."""

    sheets: list[tuple[str, str, bool]] = field(default_factory=list)  # name, id of its relation, visible
    epoch: dt.datetime = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's days have no zone
    starts_by_itself: bool = False

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element of xl/workbook.xml."""
        if name == "sheet" and len(self.sheets) < _MOST_SHEETS:
            title = one_line(given.get("name", ""))[:LONGEST_CELL]
            self.sheets.append((title, attribute(given, "id"), given.get("state", "visible") == "visible"))
        elif name == "workbookPr" and given.get("date1904", "0") in {"1", "true"}:
            self.epoch = dt.datetime(1904, 1, 1)  # noqa: DTZ001
        elif name == "definedName" and given.get("name", "").lower().startswith("_xlnm.auto_"):
            self.starts_by_itself = True

    @property
    def hidden(self) -> list[str]:
        return [name for name, _, visible in self.sheets if not visible]


def rows(archive: Zip, book: Book) -> list[list[str]]:
    """The first rows as texts; nothing where the parts cannot be found."""
    parts = {entry.name.lower(): entry for entry in archive.entries}
    sheet = _first(archive, book, parts)
    if sheet is None:
        return []
    cells = _Cells()
    _some(archive, sheet, cells.start, cells.end, cells.text, _MOST_READ)
    texts = _Texts({int(cell.value) for cell in cells.all() if cell.kind == "s" and cell.value.isdecimal()})
    if texts.wanted and (listed := parts.get("xl/sharedstrings.xml")):
        _some(archive, listed, texts.start, texts.end, texts.text, _MOST_TEXTS)
    styles = _Styles()
    if looks := parts.get("xl/styles.xml"):
        _some(archive, looks, styles.start, styles.end, None, _MOST_TEXTS)
    return [[_shown(cell, texts.found, styles, book) for cell in row] for row in cells.rows]


def _first(archive: Zip, book: Book, parts: dict[str, Entry]) -> Entry | None:
    """The part of the first sheet that is seen."""
    targets: dict[str, str] = {}

    def start(name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    relations = parts.get("xl/_rels/workbook.xml.rels")
    if relations is None:
        return None
    parse(archive.chunks(relations), start, most=_MOST_TEXTS)
    wanted = next((relation for _, relation, visible in book.sheets if visible), "")
    path = posixpath.normpath(posixpath.join("/xl", targets.get(wanted, "")))
    return parts.get(path.lstrip("/").lower())


def _some(
    archive: Zip,
    entry: Entry,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None,
    text: Callable[[str], None] | None,
    most: int,
) -> None:
    """Read a part up to a limit; what was told until then is what is shown."""

    def until() -> Iterator[bytes]:
        left = most
        for chunk in archive.chunks(entry):
            yield chunk
            left -= len(chunk)
            if left <= 0:
                raise Enough

    parse(until(), start, end, text)


@dataclass(slots=True)
class _Cell:
    kind: str = ""
    style: str = ""
    value: str = ""


@dataclass(slots=True)
class _Cells:
    """Collects the first rows in which something stands."""

    rows: list[list[_Cell]] = field(default_factory=list)
    _row: list[_Cell] = field(default_factory=list)
    _cell: _Cell | None = None
    _column: int = -1
    _inside: bool = False

    def all(self) -> Iterator[_Cell]:
        return (cell for row in self.rows for cell in row)

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "row":
            self._row, self._column = [], -1
        elif name == "c":
            self._column = _column(given.get("r", ""), self._column + 1)
            self._cell = _Cell(given.get("t", "n"), given.get("s", "0"))
        elif name == "rPh":
            self._inside = False
        elif name in {"v", "t"}:
            self._inside = True

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self._inside = False
        elif name == "c" and self._cell is not None and self._column < MOST_COLUMNS:
            self._row += [_Cell() for _ in range(self._column - len(self._row))]
            self._row[self._column :] = [self._cell]
        elif name == "row" and any(cell.value for cell in self._row):
            self.rows.append(self._row)
            if len(self.rows) >= MOST_ROWS:
                raise Enough

    def text(self, data: str) -> None:
        if self._inside and self._cell is not None and len(self._cell.value) <= LONGEST_CELL:
            self._cell.value += data[: LONGEST_CELL + 1]


@dataclass(slots=True)
class _Texts:
    """Collects from the list of texts those that the shown cells name."""

    wanted: set[int]
    found: dict[int, str] = field(default_factory=dict)
    _number: int = -1
    _inside: bool = False
    _aside: bool = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "si":
            self._number += 1
        elif name == "rPh":  # how Japanese text is read aloud
            self._aside = True
        self._inside = name == "t" and not self._aside and self._number in self.wanted

    def end(self, name: str) -> None:
        if name == "si" and self._number >= max(self.wanted):
            raise Enough
        if name == "rPh":
            self._aside = False
        self._inside = False

    def text(self, data: str) -> None:
        known = self.found.get(self._number, "")
        if self._inside and len(known) <= LONGEST_CELL:
            self.found[self._number] = known + data[: LONGEST_CELL + 1]


@dataclass(slots=True)
class _Styles:
    """Knows which styles show a number as a date."""

    _own: dict[str, bool] = field(default_factory=dict)
    _dates: list[bool] = field(default_factory=list)
    _cells: bool = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "numFmt":
            code = _NO_DATE.sub("", given.get("formatCode", "")[:200]).lower()
            self._own[given.get("numFmtId", "")] = any(sign in code for sign in "ymdhs")
        elif name == "cellXfs":
            self._cells = True
        elif name == "xf" and self._cells:
            number = given.get("numFmtId", "0")
            self._dates.append(self._own.get(number, number.isdecimal() and int(number) in _DATES))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            raise Enough

    def is_date(self, style: str) -> bool:
        return style.isdecimal() and int(style) < len(self._dates) and self._dates[int(style)]


def _column(address: str, otherwise: int) -> int:
    letters = _COLUMN.match(address)
    if letters is None:
        return otherwise
    number = 0
    for letter in letters.group():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _shown(cell: _Cell, texts: dict[int, str], styles: _Styles, book: Book) -> str:
    """A cell as text. A formula is not looked at: its last result is what stands there."""
    if cell.kind == "s":
        value = texts.get(int(cell.value), "…") if cell.value.isdecimal() else ""
    elif cell.kind == "b":
        value = "TRUE" if cell.value == "1" else "FALSE"
    elif cell.kind == "n":
        value = _number(cell.value, book.epoch if styles.is_date(cell.style) else None)
    else:
        value = cell.value
    value = readable(value)
    return value if len(value) <= LONGEST_CELL else value[: LONGEST_CELL - 1] + "…"


def _number(value: str, epoch: dt.datetime | None) -> str:
    try:
        number = float(value)
        if epoch is None:
            return f"{number:.15g}"
        moment = epoch + dt.timedelta(seconds=round(number * 86400))
    except (ValueError, OverflowError):
        return value
    if 0 <= number < 1:
        return f"{moment:%H:%M}"
    return f"{moment:%Y-%m-%d}" if number == int(number) else f"{moment:%Y-%m-%d %H:%M}"
