"""What a plugin hands over: frozen values that describe unit types and their duties.

A duty is a rule, not rows (design idea 2): who owes it, how often, which form, which proof, by which clause.
Constructors are generous (a title may be a string or a pair, a sequence any iterable); attributes are exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from core.domain.calendar import Cadence
from core.domain.text import Text, Titled, as_text

FileKind = Literal["photo", "video", "document", "sheet", "archive"]
ALL_FILE_KINDS: tuple[FileKind, ...] = ("photo", "video", "document", "sheet", "archive")

#: The version of this contract; a plugin says which one it was written for.
API_VERSION = 1


def _set(instance: object, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(instance, name, value)


@dataclass(frozen=True, init=False)
class UnitKind:
    """A role inside a unit type, e.g. regulator, company, outlet.

    `front_line` kinds (outlets, schools) do the work at the counter and owe no daily report to the matrix.
    """

    key: str
    title: Text
    front_line: bool

    def __init__(self, key: str, title: Titled, *, front_line: bool = False) -> None:
        _set(self, key=key, title=as_text(title), front_line=front_line)


@dataclass(frozen=True)
class Everyone:
    """Whom a duty for all unit types binds: every unit, or every unit but the front-line kinds."""

    front_line: bool = True


@dataclass(frozen=True, init=False)
class Example:
    """Evidence as it should be, or as it should not: what one sees in it, and perhaps a picture.

    `picture` is the name of a JPEG, PNG or WebP file in the folder ``examples`` of the plugin's package.
    """

    text: Text
    picture: str

    def __init__(self, text: Titled, picture: str = "") -> None:
        _set(self, text=as_text(text), picture=picture)


@dataclass(frozen=True, init=False)
class Evidence:
    """Which files prove a report, how many, (`hint`) what makes one good, and an example of a `good` and a `bad` one."""

    at_least: int
    at_most: int
    kinds: tuple[FileKind, ...]
    hint: Text
    good: Example | None
    bad: Example | None

    def __init__(
        self,
        *,
        at_least: int = 0,
        at_most: int = 9,
        kinds: Iterable[FileKind] = ALL_FILE_KINDS,
        hint: Titled = "",
        good: Example | None = None,
        bad: Example | None = None,
    ) -> None:
        if not 0 <= at_least <= at_most:
            raise ValueError(
                f"evidence: at_least={at_least} and at_most={at_most}: 0 ≤ at_least ≤ at_most is needed; "
                "at_most is 9 unless said otherwise"
            )
        _set(self, at_least=at_least, at_most=at_most, kinds=tuple(kinds), hint=as_text(hint))
        _set(self, good=good, bad=bad)

    @property
    def examples(self) -> tuple[Example, ...]:
        """Those that are given, the good one first."""
        return tuple(example for example in (self.good, self.bad) if example is not None)


NO_EVIDENCE = Evidence(at_most=0)


@dataclass(frozen=True, init=False)
class Duty:
    """One demand of the notice as a rule.

    `clauses` are the keys of the notice's clauses that it answers; `grace` is in days. `covers` names a
    multiple-choice field whose every choice must be reported by the period's end, over all of its reports.
    """

    code: str
    title: Text
    who: tuple[UnitKind, ...] | Everyone
    due: Cadence
    form: type[Any]
    evidence: Evidence
    clauses: tuple[str, ...]
    grace: int
    covers: str | None

    def __init__(
        self,
        code: str,
        title: Titled,
        *,
        who: UnitKind | Iterable[UnitKind] | Everyone,
        due: Cadence,
        form: type[Any],
        evidence: Evidence = NO_EVIDENCE,
        clauses: Iterable[str] = (),
        grace: int = 1,
        covers: str | None = None,
    ) -> None:
        kinds = who if isinstance(who, Everyone) else (who,) if isinstance(who, UnitKind) else tuple(who)
        _set(self, code=code, title=as_text(title), who=kinds, due=due, form=form, evidence=evidence)
        _set(self, clauses=tuple(clauses), grace=grace, covers=covers)


@dataclass(frozen=True, init=False)
class InspectionItem:
    """A yes / no / not-applicable question of an inspection; `undercover` ones are asked in 暗访 only."""

    key: str
    question: Text
    kinds: tuple[UnitKind, ...]
    undercover: bool

    def __init__(
        self, key: str, question: Titled, *, kinds: Iterable[UnitKind] = (), undercover: bool = False
    ) -> None:
        _set(self, key=key, question=as_text(question), kinds=tuple(kinds), undercover=undercover)


@dataclass(frozen=True, init=False)
class CallbackQuestion:
    """A question to a victim; a 'no' becomes a finding against a unit of one of `kinds`.

    `asked_of` says whom it is for where it is not for everyone, e.g. students and parents.
    """

    key: str
    question: Text
    kinds: tuple[UnitKind, ...]
    asked_of: Text

    def __init__(
        self, key: str, question: Titled, *, kinds: Iterable[UnitKind] = (), asked_of: Titled = ""
    ) -> None:
        _set(self, key=key, question=as_text(question), kinds=tuple(kinds), asked_of=as_text(asked_of))


@dataclass(frozen=True, init=False)
class UnitType:
    """A class of member units: its kinds, duties, inspection items and callback questions."""

    key: str
    title: Text
    kinds: tuple[UnitKind, ...]
    duties: tuple[Duty, ...]
    inspection: tuple[InspectionItem, ...]
    callbacks: tuple[CallbackQuestion, ...]

    def __init__(
        self,
        key: str,
        title: Titled,
        kinds: Iterable[UnitKind],
        duties: Iterable[Duty] = (),
        *,
        inspection: Iterable[InspectionItem] = (),
        callbacks: Iterable[CallbackQuestion] = (),
    ) -> None:
        _set(self, key=key, title=as_text(title), kinds=tuple(kinds), duties=tuple(duties))
        _set(self, inspection=tuple(inspection), callbacks=tuple(callbacks))


@dataclass(frozen=True, init=False)
class Plugin:
    """A plugin's whole declaration. `duties` and `callbacks` here are for every unit, whatever its type.

    `tables` is the declarative base of its own tables, see `core.api.tables.OwnTables`.
    """

    key: str
    title: Text
    version: str
    unit_types: tuple[UnitType, ...]
    duties: tuple[Duty, ...]
    callbacks: tuple[CallbackQuestion, ...]
    summary: Text
    api: int
    tables: Any

    def __init__(
        self,
        key: str,
        title: Titled,
        version: str,
        *,
        unit_types: Iterable[UnitType] = (),
        duties: Iterable[Duty] = (),
        callbacks: Iterable[CallbackQuestion] = (),
        summary: Titled = "",
        api: int = API_VERSION,
        tables: Any = None,
    ) -> None:
        _set(self, key=key, title=as_text(title), version=version, summary=as_text(summary), api=api)
        _set(self, tables=tables)
        _set(self, unit_types=tuple(unit_types), duties=tuple(duties), callbacks=tuple(callbacks))
