"""Report forms: a class with fields, declared once, from which page, checks, schema and record come.

    class Leaflets(ReportForm):
        leaflets = metric("随件宣传单", "Leaflets", minimum=1)

The helpers that make fields are in `core.api.build`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import wtforms
from werkzeug.datastructures import MultiDict

from core.api.fields import SpecField, is_typed
from core.domain.calendar import Span
from core.domain.schema import FieldSpec, FormSchema, Record
from core.domain.text import Text

#: What was typed, by field name: kept as it is in a draft, however wrong.
Entries = Mapping[str, Sequence[str]]


class ReportForm(wtforms.Form):
    """Base of all report forms. `span` holds the days that the report is for; rows have their form's."""

    span: Span | None
    #: What a unit would type, by field name; rows as ``table-0-field``. Samples and the conformance kit submit it.
    example: ClassVar[Entries] = {}
    #: The campaign's time zone: a moment that is typed with an offset is converted to it.
    zone: ClassVar[tzinfo] = ZoneInfo("Asia/Shanghai")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in dir(cls):
            field = getattr(cls, name)
            if not hasattr(field, "_formfield"):
                continue
            if name in RESERVED or name.startswith("_"):
                raise TypeError(
                    f"form {cls.__qualname__}: no field can be called {name!r}: a report form or its page "
                    "uses that name itself, or it begins with an underscore; choose another"
                )
            if not issubclass(getattr(field, "field_class", type(None)), (SpecField, Rows)):
                raise TypeError(
                    f"form {cls.__qualname__}: {name!r} needs one of core.api's fields, e.g. text(…)"
                )

    def __init__(
        self,
        formdata: Entries | MultiDict[str, str] | None = None,
        *,
        span: Span | None = None,
        **options: Any,
    ) -> None:
        outer = (options.get("meta") or {}).get("_parent_form")
        self.span = outer.span if isinstance(outer, ReportForm) else span
        if formdata is not None and not isinstance(formdata, MultiDict):
            formdata = MultiDict((name, item) for name, typed in formdata.items() for item in _items(typed))
        super().__init__(formdata=formdata, **options)

    @classmethod
    def schema(cls) -> FormSchema:
        """The form as data; its version tells whether two forms have the same fields."""
        return FormSchema(tuple(cls._specs()))

    @classmethod
    def _specs(cls) -> Iterable[FieldSpec]:
        for name, field in cls().answers().items():
            fields = field.row.schema().fields if isinstance(field, Rows) else ()
            yield replace(field.spec, name=name, fields=fields)

    def answers(self) -> dict[str, Any]:
        """The fields by name; each is a `SpecField` or `Rows`."""
        return dict(self._fields)

    def record(self) -> Record:
        """The validated values as JSON; call it only after `validate` was true."""
        return {name: field.to_json() for name, field in self.answers().items()}

    @classmethod
    def entries_of(cls, record: Record) -> dict[str, list[str]]:
        """A stored record as it would have been typed: the inverse of `record`."""
        return dict(_entries(cls.schema(), record))

    def missing(self) -> list[str]:
        """Names of required fields in which nothing was typed."""
        return [
            name
            for name, field in self.answers().items()
            if field.spec.required and not field.touched() and field.data in (None, [])
        ]


#: Names that a field cannot have: the form's own, and those that the page around it sends.
RESERVED = frozenset(dir(ReportForm())) | {"bag", "csrf_token", "do", "files", "key", "remove", "version"}


class Rows(wtforms.FieldList):  # type: ignore[type-arg]  # generic in the stubs only
    """A small table: up to `at_most` rows of the same fields; empty rows do not count.

    `errors` holds what is wrong with the table, or else the errors of each row in its place, {} for none.
    """

    def __init__(self, spec: FieldSpec, row: type[ReportForm], at_most: int, **kwargs: Any) -> None:
        entry: Any = wtforms.FormField(row)
        super().__init__(entry, label=spec.label, min_entries=at_most, max_entries=at_most, **kwargs)  # type: ignore[arg-type]
        self.spec = spec
        self.row = row
        self.at_most = at_most

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read a fixed number of rows: the page shows them all, so that it works without JavaScript."""
        self.entries, self.process_errors, self.last_index = [], [], -1
        for index in range(self.at_most):
            self._add_entry(formdata, index=index)  # type: ignore[attr-defined]  # absent from the stubs
        beyond = self._beyond(formdata or ())
        self.too_many = any(is_typed(item) for name in beyond for item in formdata.getlist(name))

    def _beyond(self, names: Iterable[str]) -> list[str]:
        """The names that belong to this table, but to none of its rows."""
        rows = tuple(f"{self.name}-{index}-" for index in range(self.at_most))
        return [name for name in names if name.startswith(f"{self.name}-") and not name.startswith(rows)]

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        filled = self.filled()
        good = [row.form.validate() for row in filled]
        if self.too_many:
            self.errors = [Text(f"最多 {self.at_most} 行", f"At most {self.at_most} rows")]
        elif not filled and self.spec.required:
            self.errors = [Text("请至少填写一行", "Fill in at least one row")]
        else:
            self.errors = [] if all(good) else [row.form.errors for row in self.entries]
        return not self.errors

    def filled(self) -> list[Any]:
        """The rows in which anything was typed."""
        return [row for row in self.entries if any(field.touched() for field in row.form.answers().values())]

    def touched(self) -> bool:
        return bool(self.filled() or self.too_many)

    @property
    def data(self) -> Any:
        return [row.form.record() for row in self.filled()]

    def to_json(self) -> Any:
        return self.data


def _items(typed: Sequence[str]) -> Sequence[str]:
    return [typed] if isinstance(typed, str) else typed


def _entries(schema: FormSchema, record: Record, prefix: str = "") -> Iterable[tuple[str, list[str]]]:
    for spec in schema.fields:
        value = record.get(spec.name)
        name = prefix + spec.name
        if spec.kind == "rows":
            for number, row in enumerate(value or []):
                yield from _entries(FormSchema(spec.fields), row, f"{name}-{number}-")
        elif spec.kind == "yes_no":
            yield name, [] if value is None else ["yes" if value else "no"]
        elif isinstance(value, list):
            yield name, value
        else:
            yield name, [] if value is None else [str(value)]
