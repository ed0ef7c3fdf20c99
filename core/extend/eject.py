"""A duty sheet as the Python package that its office would have written: the same keys, codes and form versions.

`eject` gives source by relative path. Modules find each other by relative imports, so that the package can stand
in a distribution, in the folder of plugins or among the bundled ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core import api
from core.domain.calendar import Cadence, Deadline
from core.domain.declare import NO_EVIDENCE, CallbackQuestion, Evidence, InspectionItem, UnitKind
from core.domain.text import NO_TEXT, Text
from core.extend.dutysheet.model import Everybody, Sheet, SheetDuty
from core.extend.eject_forms import form_names, reports, unique
from core.extend.eject_tests import tests
from core.extend.pysource import (
    Bare,
    Group,
    Source,
    Str,
    call,
    docstring,
    imports,
    listed,
    paired,
    statement,
)

_HELPERS = {
    ("photo",): "Photos",
    ("photo", "video"): "PhotosOrVideos",
    ("document", "sheet"): "Documents",
    ("document", "sheet", "photo"): "Documents",
    ("sheet", "document"): "Sheets",
    ("photo", "video", "document", "sheet"): "AnyFiles",
}
_OWN_NAMES = frozenset({"CALLBACKS", "DUTIES", "DUTIES_OF_ALL", "ITEMS", "TITLE"})


def eject(sheet: Sheet, package: str = "") -> dict[str, str]:
    """The package's modules and its tests, by path; the package is called like the key unless said otherwise."""
    package = package or sheet.key
    found = {f"{package}/__init__.py": _package(sheet)}
    if sheet.kinds or sheet.duties:
        found[f"{package}/duties.py"] = _duties(sheet)
    if sheet.duties:
        found[f"{package}/reports.py"] = reports(sheet)
        found[f"tests/test_{package}.py"] = tests(sheet, package)
    if sheet.inspection or sheet.callbacks:
        found[f"{package}/inspection.py"] = _inspection(sheet)
    return found


def titled(text: Text) -> Source:
    """A title as declarations write it."""
    return paired([Str(text.zh), Str(text.en)]) if text.en else Str(text.zh)


def _hint(text: Text) -> Source | None:
    return None if text == NO_TEXT else titled(text)


def constants(sheet: Sheet) -> dict[str, str]:
    """The constant that holds each kind."""
    taken = {*_OWN_NAMES, *api.__all__, *form_names(sheet).values()}
    return unique(((kind.key, kind.key.upper()) for kind in sheet.kinds), taken, "_KIND")


def _package(sheet: Sheet) -> str:
    kinds = constants(sheet)
    own, for_all = _split(sheet)
    asked = [name for name, held in (("CALLBACKS", sheet.callbacks), ("ITEMS", sheet.inspection)) if held]
    local = [*kinds.values(), *(["DUTIES"] if own else []), *(["DUTIES_OF_ALL"] if for_all else [])]
    same = sheet.type_title == sheet.title
    more = {name.lower(): Bare(name) for name in asked}
    about_type: dict[str, Source | None] = {
        "inspection": more.get("items"),
        "callbacks": more.get("callbacks"),
    }
    lines = [
        docstring(f"{sheet.title.pick('en')}: unit type, duties and forms of the plugin '{sheet.key}'."),
        "\n",
        imports("core.api", ["Plugin", "hookimpl", *(["UnitType"] if kinds else [])]),
        "\n",
        imports(".duties", local),
        imports(".inspection", asked) if asked else "",
        "\n",
        statement("TITLE = ", titled(sheet.title)),
        "\n\n@hookimpl\ndef dudao_plugin() -> Plugin:\n",
    ]
    if kinds:
        title = Bare("TITLE") if same else titled(sheet.type_title)
        shown = listed(Bare(name) for name in kinds.values())
        head: list[Source] = [Str(sheet.type_key), title, shown, *([Bare("DUTIES")] if own else [])]
        lines.append(statement("unit_type = ", call("UnitType", *head, **about_type), 1))
    plugin = call(
        "Plugin",
        *(Str(sheet.key), Bare("TITLE"), Str(sheet.version)),
        unit_types=listed([Bare("unit_type")]) if kinds else None,
        duties=Bare("DUTIES_OF_ALL") if for_all else None,
        callbacks=None if kinds else more.get("callbacks"),
        summary=_hint(sheet.summary),
    )
    return "".join([*lines, statement("return ", plugin, 1)])


def _split(sheet: Sheet) -> tuple[list[SheetDuty], list[SheetDuty]]:
    """The unit type's duties and those of everyone."""
    own = [duty for duty in sheet.duties if not isinstance(duty.who, Everybody)]
    return own, [duty for duty in sheet.duties if isinstance(duty.who, Everybody)]


def _duties(sheet: Sheet) -> str:
    forms, kinds = form_names(sheet), constants(sheet)
    own, for_all = _split(sheet)
    tables = [(name, duties) for name, duties in (("DUTIES", own), ("DUTIES_OF_ALL", for_all)) if duties]
    declared = {name: [duty_source(duty, forms, kinds) for duty in duties] for name, duties in tables}
    used = {"UnitKind"} if kinds else set()
    used |= {"Duty"} if declared else set()
    for duties in declared.values():
        used |= _names(paired(duties)) & set(api.__all__)
    codes = [duty.code for duty in sheet.duties]
    told = f" ({codes[0]} to {codes[-1]})" if len(codes) > 1 else f" ({codes[0]})" if codes else ""
    lines = [
        docstring(f"{sheet.title.pick('en')}: kinds and duties{told}."),
        "\n",
        imports("core.api", used),
        *(["\n", imports(".reports", forms.values())] if forms else []),
        *(["\n", *(kind_source(kind, kinds[kind.key]) for kind in sheet.kinds)] if kinds else []),
    ]
    for name, duties in declared.items():
        lines += ["\n", statement(f"{name} = ", paired(duties, tall=True))]
    return "".join(lines)


