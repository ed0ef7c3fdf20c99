"""What the tests of all plugins need: the notice's calendar, and a bench to fill a plugin's forms on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from core.api import Duty, Plugin, ReportForm, Text
from core.domain.calendar import Calendar, Span, periods
from core.domain.schema import FormSchema
from core.services import samples

#: What is typed into a form, by field name.
Entries = dict[str, list[str]]

NOTICE = Calendar(
    Span(date(2020, 10, 26), date(2020, 11, 30)),
    (
        Span(date(2020, 10, 26), date(2020, 11, 4)),
        Span(date(2020, 11, 5), date(2020, 11, 15)),
        Span(date(2020, 11, 16), date(2020, 11, 30)),
    ),
)


class Example(Protocol):
    """A plugin's ``example``: a complete report for a duty, its dates inside the span where they must be."""

    def __call__(self, code: str, span: Span | None = None) -> Entries: ...


def duties_of(plugin: Plugin) -> tuple[Duty, ...]:
    return plugin.duties + tuple(duty for unit_type in plugin.unit_types for duty in unit_type.duties)


def first_span(duty: Duty) -> Span:
    """The duty's first period in the notice's campaign."""
    return periods(duty.due, NOTICE)[0].span


def form_of(duty: Duty) -> type[ReportForm]:
    assert issubclass(duty.form, ReportForm)
    return duty.form


class Examples(dict[str, Entries]):
    """What the forms of a plugin give as their examples, by duty, as a browser sends it."""

    def __init__(self, plugin: Plugin) -> None:
        self.forms = {duty.code: form_of(duty) for duty in duties_of(plugin)}
        super().__init__({code: self.of(code) for code in self.forms})

    def of(self, code: str, span: Span | None = None) -> Entries:
        """A complete report for the duty, its dates inside the span where they must be."""
        form = self.forms[code]
        if span is not None:
            return samples.example(form, span)[0]
        return {name: [typed] if isinstance(typed, str) else list(typed) for name, typed in form.example.items()}


def faults(form: ReportForm, prefix: str = "") -> dict[str, str]:
    """A form's first error of each field, by the name that its entry has; rows have theirs cell by cell."""
    found: dict[str, str] = {}
    for name, field in form.answers().items():
        for number, row in enumerate(getattr(field, "entries", [])):
            found |= faults(row.form, f"{prefix}{name}-{number}-")
        own = [error for error in field.errors if isinstance(error, Text)]
        if own:
            found[prefix + name] = own[0].pick("en")
    return found


@dataclass(frozen=True)
class Bench:
    """A plugin's forms, filled with its examples or with something changed in them."""

    plugin: Plugin
    example: Example

    def duty(self, code: str) -> Duty:
        return next(duty for duty in duties_of(self.plugin) if duty.code == code)

    def schema(self, code: str) -> FormSchema:
        return form_of(self.duty(code)).schema()

    def filled(self, code: str, changes: Mapping[str, list[str]] | None = None, **more: str) -> ReportForm:
        """The duty's form in its first period: the example with some entries changed."""
        duty = self.duty(code)
        span = first_span(duty)
        entries = self.example(code, span) | dict(changes or {})
        entries |= {name: [typed] for name, typed in more.items()}
        return form_of(duty)(entries, span=span)

    def refusal(
        self, code: str, changes: Mapping[str, list[str]] | None = None, **more: str
    ) -> tuple[str, str]:
        """Where and why a changed example is refused; it must be refused in one place only."""
        form = self.filled(code, changes, **more)
        assert not form.validate(), f"{code} was accepted"
        [(field, reason)] = faults(form).items()
        return field, reason

    def accepted(self, code: str, changes: Mapping[str, list[str]] | None = None, **more: str) -> Any:
        """The record that a changed example gives."""
        form = self.filled(code, changes, **more)
        assert form.validate(), faults(form)
        return form.record()

    def check_round_trip(self, code: str) -> None:
        """The example is accepted, fills every field, and its record is read back as it was typed."""
        duty = self.duty(code)
        span = first_span(duty)
        typed = self.example(code, span)
        record = self.accepted(code)
        assert json.loads(json.dumps(record)) == record
        assert all(value not in (None, "", []) for value in record.values())

        form = form_of(duty)
        assert {name: typed for name, typed in form.entries_of(record).items() if typed} == typed
        again = form(form.entries_of(record), span=span)
        assert again.validate(), faults(again)
        assert again.record() == record
