"""The tests of an ejected sheet: its forms keep their versions, and a complete report for each duty is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.api.fields import LARGEST, LARGEST_YUAN
from core.domain.declare import Duty
from core.extend.dutysheet.model import NUMBERS, Field, Sheet
from core.extend.pysource import Bare, Source, Str, docstring, listed, mapped, statement
from core.extend.sheet import declare

#: A typical text; longer ones are written as a sign so many times.
_SAMPLE = "示例"
_LONG = 20
_HIGH = 1000

_BODY = '''

def forms() -> dict[str, Any]:
    """The form of each duty."""
    plugin = dudao_plugin()
    own = [duty for unit_type in plugin.unit_types for duty in unit_type.duties]
    return {duty.code: duty.form for duty in (*plugin.duties, *own)}


def test_the_forms_are_those_that_the_duty_sheet_gave() -> None:
    assert {code: form.schema().version for code, form in forms().items()} == VERSIONS


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    form = forms()[code]
    filled = form(EXAMPLES[code])
    assert filled.validate(), filled.errors
    again = form(form.entries_of(filled.record()))
    assert again.validate(), again.errors
    assert again.record() == filled.record()


@pytest.mark.parametrize("code", VERSIONS)
def test_an_empty_report_is_refused_where_something_is_required(code: str) -> None:
    empty = forms()[code]({})
    assert empty.validate() is not bool(empty.missing())
'''


def tests(sheet: Sheet, package: str) -> str:
    """The module of tests."""
    plugin = declare(sheet)
    duties = [*plugin.duties, *(duty for unit_type in plugin.unit_types for duty in unit_type.duties)]
    forms = {duty.code: duty for duty in duties}
    versions = [(duty.code, Str(duty.form.schema().version)) for duty in duties]
    examples = [
        (duty.code, mapped(_shown(typed), tall=True))
        for duty in sheet.duties
        if (typed := _example(duty.fields, sheet)) and _accepted(forms[duty.code], typed)
    ]
    return "".join(
        [
            docstring(f"The duties and forms of the plugin '{sheet.key}'."),
            "\nfrom typing import Any\n\nimport pytest\n\n",
            f"from {package} import dudao_plugin\n\n",
            "#: Stored reports name the version of the form that they were filled with.\n",
            statement("VERSIONS = ", mapped(versions, tall=True)),
            "#: A complete report for each duty, as it is typed.\n",
            statement("EXAMPLES: dict[str, dict[str, list[str]]] = ", mapped(examples, tall=bool(examples))),
            _BODY,
        ]
    )


def _accepted(duty: Duty, typed: dict[str, list[str]]) -> bool:
    """Whether the form takes the example; it cannot where a sheet's bounds contradict each other."""
    return bool(duty.form(typed).validate())


def _shown(typed: dict[str, list[str]]) -> Iterator[tuple[str, Source]]:
    for name, values in typed.items():
        yield name, listed(_text(value) for value in values)


def _text(value: str) -> Source:
    if len(value) > _LONG and len(set(value)) == 1:
        return Bare(f'"{value[0]}" * {len(value)}')
    return Str(value)


def _example(fields: Sequence[Field], sheet: Sheet, prefix: str = "") -> dict[str, list[str]]:
    limits = {rule.other for field in fields for rule in field.rules if rule.other}
    numbers: dict[str, int] = {}
    typed: dict[str, list[str]] = {}
    for field in fields:
        if field.kind == "rows":
            typed |= _example(field.fields, sheet, f"{prefix}{field.name}-0-")
        elif field.kind in NUMBERS:
            numbers[field.name] = _number(field, numbers, high=field.name in limits)
            typed[prefix + field.name] = [str(numbers[field.name])]
        else:
            typed[prefix + field.name] = _values(field, sheet)
    return typed


def _number(field: Field, numbers: dict[str, int], *, high: bool) -> int:
    """A number inside the bounds: higher where others must not exceed it."""
    low = field.minimum or 0
    top = LARGEST_YUAN if field.kind == "money" else LARGEST if field.maximum is None else field.maximum
    top = min([top, *(numbers[rule.other] for rule in field.rules if rule.other)])
    return max(low, min(_HIGH if high else 1, top))


def _values(field: Field, sheet: Sheet) -> list[str]:
    fixed: dict[str, Any] = {
        "url": "https://example.org/",
        "date": "2020-11-12",
        "datetime": "2020-11-12T09:30",
        "yes_no": "yes",
    }
    if field.options:
        values = [choice.value for choice in sheet.choices_of(field.options)]
        return values if any(rule.name == "all_chosen" for rule in field.rules) else values[:1]
    if field.kind in fixed:
        return [fixed[field.kind]]
    if field.min_length and field.min_length > len(_SAMPLE):
        return ["例" * field.min_length]
    return [_SAMPLE[: field.max_length]]
