"""Whether a plugin keeps the contract. Each problem is a sentence that the plugin's author can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core.api.forms import ReportForm
from core.domain.calendar import Cadence
from core.domain.declare import API_VERSION, Duty, Everyone, Evidence, Example, Plugin, UnitKind, UnitType
from core.domain.schema import FormSchema

KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
#: Phases are counted from 1; a campaign has at most so many.
MOST_PHASES = 9
CODE = re.compile(r"[A-Z][A-Z0-9]{1,9}-[0-9]{2,3}")


def problems(plugin: Plugin) -> Iterator[str]:
    """Everything that is wrong with a plugin's declaration, taken alone."""
    if plugin.api != API_VERSION:
        yield f"it was written for api {plugin.api}; this version of Dudao offers api {API_VERSION}"
    if not KEY.fullmatch(plugin.key):
        yield f"key {plugin.key!r}: use lower-case letters, digits and underscores, beginning with a letter"
    yield from _repeated(plugin)
    yield from _tables(plugin)
    for duty in plugin.duties:
        if not isinstance(duty.who, Everyone):
            yield f"duty {duty.code}: a duty of the plugin itself binds everyone; put it into its unit type"
        yield from _duty(duty)
    for unit_type in plugin.unit_types:
        yield from _unit_type(unit_type)


def _unit_type(unit_type: UnitType) -> Iterator[str]:
    where = f"unit type {unit_type.key!r}"
    if not KEY.fullmatch(unit_type.key):
        yield f"{where}: use lower-case letters, digits and underscores, beginning with a letter"
    keys = [kind.key for kind in unit_type.kinds]
    if not keys:
        yield f"{where} has no kinds: declare at least one UnitKind"
    yield from (
        f"{where}: kind {key!r} is declared twice" for key in sorted({k for k in keys if keys.count(k) > 1})
    )
    for duty in unit_type.duties:
        if isinstance(duty.who, Everyone):
            yield f"duty {duty.code}: who=Everyone() is for duties of the plugin itself, not of {where}"
        else:
            yield from _known(duty.who, keys, f"duty {duty.code}")
        yield from _duty(duty)
    for question in unit_type.inspection:
        yield from _known(question.kinds, keys, f"{where}: inspection item {question.key!r}")
    for asked in unit_type.callbacks:
        yield from _known(asked.kinds, keys, f"{where}: callback question {asked.key!r}")


#: Names of pictures that an example may have.
PICTURE = re.compile(r"[\w-]+\.(jpg|jpeg|png|webp)")


def pictures(plugin: Plugin, folder: Path | None) -> Iterator[str]:
    """Pictures of examples that are not where they should be; `folder` is the plugin's package, if it has one."""
    for duty in _all_duties(plugin):
        for example in duty.evidence.examples:
            if example.picture and not PICTURE.fullmatch(example.picture):
                yield f"duty {duty.code}: picture {example.picture!r}: use the name of a .jpg, .png or .webp file"
            elif example.picture and not (folder and (folder / "examples" / example.picture).is_file()):
                yield (
                    f"duty {duty.code}: there is no picture {example.picture!r} in the folder examples of its package"
                )


def _known(kinds: tuple[UnitKind, ...], keys: list[str], where: str) -> Iterator[str]:
    for kind in kinds:
        if kind.key not in keys:
            yield f"{where} names kind {kind.key!r}, which its unit type does not declare"


def _duty(duty: Duty) -> Iterator[str]:
    where = f"duty {duty.code}"
    if not CODE.fullmatch(duty.code):
        yield f"{where}: a code is like CAR-03: capitals, a hyphen, two or three digits"
    if duty.who == ():
        yield f"{where}: who= names no kind; name those that owe it"
    if not isinstance(duty.evidence, Evidence):
        yield f"{where}: evidence= needs Photos(…), Documents(…) or another rule of core.api"
    elif not all(isinstance(example, Example) for example in duty.evidence.examples):
        yield f"{where}: good= and bad= need Example(text, picture)"
    if duty.grace < 0:
        yield f"{where}: grace is a number of days, 0 or more"
    yield from _due(duty.due, where)
    if isinstance(duty.form, type) and issubclass(duty.form, ReportForm):
        yield from _form(duty, duty.form.schema(), where)
    else:
        yield f"{where}: form= needs a class derived from ReportForm"


