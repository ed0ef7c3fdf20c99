"""What is asked of the author of a new plugin: reading the answers, what is proposed, whether they will do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.domain.calendar import Cadence
from core.domain.declare import Evidence, Plugin, UnitKind
from core.domain.text import Text
from core.extend import validate
from core.extend.dutysheet.model import Field, Sheet, SheetDuty
from core.extend.sheet import declare

#: The version that a new plugin begins with.
VERSION = "0.1.0"
_LONGEST = 100
#: Inside a picture of several signs, e.g. a family; other signs that are not seen have no place in a title.
_JOINERS = {"\u200d", "\ufe0f"}

_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

FIELDS = (
    Field(
        "done",
        "long_text",
        Text("开展情况", "What was done"),
        hint=Text("时间、地点、怎么做的", "When, where and how"),
        max_length=500,
    ),
    Field("people", "metric", Text("宣传人数", "People reached"), unit=Text("人", "people"), minimum=1),
)
EVIDENCE = Evidence(
    at_least=1,
    kinds=["photo"],
    hint=Text("现场照片，不露证件", "Taken there; shows nobody's papers"),
)


#: What a single file begins with.
MINIMAL = (Field("people", "metric", Text("宣传人数", "People reached"), minimum=1),)


class Wrong(ValueError):
    """An answer that will not do, and why, in one sentence."""


@dataclass(frozen=True)
class Answers:
    """A new plugin: one unit type of the same key and title, its kinds, and one duty that all of them owe.

    `minimal` wants it in a single file, with one field and no page.
    """

    key: str
    title: Text
    kinds: tuple[UnitKind, ...]
    code: str
    duty: Text
    due: Cadence
    minimal: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        return MINIMAL if self.minimal else FIELDS

    @property
    def package(self) -> str:
        """The name of its Python package."""
        return package_of(self.key)

    def sheet(self) -> Sheet:
        """The same as a duty sheet."""
        who = tuple(kind.key for kind in self.kinds)
        duty = SheetDuty(self.code, self.duty, who, self.due, self.fields, EVIDENCE)
        return Sheet(self.key, self.title, VERSION, kinds=self.kinds, duties=(duty,))


def package_of(key: str) -> str:
    return f"dudao_{key}"


def problems(answers: Answers, others: Iterable[Plugin]) -> Iterator[str]:
    """What the loader would say of the new plugin beside those that are installed, and its readers of its titles."""
    for text in (answers.title, answers.duty, *(kind.title for kind in answers.kinds)):
        if _CHINESE.search(text.en):
            yield f"the English title {text.en!r} holds Chinese"
        elif text.zh == text.en and " " in text.en:
            yield f"{text.en!r} stands in place of the Chinese title: give both"
    plugin = declare(answers.sheet())
    yield from validate.problems(plugin)
    yield from validate.clashes(plugin, list(others))


# -- reading -------------------------------------------------------------------------------------------------------------


def key(typed: str) -> str:
    if not validate.KEY.fullmatch(typed):
        raise Wrong(
            f"{typed!r} is no key: use lower-case letters, digits and underscores, beginning with a letter"
        )
    return typed


def title(typed: str) -> str:
    """A title in one language."""
    if not (found := line(typed)):
        raise Wrong("a title cannot be empty")
    return found


def line(typed: str) -> str:
    """One line of text, perhaps empty."""
    found = unicodedata.normalize("NFC", typed).strip()
    if any(not (sign.isprintable() or sign in _JOINERS) for sign in found):
        raise Wrong("a title is one line of signs that can be seen")
    if len(found) > _LONGEST:
        raise Wrong(f"a title has at most {_LONGEST} signs")
    return found


def kind(typed: str) -> UnitKind:
    """A kind of unit: ``key:中文:English``; without English it is called after its key."""
    named, zh, en = _three(typed, "a kind is written as key:中文:English, e.g. company:寄递企业:Company")
    return UnitKind(key(named), Text(title(zh), line(en) or proposed_title(named)))


def kinds(typed: Iterable[str]) -> tuple[UnitKind, ...]:
    found = tuple(map(kind, typed))
    keys = [item.key for item in found]
    if twice := sorted({item for item in keys if keys.count(item) > 1}):
        raise Wrong(f"kind {twice[0]!r} is named twice")
    return found


def duty(typed: str) -> tuple[str, Text]:
    """A duty's code and title: ``CODE:中文:English``."""
    code, zh, en = _three(
        typed, "a duty is written as CODE:中文:English, e.g. PCL-01:随件发放宣传单:Leaflets"
    )
    if not validate.CODE.fullmatch(code):
        raise Wrong(f"{code!r} is no duty code: it is like CAR-03, capitals, a hyphen, two or three digits")
    if not en.strip():
        raise Wrong(f"duty {code} needs an English title too: CODE:中文:English")
    return code, Text(title(zh), title(en))


def cadence(typed: str) -> Cadence:
    """``daily``, ``weekly``, ``weekly:3``, ``phase`` or ``once``."""
    found = re.fullmatch(r"(daily|weekly|phase|once)(?::([1-9][0-9]?))?", typed.strip())
    if not found or (found[2] and found[1] != "weekly"):
        raise Wrong(f"{typed!r} is no cadence: write daily, weekly, weekly:3, phase or once")
    if found[1] == "weekly":
        return Cadence("week", int(found[2] or 1))
    kinds = {"daily": Cadence("day"), "phase": Cadence("phase"), "once": Cadence("once")}
    return kinds[found[1]]


def _three(typed: str, form: str) -> tuple[str, str, str]:
    first, colon, rest = typed.partition(":")
    if not colon:
        raise Wrong(f"{typed!r} will not do: {form}")
    second, _colon, third = rest.partition(":")
    return first.strip(), second, third


# -- proposing -----------------------------------------------------------------------------------------------------------


def proposed_key(name: str) -> str:
    """A key from the new folder's name; empty where it gives none."""
    found = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    found = found.removeprefix("dudao_").removesuffix("_plugin")
    return found if validate.KEY.fullmatch(found) else ""


def proposed_chinese(name: str) -> str:
    """A Chinese title from a folder's name."""
    return name if _CHINESE.search(name) else f"{proposed_title(name)}单位"


def proposed_title(name: str) -> str:
    """An English title from a key or a folder's name."""
    words = re.sub(r"[_-]+", " ", name).strip()
    return words[:1].upper() + words[1:]


PROPOSED_KIND = "member:成员单位:Member unit"
PROPOSED_CADENCE = "weekly"


def proposed_duty(key: str, taken: Iterable[str]) -> str:
    """A duty whose code begins with three letters of the key and is free yet."""
    letters = re.sub(r"[^a-z]", "", key)
    consonants = letters[:1] + re.sub(r"[aeiou]", "", letters[1:])
    prefix = (consonants if len(consonants) >= 3 else letters + "XX")[:3].upper()
    used = set(taken)
    free = next(code for number in range(1, 999) if (code := f"{prefix}-{number:02}") not in used)
    return f"{free}:开展反诈宣传:Spread fraud prevention"
