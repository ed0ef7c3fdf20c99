"""Plain texts and tables as text: UTF-8 or GB 18030, shown as text alone whatever a cell begins with."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from core.domain.files import Examined, FileState
from core.domain.text import Text
from core.examine.answers import Task
from core.examine.readable import ENCODINGS, readable
from core.examine.zips import CHUNK

LONGEST_TEXT = 4000
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 50, 20, 60
#: How much is looked through for signs that are no text, and how much of it is decoded to be shown.
MOST_READ = 256 * 1024 * 1024
_HEAD = 1024 * 1024
_DELIMITERS = ",;\t|"
#: Signs that no text holds: all control signs but tab, line feed, form feed and carriage return.
_NO_TEXT = bytes(code for code in range(32) if code not in {9, 10, 12, 13}) + b"\x7f"
#: A start of a line that makes a browser or a shell take the text for something else.
_PAGE = re.compile(r"\s*<(!doctype|html|script|svg|iframe|\?php)\b", re.IGNORECASE)

BINARY = Text(
    "文件里有不是文字的内容，可能已损坏或改了扩展名，请用原来的软件另存后再传",
    "The file holds what is no text: it is damaged or was given another extension. Save it anew and upload it again",
)
UNDECIDED = Text(
    "有些字认不出来，可能是编码不对，请另存为 UTF-8 后再传",
    "Some signs cannot be read, the encoding may be wrong: save it as UTF-8 and upload it again",
)
LONG = Text(
    "文件很长，只检查了前 256 MB，请考虑分成几个文件上传",
    "The file is long and only its first 256 MB were checked: think of splitting it",
)
WEB = Text(
    "内容像网页代码，只作为文字显示，请确认没有传错文件",
    "This looks like the code of a web page and is shown as text: make sure that it is the right file",
)


def examine(task: Task) -> Examined:
    """The first lines, or the first rows of a table."""
    with task.path.open("rb") as file:
        if _has_other(file):
            return Examined(FileState.REFUSED, (BINARY,))
        whole = not file.read(1)
        file.seek(0)
        head = file.read(_HEAD)
        text, encoding, sure = decoded(head, cut=len(head) == _HEAD)
    facts: dict[str, Any] = {"encoding": "utf-8" if encoding == "utf-8-sig" else encoding}
    if task.media_type == "text/csv":
        facts["rows"] = rows(text, cut=len(head) == _HEAD)
    else:
        facts["text"] = readable(text[: 2 * LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n"))[
            :LONGEST_TEXT
        ]
    remarks = ((not sure, UNDECIDED), (not whole, LONG), (bool(_PAGE.match(text)), WEB))
    said = tuple(sentence for holds, sentence in remarks if holds)
    return Examined(FileState.ATTENTION if said else FileState.READY, said, facts)


def _has_other(file: BinaryIO) -> bool:
    """Whether there are bytes that no text of either encoding holds, within the limit."""
    left = MOST_READ
    while left > 0 and (chunk := file.read(min(CHUNK, left))):
        if len(chunk.translate(None, _NO_TEXT)) < len(chunk):
            return True
        left -= len(chunk)
    return False


def decoded(data: bytes, *, cut: bool) -> tuple[str, str, bool]:
    """The text, its encoding, and whether all of it could be read; a sign that the limit has cut is no fault."""
    for encoding in ENCODINGS:
        try:
            return codecs.getincrementaldecoder(encoding)().decode(data, final=not cut), encoding, True
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace"), "utf-8", False


def rows(text: str, *, cut: bool) -> list[list[str]]:
    """The first rows, parted by the sign that makes the most even table of them."""
    delimiter = max(_DELIMITERS, key=lambda sign: _evenness(text, sign))
    found = list(islice(_parted(text, delimiter, cut=cut), MOST_ROWS))
    return [[_cell(value) for value in row[:MOST_COLUMNS]] for row in found]


def _evenness(text: str, delimiter: str) -> tuple[int, int]:
    """How many of the first rows have as many cells as most, and how many cells those are; one is no table."""
    widths = [len(row) for row in islice(_parted(text, delimiter, cut=False), 20)]
    usual = max(widths, key=widths.count, default=1)
    return (widths.count(usual), usual) if usual > 1 else (0, 0)


def _parted(text: str, delimiter: str, *, cut: bool) -> Iterator[list[str]]:
    """Rows that are not empty. A last one that the limit has cut is left out, unless it is the only one."""
    if cut and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    # The longest cell is what was read at all. The limit is the whole process's: it is put back.
    before = csv.field_size_limit(_HEAD + 1)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                yield row
    finally:
        csv.field_size_limit(before)


def _cell(value: str) -> str:
    value = readable(value[: 2 * LONGEST_CELL]).strip()
    return value if len(value) <= LONGEST_CELL else value[: LONGEST_CELL - 1] + "…"
