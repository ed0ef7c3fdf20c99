"""All bundled plugins together, compared with the domain catalogue, which is typed in again here."""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

import core
from core.api import API_VERSION, Duty, Everyone, Plugin, Text
from core.domain.calendar import Cadence
from core.domain.schema import FieldSpec, FormSchema
from tests.unit_types.examples import example
from tests.unit_types.helpers import NOTICE, Bench, duties_of, faults, first_span, form_of

KEYS = (
    "common",
    "carriers",
    "banks",
    "education",
    "market_regulation",
    "courts",
    "anti_fraud_centres",
    "city_offices",
    "other_members",
)
KINDS = {
    "carriers": ["regulator", "operator", "hall"],
    "banks": ["regulator", "bank", "outlet"],
    "education": ["authority", "university", "school"],
    "market_regulation": ["authority"],
    "courts": ["procuratorate", "court"],
    "anti_fraud_centres": ["centre"],
    "city_offices": ["office"],
    "other_members": ["member"],
}
ALL = "all"
BACK_OFFICE = "all but front line"

#: code: who, how often, number of metrics, least evidence, clauses of the notice
DUTIES: dict[str, tuple[str, str, int, int, str]] = {
    "GEN-01": (ALL, "once by 10-30", 0, 1, "3.1.06 3.4.12 3.4.13"),
    "GEN-02": (ALL, "once by 10-30", 0, 1, "3.1.03 3.1.04"),
    "GEN-03": (BACK_OFFICE, "daily", 2, 0, "3.2.07 3.4.15"),
    "GEN-04": (ALL, "phase", 0, 0, "3.4.17"),
    "GEN-05": (ALL, "once by 12-05", 0, 1, "3.4.17"),
    "CAR-01": ("regulator", "phase", 0, 1, "3.2.10"),
    "CAR-02": ("operator", "phase 1", 2, 1, "3.2.11"),
    "CAR-03": ("operator", "weekly ×3", 2, 1, "3.2.12 3.2.13"),
    "CAR-04": ("hall", "weekly ×1", 2, 1, "3.2.14"),
    "CAR-05": ("hall", "weekly ×1", 2, 1, "3.2.15"),
    "CAR-06": ("operator", "phase", 1, 0, "3.3.10"),
    "BNK-01": ("regulator", "phase", 0, 1, "3.2.17"),
    "BNK-02": ("outlet", "weekly ×1", 1, 1, "3.2.18"),
    "BNK-03": ("outlet", "once by 11-04", 1, 1, "3.2.19"),
    "BNK-04": ("outlet", "once by 11-04", 1, 1, "3.2.20"),
    "BNK-05": ("outlet", "weekly ×1", 3, 0, "3.2.21"),
    "BNK-06": ("bank", "weekly ×1", 1, 0, "3.2.18 3.2.20"),
    "EDU-01": ("authority", "phase 2", 1, 1, "3.2.22"),
    "EDU-02": ("university school", "phase 2", 2, 2, "3.2.22"),
    "EDU-03": ("university school", "once by 11-15", 1, 1, "3.2.23"),
    "EDU-04": ("university school", "once by 11-15", 1, 1, "3.2.26"),
    "EDU-05": ("university school", "phase 2", 2, 1, "3.2.28"),
    "EDU-06": ("university school", "weekly ×1", 2, 1, "3.2.24 3.2.29 3.2.30 3.2.31"),
    "MKT-01": ("authority", "weekly ×1", 2, 1, "3.2.33 3.2.34"),
    "MKT-02": ("authority", "phase", 2, 0, "3.2.34"),
    "MKT-03": ("authority", "phase 3", 2, 1, "3.2.35"),
    "CRT-01": ("procuratorate", "once", 2, 1, "3.2.37"),
    "CRT-02": ("court", "once", 3, 1, "3.2.38"),
    "CRT-03": ("procuratorate court", "phase", 0, 0, "3.3.03"),
    "AFC-01": ("centre", "phase", 0, 0, "3.2.02"),
    "AFC-02": ("centre", "phase", 1, 1, "3.2.03 3.2.08"),
    "AFC-03": ("centre", "phase", 3, 1, "3.2.04 3.2.08"),
    "AFC-04": ("centre", "phase", 2, 0, "3.2.05"),
    "AFC-05": ("centre", "phase 2", 2, 1, "3.2.25"),
    "AFC-06": ("centre", "phase", 0, 0, "3.2.06"),
    "CTY-01": ("office", "weekly ×1", 3, 0, "3.4.05"),
    "CTY-02": ("office", "weekly ×1", 3, 0, "3.4.05 3.4.07"),
    "CTY-03": ("office", "phase", 1, 1, "3.3.02 3.3.03"),
    "CTY-04": ("office", "weekly ×1", 8, 1, "3.4.02"),
    "CTY-05": ("office", "phase", 2, 1, "3.4.03"),
    "CTY-06": ("office", "weekly ×1", 2, 0, "3.3.04 3.3.05 3.3.08"),
    "OTH-01": ("member", "weekly ×1", 2, 0, "3.2.40 3.2.41"),
}


