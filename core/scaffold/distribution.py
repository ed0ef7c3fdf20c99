"""A plugin's files by path, from the answers about a new one or from a duty sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Template

from core.extend.dutysheet.model import Sheet
from core.extend.eject import constants, duty_source, eject, kind_source, titled
from core.extend.eject_forms import form_names
from core.extend.pysource import Bare, Source, Str, call, docstring, imports, listed, mapped, statement
from core.scaffold.answers import MINIMAL, VERSION, Answers, package_of
from core.scaffold.pages import pages
from core.scaffold.shell import conformance_test, shell

#: A complete report, as it is typed.
_EXAMPLE = {"done": "在营业场所向群众讲解常见骗局，发放宣传页。", "people": "120"}

_TESTS = Template("""

def test_the_unit_type_and_its_duty_are_declared() -> None:
    [unit_type] = plugin.dudao_plugin().unit_types
    assert unit_type.key == "$key"
    assert {duty.code: duty.form for duty in unit_type.duties} == {"$code": $form}


def test_a_complete_report_is_accepted_and_keeps_its_values() -> None:
    form = $form(EXAMPLE)
    assert form.validate(), form.errors
    assert form.record() == RECORD


def test_an_empty_report_is_refused_and_each_missing_field_is_named() -> None:
    form = $form({})
    assert not form.validate()
    assert form.errors.keys() == EXAMPLE.keys()
""")

#: Lets the test of a single file find it, however pytest is started.
_PYTEST_INI = "[pytest]\ntestpaths = tests\npythonpath = .\naddopts = --import-mode=importlib\n"


def distribution(answers: Answers) -> dict[str, str]:
    """A new plugin in a distribution, with a page of its own; or in a single file, with its tests."""
    if answers.minimal:
        return _minimal(answers)
    sheet, package = answers.sheet(), answers.package
    modules = eject(sheet, package) | {f"{package}/__init__.py": _package(answers)}
    modules |= {f"{package}/{path}": text for path, text in pages(answers.key, answers.code).items()}
    del modules[f"tests/test_{package}.py"]
    return modules | {f"tests/test_{answers.key}.py": _tests(answers)} | _around(sheet, modules)


def _minimal(answers: Answers) -> dict[str, str]:
    return {
        f"{answers.package}.py": _single_file(answers),
        f"tests/test_{answers.key}.py": _tests(answers),
        "tests/conformance_test.py": conformance_test(answers.package),
        "pytest.ini": _PYTEST_INI,
    }


def ejected(sheet: Sheet) -> dict[str, str]:
    """A duty sheet as a Python plugin in a distribution."""
    modules = eject(sheet, package_of(sheet.key))
    package = package_of(sheet.key)
    tests = {
        f"tests/test_{sheet.key}.py": modules.pop(path)
        for path in [f"tests/test_{package}.py"]
        if path in modules
    }
    return modules | tests | _around(sheet, modules)


def _around(sheet: Sheet, modules: Mapping[str, str]) -> dict[str, str]:
    codes = [duty.code for duty in sheet.duties]
    return shell(sheet.key, package_of(sheet.key), sheet.version, sheet.title, codes, list(modules))


def _package(answers: Answers) -> str:
    kinds = list(constants(answers.sheet()).values())
    return "".join(
        [
            docstring(f"{_name(answers)}: unit type, duty, forms and pages of the plugin '{answers.key}'."),
            "\n",
            imports("core.api", ["Pages", "Plugin", "UnitType", "hookimpl"]),
            "\nfrom . import pages\n",
            imports(".duties", [*kinds, "DUTIES"]),
            "\n",
            statement("TITLE = ", titled(answers.title)),
            "\n\n@hookimpl\ndef dudao_plugin() -> Plugin:\n",
            *_declaration(answers, Bare("TITLE"), Bare("DUTIES")),
            "\n\n@hookimpl\ndef dudao_pages() -> Pages:\n    return pages.PAGES\n",
        ]
    )


def _single_file(answers: Answers) -> str:
    sheet = answers.sheet()
    kinds, forms = constants(sheet), form_names(sheet)
    duty = duty_source(sheet.duties[0], forms, kinds, tall=False)
    due = {"day": "daily", "week": "weekly", "phase": "each_phase", "once": "once"}[answers.due.kind]
    declared = ["Duty", "Photos", "Plugin", "ReportForm", "UnitKind", "UnitType"]
    return "".join(
        [
            docstring(f"{_name(answers)}: the plugin '{answers.key}'."),
            "\n",
            imports("core.api", [*declared, "hookimpl", "metric", due]),
            "\n",
            *(kind_source(kind, kinds[kind.key]) for kind in sheet.kinds),
            f"\n\nclass {forms[answers.code]}(ReportForm):\n",
            statement("people = ", _people(), 1),
            "\n\n@hookimpl\ndef dudao_plugin() -> Plugin:\n",
            statement("title = ", titled(answers.title), 1),
            statement("duty = ", duty, 1),
            *_declaration(answers, Bare("title"), listed([Bare("duty")])),
        ]
    )


def _people() -> Source:
    [field] = MINIMAL
    return call("metric", Str(field.title.zh), Str(field.title.en), minimum=Bare(str(field.minimum)))


def _declaration(answers: Answers, title: Source, duties: Source) -> Iterator[str]:
    kinds = listed(Bare(name) for name in constants(answers.sheet()).values())
    yield statement("unit_type = ", call("UnitType", Str(answers.key), title, kinds, duties), 1)
    own = listed([Bare("unit_type")])
    yield statement("return ", call("Plugin", Str(answers.key), title, Str(VERSION), unit_types=own), 1)


def _name(answers: Answers) -> str:
    return answers.title.pick("en")


def _tests(answers: Answers) -> str:
    form = form_names(answers.sheet())[answers.code]
    typed = {field.name: _EXAMPLE[field.name] for field in answers.fields}
    kept = {name: Str(value) if name == "done" else Bare(value) for name, value in typed.items()}
    if answers.minimal:
        names = f"\nimport {answers.package} as plugin\nfrom {answers.package} import {form}\n"
    else:
        names = f"\nimport {answers.package} as plugin\nfrom {answers.package}.reports import {form}\n"
    return "".join(
        [
            docstring(f"The duty and the form of the plugin '{answers.key}'."),
            names,
            "\n#: A complete report, as it is typed and as it is kept.\n",
            statement("EXAMPLE = ", mapped((name, Str(value)) for name, value in typed.items())),
            statement("RECORD = ", mapped(kept.items())),
            _TESTS.substitute(key=answers.key, code=answers.code, form=form),
        ]
    )
