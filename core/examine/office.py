"""Word documents and workbooks: zips of XML parts, read without Word, with nothing fetched and nothing run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.domain.files import Examined, FileState
from core.domain.text import Text
from core.examine import archives, sheets, xmls, zips
from core.examine.answers import Refused, Task
from core.examine.readable import one_line, readable
from core.examine.zips import Entry, Zip

LONGEST_TEXT = 4000
#: How many targets and objects are named in a sentence.
_MOST_TOLD = 3
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Files within the file that Word and Excel put there themselves: a chart's numbers.
_KNOWN_INSIDE = (".docx", ".xlsx", ".pptx")
_FETCHES = re.compile(r"\s*(DDEAUTO|DDE|LINK|INCLUDEPICTURE|INCLUDETEXT|IMPORT|DATABASE)\b", re.IGNORECASE)
#: Relations to what is carried along.
_CARRIED = {"afchunk", "oleobject", "package", "control", "activexcontrolbinary"}
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:|\\\\|//", re.IGNORECASE)
_LONGEST_CODE = 65536

MACROS = Text(
    "文件里有宏，不能作为材料，请另存为不含宏的 docx 或 xlsx 后再传",
    "The file holds macros, which are no evidence: save it as docx or xlsx without macros and upload it again",
)


@dataclass(slots=True)
class Found:
    """What the parts hold that an inspector should know of."""

    elsewhere: list[str] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)
    fetching: bool = False

    def carry(self, path: str) -> None:
        """Note a file within the file, once."""
        name = path.rpartition("/")[2]
        if name not in self.embedded and not name.lower().endswith(_KNOWN_INSIDE):
            self.embedded.append(name)


def examine(task: Task) -> Examined:
    """What the document holds: its first text or rows, and whether it reaches out or carries something along."""
    try:
        with task.path.open("rb") as file:
            if file.read(len(_OLE)) == _OLE:
                raise Refused(zips.ENCRYPTED)
        with zips.opened(task.path) as archive:
            return _examined(archive, sheet="spreadsheet" in task.media_type)
    except Refused as refusal:
        return Examined(FileState.REFUSED, (refusal.said,))


def _examined(archive: Zip, *, sheet: bool) -> Examined:
    found, text, book = Found(), _Words(), sheets.Book()
    for entry in archive.entries:
        _read(archive, entry, found, text, book)
    if book.starts_by_itself:
        raise Refused(MACROS)
    facts: dict[str, Any] = {}
    if sheet:
        facts["rows"] = sheets.rows(archive, book)
        facts["sheets"] = [name for name, _, _ in book.sheets]
        facts["hidden_sheets"] = book.hidden
    else:
        facts["text"] = text.text()
    said = (*_sentences(found), *_hidden(book))
    return Examined(FileState.ATTENTION if said else FileState.READY, said, facts)


def _read(archive: Zip, entry: Entry, found: Found, text: _Words, book: sheets.Book) -> None:
    """Run one entry through to its end, and look at what it is."""
    name = entry.name.lower()
    if name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name:
        raise Refused(MACROS)
    chunks = archive.chunks(entry)
    first = next(chunks, b"")
    if "/embeddings/" in name or "/activex/" in name or archives.is_program(name, first[:16]):
        if not name.endswith((".rels", "/")):
            found.carry(entry.name)
    elif name.startswith(("xl/externallinks/", "xl/querytables/", "xl/connections.xml")):
        found.elsewhere.append(entry.name)
    is_xml = name.endswith((".xml", ".rels", ".vml")) or xmls.seems(first[:64])
    if first and is_xml and not name.endswith(".svg"):
        _parse(name, _again(first, chunks), found, text, book)
    for _ in chunks:
        pass


def _parse(name: str, chunks: Iterator[bytes], found: Found, text: _Words, book: sheets.Book) -> None:
    if name == "[content_types].xml":
        xmls.parse(chunks, _no_macros)
    elif name.endswith(".rels"):
        xmls.parse(chunks, _relations(found))
    elif name == "xl/workbook.xml":
        xmls.parse(chunks, book.start)
    elif name.startswith("word/") and name.endswith(".xml"):
        words = text if name == "word/document.xml" else _Words()
        xmls.parse(chunks, words.start, words.end, words.data)
        found.fetching = found.fetching or words.fetches
    else:
        xmls.look(chunks)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _no_macros(_name: str, given: dict[str, str]) -> None:
    kind = given.get("ContentType", "").lower()
    if "macro" in kind or "vba" in kind:
        raise Refused(MACROS)


def _relations(found: Found) -> Callable[[str, dict[str, str]], None]:
    def start(name: str, given: dict[str, str]) -> None:
        if name != "Relationship":
            return
        kind, target = given.get("Type", "").rpartition("/")[2].lower(), given.get("Target", "")
        if "vbaproject" in kind or "macrosheet" in kind:
            raise Refused(MACROS)
        outside = given.get("TargetMode", "").lower() == "external" or _ELSEWHERE.match(target)
        if outside and kind != "hyperlink":  # a link waits for a click, all else is fetched on opening
            found.elsewhere.append(target)
        elif kind in _CARRIED:
            found.carry(target)

    return start


@dataclass(slots=True)
class _Words:
    """Collects a document's text as it is read, and the codes of its fields."""

    fetches: bool = False
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _code: str = ""
    _inside: str = ""
    _run: bool = False
    _aside: int = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        self._inside = name if name in {"t", "instrText"} else ""
        if name == "Fallback":  # the same again, for older programs
            self._aside += 1
        elif name == "r":
            self._run = True
        elif name in {"tab", "br", "cr"} and self._run:
            self._add("\t" if name == "tab" else "\n")
        elif name == "fldSimple":
            self._look(xmls.attribute(given, "instr"))
        elif name == "fldChar" and xmls.attribute(given, "fldCharType") == "begin":
            self._look(self._code)
            self._code = ""

    def end(self, name: str) -> None:
        self._inside = ""
        if name == "Fallback":
            self._aside -= 1
        elif name == "r":
            self._run = False
        elif name == "p":
            self._add("\n")
            self._look(self._code)
            self._code = ""

    def data(self, data: str) -> None:
        if self._inside == "t":
            self._add(data)
        elif self._inside == "instrText":
            self._code = (self._code + data)[-_LONGEST_CODE:]

    def text(self) -> str:
        return readable("".join(self._parts)).strip()[:LONGEST_TEXT]

    def _add(self, data: str) -> None:
        if not self._aside and self._length < 2 * LONGEST_TEXT:
            self._parts.append(data[: 2 * LONGEST_TEXT])
            self._length += len(data)

    def _look(self, code: str) -> None:
        self.fetches = self.fetches or bool(_FETCHES.match(code))


