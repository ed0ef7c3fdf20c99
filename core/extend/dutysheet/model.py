"""A duty sheet as it was read: plain frozen values, nothing built of them yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.domain.calendar import Cadence
from core.domain.declare import NO_EVIDENCE, CallbackQuestion, Evidence, InspectionItem, UnitKind
from core.domain.schema import Choice
from core.domain.text import NO_TEXT, Text

#: What a field of each kind can be told besides titles, hint, rules and whether it is required.
SETTINGS: dict[str, tuple[str, ...]] = {
    "text": ("max_length",),
    "long_text": ("min_length", "max_length"),
    "url": (),
    "whole": ("minimum", "maximum", "unit"),
    "decimal": ("minimum", "maximum", "decimals", "unit"),
    "metric": ("minimum", "maximum", "share_of", "unit"),
    "money": ("summed",),
    "date": (),
    "datetime": (),
    "yes_no": ("default",),
    "choice": ("options",),
    "choices": ("options",),
    "rows": ("at_most",),
}
NUMBERS = frozenset({"whole", "decimal", "metric", "money"})
#: The fields that each rule between fields can be given to.
RULES: dict[str, frozenset[str]] = {
    "inside_period": frozenset({"date", "datetime"}),
    "at_most": NUMBERS,
    "all_chosen": frozenset({"choices"}),
}


class SheetError(Exception):
    """A sheet that cannot be used: every problem with its place and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class FieldRule:
    """A check between fields; `other` is the field that ``at_most`` compares with."""

    name: str
    other: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a duty's form. `kind` is a key of `SETTINGS`; what is None or empty is not said."""

    name: str
    kind: str
    title: Text
    hint: Text = NO_TEXT
    required: bool = True
    unit: Text = NO_TEXT
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    decimals: int | None = None
    share_of: str = ""
    summed: bool = False
    default: bool | None = None
    options: str = ""
    at_most: int | None = None
    rules: tuple[FieldRule, ...] = ()
    fields: tuple[Field, ...] = ()

    def said(self) -> Iterator[tuple[str, Any]]:
        """What the sheet says about the field, by the names of its columns, in the order of the helpers' arguments."""
        if not self.required:
            yield "required", False
        for name in SETTINGS[self.kind]:
            value = getattr(self, name)
            if value not in (None, "", NO_TEXT) and not (name == "summed" and not value):
                yield name, value
        if self.hint != NO_TEXT:
            yield "hint", self.hint
        if self.rules:
            yield "rules", self.rules


@dataclass(frozen=True)
class Options:
    """A list of options under a name, for as many fields as want it."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Everybody:
    """Whom a duty of every type binds: all units, or all but the front line."""

    front_line: bool = True


@dataclass(frozen=True)
class SheetDuty:
    """A duty and the fields of its form. `who` holds keys of the sheet's kinds."""

    code: str
    title: Text
    who: tuple[str, ...] | Everybody
    due: Cadence
    fields: tuple[Field, ...]
    evidence: Evidence = NO_EVIDENCE
    clauses: tuple[str, ...] = ()
    grace: int = 1
    covers: str = ""


@dataclass(frozen=True)
class Sheet:
    """A whole plugin. Without kinds it brings no unit type, only duties for everyone."""

    key: str
    title: Text
    version: str
    kinds: tuple[UnitKind, ...] = ()
    duties: tuple[SheetDuty, ...] = ()
    options: tuple[Options, ...] = ()
    inspection: tuple[InspectionItem, ...] = ()
    callbacks: tuple[CallbackQuestion, ...] = ()
    summary: Text = NO_TEXT
    unit_type: str = ""
    unit_type_title: Text = NO_TEXT

    @property
    def type_key(self) -> str:
        return self.unit_type or self.key

    @property
    def type_title(self) -> Text:
        return self.title if self.unit_type_title == NO_TEXT else self.unit_type_title

    def choices_of(self, name: str) -> tuple[Choice, ...]:
        return next(listed.choices for listed in self.options if listed.name == name)
