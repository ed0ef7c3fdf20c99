"""Checks of report forms: they show, refuse, accept, and what they store is read for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from flask import render_template_string

from core.api.forms import ReportForm
from core.domain.access import Actor, Grant, Reach, Role
from core.domain.calendar import Span, periods
from core.domain.declare import ALL_FILE_KINDS, Duty, Evidence
from core.domain.schema import FieldSpec, FormSchema, metric_values, present
from core.domain.text import Text
from core.services import places, reports, samples
from core.services.evidence import Upload
from core.services.places import NewUnit
from core.testing import facts, html
from core.testing.kit import Collection, NotApplicable, none
from core.testing.subject import Subject
from core.testing.worlds import World, later

_C = Collection()
CHECKS = _C.checks
_SHOWN = (
    '{% import "macros/forms.html" as forms %}'
    "{% for field in form.answers().values() %}{{ forms.render_field(field) }}{% endfor %}"
)
#: JSON types by field kind.
_TYPES: dict[str, tuple[type, ...]] = {
    "whole": (int,),
    "yes_no": (bool,),
    "choices": (list,),
    "rows": (list,),
}


@_C.check("each form shows, empty, filled and with mistakes, with a label for every input")
def form_shows(subject: Subject) -> None:
    world, filled = subject.world, dict(_examples(subject))
    for duty, form, span in subject.forms:
        for typed in (None, {}, filled[duty.code]):
            made = form(typed, span=span)
            if typed is not None:
                made.validate()
            with world.app.test_request_context("/"):
                shown = render_template_string(_SHOWN, form=made)
            none(f"duty {duty.code}: {problem}" for problem in html.problems(shown, whole=False))


def _examples(subject: Subject) -> Iterator[tuple[str, dict[str, list[str]]]]:
    for duty, form, span in subject.forms:
        try:
            yield duty.code, samples.example(form, span)[0]
        except ValueError as error:
            raise NotApplicable("a form does not take its example, see `form_takes_example`") from error


@_C.check("an empty form is refused at each required field")
def form_refuses_empty(subject: Subject) -> None:
    for duty, form, span in subject.forms:
        required = {spec.name for spec in form.schema().fields if spec.required}
        none(
            []
            if required
            else [f"duty {duty.code}: no field is required, so that an empty report is accepted"]
        )
        made = form({}, span=span)
        none([f"duty {duty.code}: an empty form is accepted"] if made.validate() else [])
        none(
            f"duty {duty.code}: {name!r} is required but may stay empty"
            for name in required - set(made.errors)
        )


@_C.check("each form accepts its example, or a sample where it declares none")
def form_takes_example(subject: Subject) -> None:
    none(_not_taken(subject))


def _not_taken(subject: Subject) -> Iterator[str]:
    for duty, form, span in subject.forms:
        try:
            samples.example(form, span)
        except Exception as error:  # noqa: BLE001 - a form's rules are foreign code
            made = form(dict(form.example), span=span)
            yield f"duty {duty.code}: {error}{_why(made) if form.example else ''}"


def _why(made: ReportForm) -> str:
    try:
        made.validate()
    except Exception as error:  # noqa: BLE001 - the same
        return f" ({type(error).__name__}: {error})"
    told = ", ".join(f"{name}: {error}" for name, error in made.errors.items())
    return f" ({told})"


@_C.check("whatever is typed is refused in words, never with an error of the form's own")
def form_survives_odd_input(subject: Subject) -> None:
    none(_failing(subject))


def _failing(subject: Subject) -> Iterator[str]:
    for duty, form, span in subject.forms:
        for typed in facts.odd_entries(form, span):
            try:
                made = form(typed, span=span)
                if made.validate():
                    made.record()
            except Exception as error:  # noqa: BLE001 - a form's rules are foreign code
                yield f"duty {duty.code}: the form fails with {type(error).__name__}: {error}"
                break


@_C.check("a record typed in again gives the same record")
def form_round_trip(subject: Subject) -> None:
    for duty, span, record in subject.records:
        form: type[ReportForm] = duty.form
        again = form(form.entries_of(_stored(duty, record)), span=span)
        none([] if again.validate() else [f"duty {duty.code}: its own record is refused: {again.errors}"])
        differing = [name for name, value in again.record().items() if value != record.get(name)]
        none(f"duty {duty.code}: {name!r} changes when it is typed in again" for name in differing)


def _stored(duty: Duty, record: dict[str, Any]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(json.dumps(record))
    except (TypeError, ValueError):
        raise AssertionError(f"duty {duty.code}: its record cannot be stored as JSON: {record}") from None
    return found


@_C.check("a record holds its form's fields and plain JSON values of their kinds")
def record_is_json(subject: Subject) -> None:
    for duty, _span, record in subject.records:
        stored = _stored(duty, record)
        none([f"duty {duty.code}: its record is another one after storing"] if stored != record else [])
        fields = {spec.name: spec for spec in duty.form.schema().fields}
        apart = fields.keys() ^ record.keys()
        none(f"duty {duty.code}: {name!r} is in the record alone or in the form alone" for name in apart)
        none(
            f"duty {duty.code}: {name!r} is stored as {type(record[name]).__name__}"
            for name, spec in fields.items()
            if not _fits(spec, record[name])
        )


def _fits(spec: FieldSpec, value: Any) -> bool:
    if value is None:
        return not spec.required
    if spec.kind == "whole" and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES.get(spec.kind, (str,)))


@_C.check("a form's version stays while its fields do, and changes with them")
def form_version(subject: Subject) -> None:
    for duty, form, _span in subject.forms:
        schema, where = form.schema(), f"duty {duty.code}: the form's version"
        none(
            [f"{where} differs each time: its fields are not constant"]
            if form.schema().version != schema.version
            else []
        )
        stored = FormSchema.from_json(json.loads(json.dumps(schema.to_json())))
        none(
            [f"{where} changes when it is stored"]
            if (stored, stored.version) != (schema, schema.version)
            else []
        )
        more: Any = type("More", (form,), {"one_more_field": next(iter(_fields(form)))})
        none([f"{where} stays when a field is added"] if more.schema().version == schema.version else [])
        versions = {less.version for less in facts.with_one_field_less(schema)} | {_renamed(schema).version}
        none([f"{where} stays when a field goes or is renamed"] if schema.version in versions else [])


def _fields(form: type[ReportForm]) -> Iterator[Any]:
    yield from (field for name in dir(form) if hasattr(field := getattr(form, name), "_formfield"))


def _renamed(schema: FormSchema) -> FormSchema:
    first, *others = schema.fields
    return FormSchema((replace(first, label=Text(f"{first.label.zh}?")), *others))


@_C.check("a stored report shows with its form's version, whatever became of the form")
def old_report_shows(subject: Subject) -> None:
    for duty, _span, record in subject.records:
        schema = duty.form.schema()
        for known in (schema, FormSchema.from_json(schema.to_json()), *facts.with_one_field_less(schema)):
            try:
                lines = [
                    text.pick("en") for shown in present(known, _stored(duty, record)) for text in shown.lines
                ]
            except Exception as error:
                raise AssertionError(f"duty {duty.code}: a stored report cannot be shown: {error}") from error
        none([] if lines or len(schema.fields) < 2 else [f"duty {duty.code}: a stored report shows nothing"])


@_C.check("metrics are numbers that can be summed, also from a stored record")
def metrics(subject: Subject) -> None:
    for duty, _span, record in subject.records:
        schema = duty.form.schema()
        try:
            now, then = metric_values(schema, record), metric_values(schema, _stored(duty, record))
        except (ArithmeticError, TypeError, ValueError) as error:
            raise AssertionError(f"duty {duty.code}: a metric is no number: {error}") from error
        none([f"duty {duty.code}: a metric changes when it is stored"] if now != then else [])
        missing = {spec.name for spec in schema.metrics if spec.required} - now.keys()
        none(f"duty {duty.code}: the metric {name!r} is not in the record" for name in missing)
        none(
            f"duty {duty.code}: the metric {name!r} is too large"
            for name, value in now.items()
            if abs(value) > 10**15
        )


@_C.check("a unit can submit each duty's example with files, and the inspector can read it")
def report_is_filed(subject: Subject) -> None:
    world, filled = subject.world, dict(_examples(subject))
    with world.apart(), world.at(later(18)):
        inspector = world.sign_in("inspector")
        for duty, form, span in subject.forms:
            uploads = list(_uploads(duty.evidence))
            if len(uploads) < duty.evidence.at_least:
                continue
            with world.inside():
                report_id = _file(world, duty, form, span, filled[duty.code], uploads)
            page = inspector.get(f"/review/{report_id}")
            none(
                [f"duty {duty.code}: the inspector's page answers {page.status_code}"]
                if page.status_code != 200
                else []
            )


def _file(
    world: World,
    duty: Duty,
    form: type[ReportForm],
    span: Span,
    typed: dict[str, list[str]],
    uploads: list[Upload],
) -> str:
    campaign = world.campaign()
    rule = campaign.duty(duty.code)
    assert rule is not None, "published with the campaign"
    kinds = [
        (type_.key, kind.key) for type_ in world.runtime.registry.unit_types.values() for kind in type_.kinds
    ]
    bound = next(pair for pair in kinds if rule.binds(world.runtime.registry.kind_ref(*pair)))
    code = f"new-{duty.code}"
    unit = places.add_units([NewUnit(code, "New Unit", *bound, "410102")], campaign.calendar.span.starts)[
        code
    ]
    who = Actor(1, "Reporter", "reporter", (Grant(Role.REPORTER, Reach(unit_id=unit)),))
    # The example's days lie in the first period.
    period = periods(rule.cadence, campaign.calendar)[0]
    asked = reports.Filled(unit, duty.code, period.key, typed, uploads=uploads)
    saved = reports.save(who, asked, submit=True)
    told = "; ".join(str(problem) for problem in (*saved.fields.items(), *saved.problems))
    none([] if saved.ok else [f"duty {duty.code}: its example cannot be submitted: {told}"])
    found: str = saved.answer["id"]
    return found


def _uploads(rule: Evidence) -> Iterator[Upload]:
    kinds = rule.kinds if set(rule.kinds) <= set(ALL_FILE_KINDS) else ()
    fitting = [file for file in facts.sample_files() if file.kind in kinds and file.id != "broken"]
    for number in range(rule.at_least if fitting else 0):
        file = fitting[number % len(fitting)]
        # The same bytes twice are one file.
        more = b"\xff\xd9" if file.kind == "photo" else b"\n"
        yield Upload(file.name, BytesIO(file.read() + more * (number // len(fitting))))