def _sentences(found: Found) -> Iterator[Text]:
    if found.elsewhere:
        told = _told(found.elsewhere)
        yield Text(
            f"文件会从别处读取内容（模板、图片或外部数据）：{told}。请改为嵌入文件内后再传",
            f"The file fetches what lies elsewhere (a template, pictures, data): {told}. Embed it and upload it again",
        )
    if found.fetching:
        yield Text(
            "文件里有会自动读取或运行别处内容的域代码（如 DDE），打开时请勿允许更新，最好去掉后再传",
            "The file has field codes (such as DDE) that fetch or run what lies elsewhere: do not allow updates, "
            "better take them out and upload it again",
        )
    if found.embedded:
        told = _told(found.embedded)
        yield Text(
            f"文件里嵌有其他文件或控件：{told}，没有检查，请勿双击；请另行上传需要的文件",
            f"Other files or controls are embedded and were not checked: {told}. Do not open them; upload what is "
            "needed by itself",
        )


def _hidden(book: sheets.Book) -> Iterator[Text]:
    if book.hidden:
        told = _told(book.hidden)
        yield Text(
            f"工作簿里有隐藏的工作表：{told}。请确认其中没有不该上传的内容",
            f"The workbook has hidden sheets: {told}. Make sure that they hold nothing that should stay with you",
        )


def _told(names: list[str]) -> str:
    return ", ".join(one_line(name)[:80] for name in names[:_MOST_TOLD]) + (
        " …" if len(names) > _MOST_TOLD else ""
    )
