"""From cells to a sheet: what each says, and whether what they say fits together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.domain.calendar import Cadence
from core.domain.declare import NO_EVIDENCE, CallbackQuestion, Evidence, InspectionItem, UnitKind
from core.domain.schema import Choice
from core.extend.dutysheet import words
from core.extend.dutysheet.cells import KEY, Problems, Reader, Row, Tables, repeated
from core.extend.dutysheet.fields import fields_of
from core.extend.dutysheet.model import Everybody, Options, Sheet, SheetDuty

CODE = re.compile(r"[A-Z][A-Z0-9]{1,9}-[0-9]{2,3}")
VALUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")
MOST_FILES, LONGEST_GRACE, MOST_TIMES, MOST_SHIFT = 50, 366, 100, 366


def build(tables: Tables, problems: Problems) -> Sheet:
    """The sheet that the cells describe. It is of use only if no problem was noted."""
    head = Reader(tables.plugin, problems)
    kinds = _kinds(tables.kinds, problems)
    options = tuple(_options(Reader(row, problems)) for row in tables.options)
    _once(tables.options, "name", problems)
    sheet = Sheet(
        head.key("key"),
        head.titled("title", needed=True),
        head.text("version", needed=True),
        kinds=kinds,
        options=options,
        duties=tuple(_duty(Reader(row, problems), kinds, options) for row in tables.duties),
        inspection=tuple(_item(Reader(row, problems), kinds) for row in tables.inspection),
        callbacks=tuple(_question(Reader(row, problems), kinds) for row in tables.callbacks),
        summary=head.titled("summary"),
        unit_type=head.key("unit_type") if head.said("unit_type") else "",
        unit_type_title=head.titled("unit_type_title"),
    )
    for rows, name in ((tables.duties, "code"), (tables.inspection, "key"), (tables.callbacks, "key")):
        _once(rows, name, problems)
    if not sheet.kinds and not sheet.duties:
        head.wrong("key", "既没有单位性质，也没有职责", "there is neither a kind of unit nor a duty")
    return sheet


def _once(rows: Sequence[Row], name: str, problems: Problems) -> None:
    twice = repeated(str(row.cell(name).value or "") for row in rows)
    for row in rows:
        if row.cell(name).value in twice:
            value = row.cell(name).value
            problems.note(row.cell(name).place, f"{value} 出现了不止一次", f"{value} is there more than once")


def _kinds(rows: Sequence[Row], problems: Problems) -> tuple[UnitKind, ...]:
    _once(rows, "key", problems)
    readers = [Reader(row, problems) for row in rows]
    return tuple(
        UnitKind(
            read.key("key"), read.titled("title", needed=True), front_line=read.yes("front_line") or False
        )
        for read in readers
    )


def _options(read: Reader) -> Options:
    name = read.key("name")
    choices = tuple(_choice(Reader(row, read.problems)) for row in read.row.rows)
    _once(read.row.rows, "value", read.problems)
    if not choices:
        read.wrong("name", "选项表是空的", "the list has no options")
    return Options(name, choices)


def _choice(read: Reader) -> Choice:
    value = read.text("value", needed=True)
    if value and not VALUE.fullmatch(value):
        read.wrong(
            "value",
            f"{value!r} 不能用：用字母、数字、下划线，最多 60 个",
            f"{value!r} will not do: use up to 60 letters, digits and underscores",
        )
    return Choice(value, read.titled("title", needed=True))


def _duty(read: Reader, kinds: Sequence[UnitKind], options: Sequence[Options]) -> SheetDuty:
    code = read.text("code", needed=True)
    if code and not CODE.fullmatch(code):
        read.wrong(
            "code",
            f"{code!r} 不能用：编号如 PCL-01，大写字母、连字符、两三位数字",
            f"{code!r} will not do: a code is like PCL-01: capitals, a hyphen, two or three digits",
        )
    fields = fields_of(read, options)
    covers = read.text("covers")
    if covers and not any(field.name == covers and field.kind == "choices" for field in fields):
        read.wrong(
            "covers",
            f"{covers!r} 不是本职责的多选字段",
            f"{covers!r} is not a field with several choices of this duty",
        )
    grace = read.whole("grace", 0, LONGEST_GRACE)
    return SheetDuty(
        code,
        read.titled("title", needed=True),
        _who(read, kinds),
        _due(read),
        fields,
        _evidence(read),
        read.several("clauses"),
        1 if grace is None else grace,
        covers,
    )


def _who(read: Reader, kinds: Sequence[UnitKind]) -> tuple[str, ...] | Everybody:
    named = read.several("who", needed=True)
    if len(named) == 1 and words.folded(named[0]) in words.EVERYONE:
        return words.EVERYONE[words.folded(named[0])]
    return tuple(kind.key for kind in _known(read, "who", named, kinds))


def _known(read: Reader, name: str, named: Sequence[str], kinds: Sequence[UnitKind]) -> list[UnitKind]:
    """The kinds named, by key or by title."""
    found = {word: kind for kind in kinds for word in (kind.title.zh, kind.key)}
    for word in named:
        if word not in found:
            listed = "、".join(f"{kind.key} {kind.title.zh}" for kind in kinds) or "—"
            read.wrong(
                name,
                f"没有单位性质 {word!r}，有：{listed}",
                f"there is no kind {word!r}; there are: {listed}",
            )
    known = [found[word] for word in named if word in found]
    if len(set(known)) < len(known):
        read.wrong(name, "同一单位性质写了两次", "a kind is named twice")
    return known


def _due(read: Reader) -> Cadence:
    said = read.text("due", needed=True)
    found = words.cadence(said) if said else None
    if said and found is None:
        read.wrong(
            "due",
            f"不认识的期次 {said!r}；{words.CADENCE_HELP[0]}",
            f"{said!r} is not understood; {words.CADENCE_HELP[1]}",
        )
    due = found or Cadence("day")
    if not 1 <= due.times <= MOST_TIMES:
        read.wrong("due", f"次数须为 1 至 {MOST_TIMES}", f"the number of times is from 1 to {MOST_TIMES}")
    by = due.by
    phases = [*due.phases, *([by.phase] if by and by.phase is not None else [])]
    if any(not 1 <= phase <= words.MOST_PHASES for phase in phases) or len(set(due.phases)) < len(due.phases):
        most = words.MOST_PHASES
        read.wrong("due", f"阶段为 1 至 {most}，各写一次", f"phases are from 1 to {most}, each named once")
    if by and abs(by.days) > MOST_SHIFT:
        read.wrong("due", f"最多 {MOST_SHIFT} 天", f"at most {MOST_SHIFT} days")
    return due


def _evidence(read: Reader) -> Evidence:
    # A list of kinds is the same in TOML and, written with 、, in a workbook.
    said = "、".join(read.several("evidence"))
    found = words.files(said) if said else ((), 0)
    if found is None:
        read.wrong(
            "evidence",
            f"不认识的佐证材料 {said!r}；{words.EVIDENCE_HELP[0]}",
            f"{said!r} is not understood; {words.EVIDENCE_HELP[1]}",
        )
        return NO_EVIDENCE
    kinds, usual = found
    least, most = read.whole("at_least", 0, MOST_FILES), read.whole("at_most", 1, MOST_FILES)
    hint = read.titled("evidence_hint")
    if not kinds:
        for name in ("at_least", "at_most", "evidence_hint"):
            if read.said(name):
                read.wrong(name, "没有佐证材料，此项须空着", "no files are asked for: leave this empty")
        return NO_EVIDENCE
    at_least, at_most = usual if least is None else least, 9 if most is None else most
    if at_least > at_most:
        for name in filter(read.said, ("at_least", "at_most")):
            read.wrong(name, "“至少”大于“至多”", "'at_least' exceeds 'at_most'")
        at_least = at_most
    return Evidence(at_least=at_least, at_most=at_most, kinds=kinds, hint=hint)


def _item(read: Reader, kinds: Sequence[UnitKind]) -> InspectionItem:
    if not kinds:
        read.wrong("key", "没有单位性质，不能有检查项目", "inspection items need a kind of unit")
    about = _known(read, "kinds", read.several("kinds"), kinds)
    return InspectionItem(
        read.key("key", KEY),
        read.titled("title", needed=True),
        kinds=about,
        undercover=read.yes("undercover") or False,
    )


def _question(read: Reader, kinds: Sequence[UnitKind]) -> CallbackQuestion:
    about = _known(read, "kinds", read.several("kinds"), kinds)
    return CallbackQuestion(
        read.key("key", KEY),
        read.titled("title", needed=True),
        kinds=about,
        asked_of=read.titled("asked_of"),
    )