def plugin_of(key: str) -> Plugin:
    plugin = import_module(f"plugins.{key}").dudao_plugin()
    assert isinstance(plugin, Plugin)
    return plugin


PLUGINS = {key: plugin_of(key) for key in KEYS}
DECLARED = {duty.code: duty for plugin in PLUGINS.values() for duty in duties_of(plugin)}
BENCHES = {duty.code: Bench(plugin, example) for plugin in PLUGINS.values() for duty in duties_of(plugin)}

each_duty = pytest.mark.parametrize("duty", DECLARED.values(), ids=lambda duty: duty.code)
each_plugin = pytest.mark.parametrize("plugin", PLUGINS.values(), ids=lambda plugin: plugin.key)


def who_in_words(duty: Duty) -> str:
    if isinstance(duty.who, Everyone):
        return ALL if duty.who.front_line else BACK_OFFICE
    return " ".join(kind.key for kind in duty.who)


def cadence_in_words(due: Cadence) -> str:
    if due.kind == "week":
        return f"weekly ×{due.times}"
    assert due.times == 1
    if due.kind == "phase":
        return " ".join(["phase", *map(str, due.phases)])
    if due.kind == "once":
        return f"once by {due.by.on(NOTICE):%m-%d}" if due.by else "once"
    return "daily"


def all_fields(schema: FormSchema) -> Iterator[FieldSpec]:
    for spec in schema.fields:
        yield spec
        yield from all_fields(FormSchema(spec.fields))


def words_of(plugin: Plugin) -> Iterator[Text]:
    """Every text of a plugin that someone reads."""
    yield from (plugin.title, plugin.summary)
    for unit_type in plugin.unit_types:
        yield unit_type.title
        yield from (kind.title for kind in unit_type.kinds)
        yield from (item.question for item in unit_type.inspection)
        yield from chain.from_iterable((asked.question, asked.asked_of) for asked in unit_type.callbacks)
    yield from (asked.question for asked in plugin.callbacks)
    for duty in duties_of(plugin):
        yield from (duty.title, duty.evidence.hint)
        for spec in all_fields(form_of(duty).schema()):
            yield from (spec.label, spec.hint)
            yield spec.unit if spec.unit.zh != "%" else Text("")
            yield from (option.title for option in spec.choices)


def test_the_plugins_declare_the_catalogues_duties_and_no_others() -> None:
    assert list(DECLARED) == list(DUTIES)


@each_duty
def test_a_duty_is_what_the_catalogue_says(duty: Duty) -> None:
    declared = (
        who_in_words(duty),
        cadence_in_words(duty.due),
        len(form_of(duty).schema().metrics),
        duty.evidence.at_least,
        " ".join(duty.clauses),
    )
    assert declared == DUTIES[duty.code]


@each_duty
def test_a_duty_gives_one_day_of_grace(duty: Duty) -> None:
    assert duty.grace == 1


@each_plugin
def test_a_plugin_is_known_by_its_folders_name(plugin: Plugin) -> None:
    assert PLUGINS[plugin.key] is plugin
    assert (plugin.version, plugin.api) == ("1.0", API_VERSION)
    assert [unit_type.key for unit_type in plugin.unit_types] == ([plugin.key] if plugin.key in KINDS else [])


@pytest.mark.parametrize("key", KINDS)
def test_a_unit_type_has_the_catalogues_kinds(key: str) -> None:
    [unit_type] = PLUGINS[key].unit_types
    assert [kind.key for kind in unit_type.kinds] == KINDS[key]


@pytest.mark.parametrize("key", KINDS)
def test_duties_items_and_questions_name_only_kinds_of_their_type(key: str) -> None:
    [unit_type] = PLUGINS[key].unit_types
    inspected = chain.from_iterable(item.kinds for item in unit_type.inspection)
    asked = chain.from_iterable(question.kinds for question in unit_type.callbacks)
    owing = chain.from_iterable(duty.who for duty in unit_type.duties if not isinstance(duty.who, Everyone))
    assert {*inspected, *asked, *owing} <= set(unit_type.kinds)