def _names(source: Source) -> set[str]:
    """What a source calls, and the bare names in it."""
    if isinstance(source, Bare):
        return {source.source}
    if isinstance(source, Str):
        return set()
    inner = (_names(item) for _lead, item in source.items)
    return {source.opens.rstrip("(")}.union(*inner)


def kind_source(kind: UnitKind, constant: str) -> str:
    """The constant that holds a kind."""
    front_line = Bare("True") if kind.front_line else None
    return statement(
        f"{constant} = ", call("UnitKind", Str(kind.key), titled(kind.title), front_line=front_line)
    )


def duty_source(duty: SheetDuty, forms: dict[str, str], kinds: dict[str, str], *, tall: bool = True) -> Group:
    """The call that declares a duty."""
    declared = call(
        "Duty",
        *(Str(duty.code), titled(duty.title)),
        who=_who(duty.who, kinds),
        due=_due(duty.due),
        form=Bare(forms[duty.code]),
        evidence=None if duty.evidence == NO_EVIDENCE else _evidence(duty.evidence),
        clauses=paired(map(Str, duty.clauses)) if duty.clauses else None,
        grace=None if duty.grace == 1 else Bare(str(duty.grace)),
        covers=Str(duty.covers) if duty.covers else None,
    )
    return replace(declared, tall=tall)


def _who(who: tuple[str, ...] | Everybody, kinds: dict[str, str]) -> Source:
    if isinstance(who, Everybody):
        return call("Everyone", front_line=None if who.front_line else Bare("False"))
    named = [Bare(kinds[key]) for key in who]
    return named[0] if len(named) == 1 else listed(named)


def _due(due: Cadence) -> Source:
    if due.kind == "day":
        return call("daily")
    if due.kind == "week":
        return call("weekly", Bare(str(due.times)))
    if due.kind == "phase":
        times = None if due.times == 1 else Bare(str(due.times))
        return call("each_phase", *(Bare(str(phase)) for phase in due.phases), times=times)
    return call("once", by=_deadline(due.by) if due.by else None)


def _deadline(by: Deadline) -> Source:
    whole = "campaign" if by.phase is None else "phase"
    phase = [] if by.phase is None else [Bare(str(by.phase))]
    return call(f"{whole}_{by.anchor}", *phase, days=Bare(str(by.days)) if by.days else None)


def _evidence(rule: Evidence) -> Source:
    helper = _HELPERS.get(rule.kinds, "Evidence")
    own = helper == "Evidence" and rule.kinds != Evidence().kinds
    return call(
        helper,
        at_least=Bare(str(rule.at_least)) if rule.at_least or helper in ("Documents", "Sheets") else None,
        at_most=None if rule.at_most == 9 else Bare(str(rule.at_most)),
        kinds=listed(map(Str, rule.kinds)) if own else None,
        hint=_hint(rule.hint),
        photos=Bare("True") if helper == "Documents" and "photo" in rule.kinds else None,
    )


def _inspection(sheet: Sheet) -> str:
    kinds = constants(sheet)
    items = [_item(item, kinds) for item in sheet.inspection]
    questions = [_question(question, kinds) for question in sheet.callbacks]
    tables = [
        ("ITEMS", "InspectionItem", items),
        ("CALLBACKS", "CallbackQuestion", questions),
    ]
    held = [(table, cls, declared) for table, cls, declared in tables if declared]
    about = [item.kinds for item in sheet.inspection] + [asked.kinds for asked in sheet.callbacks]
    used = {kinds[kind.key] for several in about for kind in several}
    return "".join(
        [
            docstring(f"{sheet.title.pick('en')}: what inspectors look at, and what victims are asked."),
            "\n",
            imports("core.api", [cls for _table, cls, _declared in held]),
            *(["\n", imports(".duties", used)] if used else []),
            *(f"\n{statement(f'{table} = ', paired(declared, tall=True))}" for table, _cls, declared in held),
        ]
    )


def _question(asked: CallbackQuestion, kinds: dict[str, str]) -> Group:
    return call(
        "CallbackQuestion",
        *(Str(asked.key), titled(asked.question)),
        kinds=_about(asked.kinds, kinds),
        asked_of=_hint(asked.asked_of),
    )


def _item(item: InspectionItem, kinds: dict[str, str]) -> Group:
    return call(
        "InspectionItem",
        *(Str(item.key), titled(item.question)),
        kinds=_about(item.kinds, kinds),
        undercover=Bare("True") if item.undercover else None,
    )


def _about(kinds: Sequence[UnitKind], constant: dict[str, str]) -> Source | None:
    return listed(Bare(constant[kind.key]) for kind in kinds) if kinds else None


def written(modules: dict[str, str]) -> Iterable[tuple[str, str]]:
    """The modules in the order in which a reader wants them."""
    return sorted(modules.items(), key=lambda item: (item[0].startswith("tests/"), item[0]))
