"""The words of a duty sheet, Chinese and English: how often, which files, which field, whom; and back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.api.reading import clean, half_width
from core.domain.calendar import Cadence, Deadline
from core.domain.declare import ALL_FILE_KINDS, NO_EVIDENCE, Evidence, FileKind
from core.extend.dutysheet.model import Everybody

YES = {"是": True, "yes": True, "true": True, "否": False, "no": False, "false": False}

FIELD_KINDS = {
    "单行文字": "text",
    "多行文字": "long_text",
    "网址": "url",
    "整数": "whole",
    "小数": "decimal",
    "指标": "metric",
    "金额": "money",
    "日期": "date",
    "日期时间": "datetime",
    "是否": "yes_no",
    "单选": "choice",
    "多选": "choices",
    "表格": "rows",
}

#: Words for whole rules: kinds of files, and how many are wanted unless said otherwise.
EVIDENCE: dict[str, tuple[str, tuple[FileKind, ...], int]] = {
    "照片": ("photos", ("photo",), 0),
    "照片或视频": ("photos or videos", ("photo", "video"), 0),
    "文档": ("documents", ("document", "sheet"), 1),
    "文档或照片": ("documents or photos", ("document", "sheet", "photo"), 1),
    "表格": ("sheets", ("sheet", "document"), 1),
    "任意文件": ("any", ("photo", "video", "document", "sheet"), 0),
    "所有文件": ("all", ALL_FILE_KINDS, 0),
}
#: Words for single kinds, which can be put together as one likes.
FILES: dict[str, FileKind] = {
    "仅照片": "photo",
    "仅视频": "video",
    "仅文档": "document",
    "仅表格": "sheet",
    "仅压缩包": "archive",
}
NO_FILES = ("无", "none")

EVERYONE = {
    "所有单位": Everybody(),
    "everyone": Everybody(),
    "除一线外的所有单位": Everybody(front_line=False),
    "everyone but the front line": Everybody(front_line=False),
}
RULE_WORDS = {"在期次内": "inside_period", "不大于": "at_most", "全部选择": "all_chosen"}

#: A campaign has at most so many phases; `core.extend.validate` says the same.
MOST_PHASES = 9
_DIGITS = str.maketrans("一两二三四五六七八九", "1223456789")
_SEPARATORS = re.compile(r"[、，；,;\n]+")

CADENCE_HELP = (
    "可写：每日、每周3次、每阶段、每阶段2次、第2阶段、第1、3阶段、一次、一次，第1阶段结束、一次，活动开始后4天",
    "write: daily, weekly 3, each phase, each phase 2 times, phase 2, phases 1, 3, once, once by phase 1 end, "
    "once by campaign start + 4",
)
EVIDENCE_HELP = (
    f"可写：无、{'、'.join(EVIDENCE)}，或列出{'、'.join(FILES)}",
    f"write: none, {', '.join(english for english, *_ in EVIDENCE.values())}, "
    f"or a list of {', '.join(ALL_FILE_KINDS)}",
)


def folded(word: str) -> str:
    """A word as it is looked up: half-width, small letters, single blanks."""
    return re.sub(r"[\s_]+", " ", half_width(clean(word))).casefold()


def looked_up(word: str, table: Mapping[str, str]) -> str | None:
    """A word of either language as the one that the product uses, e.g. 指标 and METRIC as metric."""
    plain = folded(word)
    english = {folded(value): value for value in table.values()}
    return english.get(plain) or {folded(key): value for key, value in table.items()}.get(plain)


def listed(words: str) -> list[str]:
    """The parts of a cell that lists several things."""
    return [part.strip() for part in _SEPARATORS.split(words) if part.strip()]


_ZH = re.compile(
    r"(?P<day>每[日天])|每(?:周|星期)(?:(?P<week>\d+)次)?|每(?:个)?阶段(?:(?P<each>\d+)次)?"
    r"|第(?P<phases>\d+(?:[、,]\d+)*)阶段(?:(?P<times>\d+)次)?"
    r"|1次(?P<by>[、,:]?(?:(?P<campaign>活动)|第(?P<phase>\d+)阶段)(?P<anchor>开始|结束)"
    r"(?:(?P<way>[前后])(?:(?P<days>\d+)[天日])?)?)?"
)
_EN = re.compile(
    r"(?P<day>daily|every day)|weekly(?:,? (?P<week>\d+)(?: times)?)?|each phase(?:,? (?P<each>\d+) times)?"
    r"|phases? (?P<phases>\d+(?:, ?\d+)*)(?:,? (?P<times>\d+) times)?"
    r"|once(?P<by>,? by (?:(?P<campaign>campaign)|phase (?P<phase>\d+)) (?P<anchor>start|end)"
    r"(?: ?(?P<way>[+-]) ?(?P<days>\d+)(?: days?)?)?)?"
)


def cadence(words: str) -> Cadence | None:
    """How often a duty is due; None where the words say nothing known. Numbers are not judged here."""
    plain = folded(words)
    chinese = re.sub(r"\s", "", plain.translate(_DIGITS))
    found = _ZH.fullmatch(chinese) or _EN.fullmatch(plain)
    if found is None:
        return None
    part = found.groupdict()
    if part["day"]:
        return Cadence("day")
    if re.match("每周|每星期|weekly", found[0]):
        return Cadence("week", int(part["week"] or 1))
    if re.match("每个?阶段|each", found[0]):
        return Cadence("phase", int(part["each"] or 1))
    if part["phases"]:
        phases = tuple(int(number) for number in re.findall(r"\d+", part["phases"]))
        return Cadence("phase", int(part["times"] or 1), phases)
    return Cadence("once", by=_deadline(part) if part["by"] else None)


def _deadline(part: Mapping[str, str | None]) -> Deadline:
    days = int(part["days"] or 0)
    phase = None if part["campaign"] else int(part["phase"] or 0)
    before = part["way"] in ("前", "-")
    return Deadline(
        "start" if part["anchor"] in ("开始", "start") else "end", phase, -days if before else days
    )


def cadence_words(due: Cadence) -> str:
    """The Chinese words for a cadence; `cadence` reads them back."""
    if due.kind == "day":
        return "每日"
    if due.kind == "week":
        return f"每周{due.times}次"
    if due.kind == "phase":
        which = f"第{'、'.join(map(str, due.phases))}阶段" if due.phases else "每阶段"
        return which if due.times == 1 else f"{which}{due.times}次"
    if due.by is None:
        return "一次"
    whole = "活动" if due.by.phase is None else f"第{due.by.phase}阶段"
    anchor = "开始" if due.by.anchor == "start" else "结束"
    shift = f"{'前' if due.by.days < 0 else '后'}{abs(due.by.days)}天" if due.by.days else ""
    return f"一次，{whole}{anchor}{shift}"


def files(words: str) -> tuple[tuple[FileKind, ...], int] | None:
    """Kinds of files and how many are wanted at least; no kinds for no files, None for words not known."""
    plain = folded(words)
    if plain in NO_FILES:
        return (), 0
    for chinese, (english, kinds, at_least) in EVIDENCE.items():
        if plain in (chinese, english):
            return kinds, at_least
    known: dict[str, FileKind] = {
        word: kind for chinese, kind in FILES.items() for word in (chinese, chinese.removeprefix("仅"), kind)
    }
    named = [folded(part) for part in listed(words)]
    if not named or not known.keys() >= set(named):
        return None
    found = tuple(known[word] for word in named)
    return (found, 0) if len(set(found)) == len(found) else None


def evidence_words(rule: Evidence) -> str:
    """The Chinese words for the files of an evidence rule; `files` reads them back."""
    if rule == NO_EVIDENCE:
        return NO_FILES[0]
    for chinese, (_english, kinds, _at_least) in EVIDENCE.items():
        if kinds == rule.kinds:
            return chinese
    chinese_of = {kind: chinese for chinese, kind in FILES.items()}
    return "、".join(chinese_of[kind] for kind in rule.kinds)
