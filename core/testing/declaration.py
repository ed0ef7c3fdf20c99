"""Checks of the declaration: what it names is there, and what it is called is its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from core.api.forms import ReportForm
from core.domain.calendar import Cadence, periods
from core.domain.declare import (
    ALL_FILE_KINDS,
    CallbackQuestion,
    Everyone,
    InspectionItem,
    Plugin,
    UnitKind,
)
from core.domain.schema import FieldSpec
from core.extend import discover, validate
from core.extend.host import PluginHost
from core.testing.kit import Collection, Hint, none
from core.testing.subject import CLAUSES, NOTICE, Subject

_C = Collection()
CHECKS = _C.checks
#: More files for one report nobody looks through.
MOST_FILES = 50


@_C.check("the core accepts the plugin")
def accepted(subject: Subject) -> None:
    none([subject.quarantine] if subject.quarantine else [])


@_C.check("an installation with the plugin can be set up, with units, people and reports")
def installs(subject: Subject) -> None:
    none([subject.no_world] if subject.no_world else [])


@_C.check("keys and codes keep their pattern")
def keys(subject: Subject) -> None:
    plugin = subject.plugin
    named = {f"plugin {plugin.key!r}": plugin.key}
    for unit_type in plugin.unit_types:
        named[f"unit type {unit_type.key!r}"] = unit_type.key
        items: list[UnitKind | InspectionItem | CallbackQuestion] = [
            *unit_type.kinds,
            *unit_type.inspection,
            *unit_type.callbacks,
        ]
        for item in items:
            named[f"{type(item).__name__} {item.key!r}"] = item.key
    named |= {f"CallbackQuestion {asked.key!r}": asked.key for asked in plugin.callbacks}
    shape = "use lower-case letters, digits and underscores, beginning with a letter"
    none(f"{where}: {shape}" for where, key in named.items() if not validate.KEY.fullmatch(key))
    none(
        f"duty {duty.code!r}: a code is like CAR-03: capitals, a hyphen, two or three digits"
        for duty in subject.duties
        if not validate.CODE.fullmatch(duty.code)
    )


@_C.check("nothing is declared twice")
def unique(subject: Subject) -> None:
    plugin = subject.plugin
    groups = {
        "unit type": [unit_type.key for unit_type in plugin.unit_types],
        "duty": [duty.code for duty in subject.duties],
        "callback question": [
            asked.key for asked in chain(plugin.callbacks, *(t.callbacks for t in plugin.unit_types))
        ],
    }
    for unit_type in plugin.unit_types:
        groups[f"kind of {unit_type.key}"] = [kind.key for kind in unit_type.kinds]
        groups[f"inspection item of {unit_type.key}"] = [item.key for item in unit_type.inspection]
    none(
        f"{what} {key!r} is declared twice"
        for what, known in groups.items()
        for key, count in Counter(known).items()
        if count > 1
    )


@_C.check("no key or code is taken by a bundled plugin")
def no_clash(subject: Subject) -> None:
    bundled = PluginHost().load(item for item in discover.find() if item.source == "bundled")
    others = [plugin for plugin in bundled.plugins.values() if not _is(plugin, subject)]
    none(validate.clashes(subject.plugin, others))


def _is(bundled: Plugin, subject: Subject) -> bool:
    """Whether the subject is the bundled plugin itself."""
    name = getattr(subject.module, "__name__", "")
    return bool(bundled.key == subject.key and name == f"plugins.{bundled.key}")


@_C.check("duties, inspection items and callback questions name kinds of their own unit type")
def references(subject: Subject) -> None:
    none(_unknown_kinds(subject.plugin))


def _unknown_kinds(plugin: Plugin) -> Iterator[str]:
    for duty in plugin.duties:
        if not isinstance(duty.who, Everyone):
            yield f"duty {duty.code}: a duty of the plugin itself binds everyone; put it into its unit type"
    for unit_type in plugin.unit_types:
        known = {kind.key for kind in unit_type.kinds}
        named = {f"duty {duty.code}": duty.who for duty in unit_type.duties}
        asked: list[InspectionItem | CallbackQuestion] = [*unit_type.inspection, *unit_type.callbacks]
        for where, who in (*named.items(), *((f"question {item.key}", item.kinds) for item in asked)):
            if isinstance(who, Everyone):
                yield f"{where}: who=Everyone() is for duties of the plugin itself"
            else:
                yield from (
                    f"{where} names kind {kind.key!r}, which {unit_type.key} does not declare"
                    for kind in who
                    if kind.key not in known
                )


@_C.check("covers, share_of and rules name fields of their form")
def field_references(subject: Subject) -> None:
    none(chain(*(_unknown_fields(duty.code, duty.covers, form) for duty, form, _span in subject.forms)))


def _unknown_fields(code: str, covers: str | None, form: type[ReportForm]) -> Iterator[str]:
    known = {spec.name: spec for spec in form.schema().fields}
    if covers is not None and (covers not in known or known[covers].kind != "choices"):
        yield f"duty {code}: covers={covers!r} is not a field of choices(…) of its form"
    for spec in known.values():
        if spec.share_of and not _is_number(known.get(spec.share_of)):
            yield f"duty {code}: share_of={spec.share_of!r} is not a number of its form"
    for name, field in form().answers().items():
        for rule in getattr(field, "rules", ()):
            yield from (
                f"duty {code}: a rule of {name!r} names {other!r}, which is not a field of its form"
                for other in getattr(rule, "names", ())
                if other not in known
            )


def _is_number(spec: FieldSpec | None) -> bool:
    return spec is not None and spec.kind in ("whole", "decimal")


@_C.check("every duty is due in the notice's campaign, at least once")
def deadlines(subject: Subject) -> None:
    none(chain(*(_due(duty.code, duty.due, duty.grace) for duty in subject.duties)))


def _due(code: str, due: Cadence, grace: int) -> Iterator[str]:
    if grace < 0:
        yield f"duty {code}: grace is a number of days, 0 or more"
    try:
        found = periods(due, NOTICE)
    except (IndexError, ValueError):
        yield f"duty {code}: its deadline is not in a campaign of {len(NOTICE.phases)} phases"
        return
    if not found or due.times < 1:
        yield f"duty {code}: it is never due: name phases 1 to {len(NOTICE.phases)}, and a quota of 1 or more"


@_C.check("duties answer clauses that the notice has")
def clauses(subject: Subject) -> None:
    none(
        f"duty {duty.code}: the notice has no clause {key!r}"
        for duty in subject.duties
        for key in duty.clauses
        if key not in CLAUSES
    )


@_C.check("evidence rules can be kept, and say what makes a file good")
def evidence_rules(subject: Subject) -> None:
    """Whether a unit can do what the rule says; one that says nothing of what is good is worth a hint."""
    for duty in subject.duties:
        rule, where = duty.evidence, f"duty {duty.code}: evidence"
        asked = rule.at_most > 0
        none([f"{where} accepts files of no kind"] if asked and not rule.kinds else [])
        none(f"{where}: no kind of file is called {kind!r}" for kind in set(rule.kinds) - set(ALL_FILE_KINDS))
        none([f"{where}: more than {MOST_FILES} files are too many"] if rule.at_most > MOST_FILES else [])
    silent = [duty.code for duty in subject.duties if duty.evidence.at_least and not duty.evidence.hint.zh]
    if silent:
        raise Hint(
            f"{', '.join(silent)}: evidence is needed; a hint= that says what makes it good saves returns"
        )


@_C.check("the declaration is the same each time it is asked for")
def same_declaration(subject: Subject) -> None:
    first, again = _digest(subject.plugin), _digest(subject.ask("dudao_plugin"))
    none(
        f"{what} differs when dudao_plugin() is called again" for what in first if first[what] != again[what]
    )


def _digest(plugin: Plugin) -> dict[str, object]:
    duties = list(chain(plugin.duties, *(unit_type.duties for unit_type in plugin.unit_types)))
    return {
        "the key, title or version": (plugin.key, plugin.title, plugin.version),
        "a unit type": [(kind.key, kind.title, kind.kinds) for kind in plugin.unit_types],
        "a duty": [(d.code, d.title, d.who, d.due, d.evidence, d.clauses, d.grace) for d in duties],
        "a form": [d.form.schema().version for d in duties if hasattr(d.form, "schema")],
    }