def test_the_front_line_is_hall_outlet_university_and_school() -> None:
    kinds = [kind for plugin in PLUGINS.values() for unit in plugin.unit_types for kind in unit.kinds]
    assert {kind.key for kind in kinds if kind.front_line} == {"hall", "outlet", "university", "school"}


@each_plugin
def test_a_plugin_speaks_both_languages(plugin: Plugin) -> None:
    assert [text.zh for text in words_of(plugin) if bool(text.zh) != bool(text.en)] == []


@each_duty
def test_every_evidence_rule_says_what_makes_it_good(duty: Duty) -> None:
    assert bool(duty.evidence.hint.zh) == (duty.evidence.at_most > 0)


@each_duty
def test_every_form_says_which_duty_it_is_for(duty: Duty) -> None:
    assert f"{duty.code}:" in (duty.form.__doc__ or "")


@each_duty
def test_names_and_values_are_plain_english_and_unique(duty: Duty) -> None:
    fields = list(all_fields(form_of(duty).schema()))
    for names in ([spec.name for spec in fields], *([o.value for o in spec.choices] for spec in fields)):
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@each_duty
def test_a_form_survives_being_stored_as_data(duty: Duty) -> None:
    schema = form_of(duty).schema()
    assert FormSchema.from_json(schema.to_json()) == schema
    assert schema.version == form_of(duty).schema().version


@each_duty
def test_an_empty_report_is_refused_at_each_required_field_and_nowhere_else(duty: Duty) -> None:
    form = duty.form({}, span=first_span(duty))
    assert not form.validate()
    assert set(form.errors) == {spec.name for spec in form_of(duty).schema().fields if spec.required}


@each_duty
def test_a_text_longer_than_its_field_is_refused_there(duty: Duty) -> None:
    bench = BENCHES[duty.code]
    for spec in form_of(duty).schema().fields:
        if spec.max_length:
            prefix = "https://" if spec.kind == "url" else ""
            typed = prefix + "x" * (spec.max_length + 1 - len(prefix))
            assert bench.refusal(duty.code, {spec.name: [typed]})[0] == spec.name
            assert bench.accepted(duty.code, {spec.name: [typed[:-1]]})[spec.name] == typed[:-1]


@each_duty
def test_a_number_below_its_least_is_refused_there(duty: Duty) -> None:
    for spec in form_of(duty).schema().fields:
        if spec.minimum is not None:
            form = BENCHES[duty.code].filled(duty.code, {spec.name: [str(spec.minimum - 1)]})
            assert not form.validate()
            assert spec.name in faults(form)


def test_keys_of_items_and_questions_are_unique() -> None:
    types = [unit_type for plugin in PLUGINS.values() for unit_type in plugin.unit_types]
    questions = chain(*(unit.callbacks for unit in types), *(p.callbacks for p in PLUGINS.values()))
    assert max(Counter(question.key for question in questions).values()) == 1
    for unit_type in types:
        assert max(Counter(item.key for item in unit_type.inspection).values(), default=1) == 1


def test_a_plugin_imports_nothing_but_the_plugins_door_itself_and_the_standard_library() -> None:
    for key in KEYS:
        own = ("core.api", f"plugins.{key}")
        folder = Path(str(import_module(f"plugins.{key}").__file__)).parent
        for source in folder.glob("*.py"):
            imported = re.findall(r"^\s*(?:from|import) (\S+)", source.read_text("utf-8"), re.MULTILINE)
            foreign = [name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names]
            assert all(name in own or name.startswith(f"plugins.{key}.") for name in foreign), source


@each_plugin
def test_a_plugins_readme_names_its_duties(plugin: Plugin) -> None:
    readme = Path(str(import_module(f"plugins.{plugin.key}").__file__)).with_name("README.md")
    written = readme.read_text("utf-8")
    for duty in duties_of(plugin):
        assert f"| {duty.code} | {duty.title.zh}<br>{duty.title.pick('en')} |" in written


def test_every_clause_that_needs_a_duty_has_one_and_no_duty_names_another() -> None:
    notice = Path(str(core.__file__)).parent / "data" / "notice-henan-2020.toml"
    clauses = tomllib.loads(notice.read_text("utf-8"))["clauses"]
    needed = {clause["key"] for clause in clauses if clause["requires"] == "duty"}
    assert {key for duty in DECLARED.values() for key in duty.clauses} == needed