def _form(duty: Duty, schema: FormSchema, where: str) -> Iterator[str]:
    names = [spec.name for spec in schema.fields]
    for name, field in duty.form().answers().items():
        for rule in getattr(field, "rules", ()):
            yield from (
                f"{where}: a rule of {name!r} names {other!r}, which is not a field of its form"
                for other in getattr(rule, "names", ())
                if other not in names
            )
    if not names:
        yield f"{where}: its form has no fields"
    if duty.covers is not None and duty.covers not in names:
        yield f"{where}: covers={duty.covers!r} is not a field of its form"
    for spec in schema.fields:
        if spec.share_of and spec.share_of not in names:
            yield f"{where}: share_of={spec.share_of!r} is not a field of its form"


def _due(due: Cadence, where: str) -> Iterator[str]:
    if not isinstance(due, Cadence):
        yield f"{where}: due= needs daily(), weekly(n), each_phase(…) or once(…)"
        return
    if due.times < 1:
        yield f"{where}: a duty that is due 0 times is none: use weekly(1) or more"
    named = [*due.phases, *([due.by.phase] if due.by and due.by.phase is not None else [])]
    yield from (f"{where}: there is no phase {number}" for number in named if not 1 <= number <= MOST_PHASES)


def _repeated(plugin: Plugin) -> Iterator[str]:
    """What a plugin declares twice, so that one of the two would be lost."""
    codes = [duty.code for duty in _all_duties(plugin)]
    types = [unit_type.key for unit_type in plugin.unit_types]
    yield from (
        f"duty code {code} is declared twice" for code in sorted({c for c in codes if codes.count(c) > 1})
    )
    yield from (
        f"unit type {key!r} is declared twice" for key in sorted({t for t in types if types.count(t) > 1})
    )


def _all_duties(plugin: Plugin) -> list[Duty]:
    return [*plugin.duties, *(duty for unit_type in plugin.unit_types for duty in unit_type.duties)]


def clashes(plugin: Plugin, others: list[Plugin]) -> Iterator[str]:
    """Keys and codes that an earlier plugin has taken."""
    for other in others:
        for unit_type in plugin.unit_types:
            if unit_type.key == other.key:
                yield f"unit type {unit_type.key!r} is the key of another plugin, whose pages it would share: choose another"
        if plugin.key in {unit_type.key for unit_type in other.unit_types} and plugin.key != other.key:
            yield f"key {plugin.key!r} is a unit type of plugin {other.key!r}: choose another"
        if other.key == plugin.key:
            yield f"key {plugin.key!r} is taken by another installed plugin: choose another"
        theirs = {unit_type.key for unit_type in other.unit_types}
        for unit_type in plugin.unit_types:
            if unit_type.key in theirs:
                yield f"unit type {unit_type.key!r} is already provided by plugin {other.key!r}: choose another key"
        for code in sorted(_codes(plugin) & _codes(other)):
            yield f"duty code {code} is already used by plugin {other.key!r}: choose another"


def _codes(plugin: Plugin) -> set[str]:
    return {duty.code for duty in _all_duties(plugin)}


def _tables(plugin: Plugin) -> Iterator[str]:
    if plugin.tables is None:
        return
    tables = getattr(getattr(plugin.tables, "metadata", None), "tables", None)
    if tables is None:
        yield "tables= needs the plugin's declarative base, see OwnTables in docs/plugins.md"
        return
    for name in tables:
        if not name.startswith(f"{plugin.key}_"):
            yield f"table {name!r}: a table of plugin {plugin.key!r} begins with {plugin.key}_"
