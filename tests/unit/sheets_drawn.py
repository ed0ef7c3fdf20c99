"""Duty sheets drawn at random: anything that can be written in one."""

from __future__ import annotations

import keyword
from typing import Any

from hypothesis import strategies as st

from core.api.fields import LARGEST
from core.api.forms import RESERVED
from core.api.reading import clean, one_line
from core.domain.calendar import Cadence, Deadline
from core.domain.declare import ALL_FILE_KINDS, CallbackQuestion, Evidence, InspectionItem, UnitKind
from core.domain.schema import Choice
from core.domain.text import NO_TEXT, Text
from core.extend.dutysheet.model import SETTINGS, Everybody, Field, FieldRule, Options, Sheet, SheetDuty

_SIGNS = "报告宣传，。：“”（） ab\"'\\#{}%=+@-_/<>&|1２éß～\u3000"
_ZH = st.text(_SIGNS, min_size=1, max_size=90).map(clean).map(one_line).filter(bool)
_SHORT = st.text(_SIGNS, min_size=1, max_size=12).map(clean).map(one_line).filter(bool)
_EN = st.one_of(
    st.just(""), _ZH, st.lists(st.from_regex(r"[A-Za-z]{1,9}", fullmatch=True), min_size=1).map(" ".join)
)
_KEYS = st.from_regex(r"[a-z][a-z0-9_]{1,11}", fullmatch=True)
_NAMES = st.one_of(
    st.sampled_from(
        ["text", "url", "rows", "metric", "choices", "type", "id", "match", "date_field", "list"]
    ),
    _KEYS,
)
TITLES = st.builds(Text, _SHORT, _EN)
HINTS = st.one_of(st.just(NO_TEXT), st.builds(Text, _ZH, _EN))
CADENCES = st.one_of(
    st.just(Cadence("day")),
    st.builds(Cadence, st.just("week"), st.integers(1, 20)),
    st.builds(
        Cadence,
        st.just("phase"),
        st.integers(1, 9),
        st.lists(st.integers(1, 9), unique=True, max_size=3).map(tuple),
    ),
    st.builds(
        lambda by: Cadence("once", by=by),
        st.one_of(
            st.none(),
            st.builds(
                Deadline,
                st.sampled_from(["start", "end"]),
                st.one_of(st.none(), st.integers(1, 9)),
                st.integers(-30, 30),
            ),
        ),
    ),
)


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    kinds = draw(st.lists(st.sampled_from(ALL_FILE_KINDS), unique=True))
    if not kinds:
        return Evidence(at_most=0)
    most = draw(st.integers(1, 20))
    return Evidence(at_least=draw(st.integers(0, most)), at_most=most, kinds=kinds, hint=draw(HINTS))


@st.composite
def field(draw: st.DrawFn, name: str, lists: list[str], numbers: list[str], *, inside: bool = False) -> Field:
    kinds = sorted(
        SETTINGS.keys() - ({"rows"} if inside else set()) - (set() if lists else {"choice", "choices"})
    )
    kind = draw(st.sampled_from(kinds))
    said: dict[str, Any] = {}
    for setting in SETTINGS[kind]:
        if setting == "options":
            said[setting] = draw(st.sampled_from(lists))
        elif setting == "unit":
            said[setting] = draw(st.one_of(st.just(NO_TEXT), TITLES))
        elif setting == "share_of":
            said[setting] = draw(st.sampled_from(["", *numbers]))
        elif setting == "default":
            said[setting] = draw(st.one_of(st.none(), st.booleans()))
        elif setting == "summed":
            said[setting] = draw(st.booleans())
        else:
            low, high = {
                "minimum": (-5, 0),
                "maximum": (1, LARGEST),
                "min_length": (1, 40),
                "max_length": (41, 900),
                "decimals": (1, 6),
                "at_most": (1, 9),
            }[setting]
            said[setting] = draw(st.one_of(st.none(), st.integers(low, high)))
    rules = []
    if kind in ("date", "datetime") and draw(st.booleans()):
        rules.append(FieldRule("inside_period"))
    if kind == "choices" and draw(st.booleans()):
        rules.append(FieldRule("all_chosen"))
    if kind in ("whole", "decimal", "metric", "money") and numbers and draw(st.booleans()):
        rules.append(FieldRule("at_most", draw(st.sampled_from(numbers))))
    if kind == "rows":
        said["fields"] = draw(fields(lists, inside=True))
    return Field(name, kind, draw(TITLES), draw(HINTS), draw(st.booleans()), rules=tuple(rules), **said)


@st.composite
def fields(draw: st.DrawFn, lists: list[str], *, inside: bool = False) -> tuple[Field, ...]:
    found: list[Field] = []
    for name in draw(st.lists(_NAMES.filter(_allowed), min_size=1, max_size=2 if inside else 5, unique=True)):
        numbers = [one.name for one in found if one.kind in ("whole", "decimal", "metric", "money")]
        found.append(draw(field(name, lists, numbers, inside=inside)))
    return tuple(found)


def _allowed(name: str) -> bool:
    return name not in RESERVED and not keyword.iskeyword(name)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    """Any sheet that can be written."""
    kinds = tuple(
        UnitKind(key, draw(TITLES), front_line=draw(st.booleans()))
        for key in draw(st.lists(_KEYS, max_size=3, unique=True))
    )
    options = tuple(
        Options(
            name,
            tuple(
                Choice(value, draw(TITLES))
                for value in draw(
                    st.lists(
                        st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True),
                        min_size=1,
                        max_size=4,
                        unique=True,
                    )
                )
            ),
        )
        for name in draw(st.lists(_KEYS, max_size=3, unique=True))
    )
    lists = [listed.name for listed in options]
    numbers = draw(st.lists(st.integers(1, 999), min_size=0 if kinds else 1, max_size=3, unique=True))
    everybody = st.builds(Everybody, st.booleans())
    some = (
        st.lists(st.sampled_from([kind.key for kind in kinds]), min_size=1, unique=True).map(tuple)
        if kinds
        else None
    )
    duties = []
    for number in numbers:
        drawn_fields = draw(fields(lists))
        many = [one.name for one in drawn_fields if one.kind == "choices"]
        duties.append(
            SheetDuty(
                f"ABC-{number:02}",
                draw(TITLES),
                draw(st.one_of(everybody, some) if some is not None else everybody),
                draw(CADENCES),
                drawn_fields,
                draw(evidence()),
                tuple(
                    draw(st.lists(st.from_regex(r"[0-9]\.[0-9]{1,2}\.[0-9]{2}", fullmatch=True), max_size=2))
                ),
                draw(st.integers(0, 30)),
                draw(st.sampled_from(["", *many])),
            )
        )
    about = st.lists(st.sampled_from(kinds), max_size=2, unique=True) if kinds else st.just([])
    items = draw(st.lists(_KEYS, max_size=2, unique=True)) if kinds else []
    return Sheet(
        draw(_KEYS),
        draw(TITLES),
        draw(st.from_regex(r"[0-9]\.[0-9]", fullmatch=True)),
        kinds,
        tuple(duties),
        options,
        tuple(
            InspectionItem(key, draw(TITLES), kinds=draw(about), undercover=draw(st.booleans()))
            for key in items
        ),
        tuple(
            CallbackQuestion(key, draw(TITLES), kinds=draw(about), asked_of=draw(HINTS))
            for key in draw(st.lists(_KEYS, max_size=2, unique=True))
        ),
        draw(HINTS),
        draw(st.one_of(st.just(""), _KEYS)) if kinds else "",
        draw(HINTS) if kinds else NO_TEXT,
    )
