"""Schemas to draw from: any fields that the helpers of the plugin's door could make."""

from __future__ import annotations

from hypothesis import strategies as st

from core.domain.schema import Choice, FieldKind, FieldSpec, FormSchema
from core.domain.text import Text

texts = st.builds(
    Text, st.sampled_from(["甲", "乙 丙", "“丁”", 'a"b\\c', "é😀"]), st.sampled_from(["", "One", "Two's"])
)
names = st.sampled_from(["a", "b2", "c_d", "people", "held_on", "x" * 30])
choices_of = st.lists(st.builds(Choice, names, texts), max_size=4, unique_by=lambda c: c.value).map(tuple)
_bounds = st.one_of(st.none(), st.integers(0, 10**12))
_kinds: tuple[FieldKind, ...] = (
    "text",
    "long_text",
    "whole",
    "decimal",
    "date",
    "datetime",
    "choice",
    "choices",
    "yes_no",
    "url",
)


def specs() -> st.SearchStrategy[FieldSpec]:
    """Fields of every kind but rows."""
    return st.builds(
        FieldSpec,
        kind=st.sampled_from(_kinds),
        label=texts,
        name=names,
        hint=texts,
        unit=texts,
        required=st.booleans(),
        metric=st.booleans(),
        decimals=st.integers(0, 3),
        minimum=_bounds,
        maximum=_bounds,
        max_length=_bounds,
        min_length=_bounds,
        choices=choices_of,
    )


@st.composite
def schemas(draw: st.DrawFn) -> FormSchema:
    """One to five fields, perhaps one of them a table."""
    fields = draw(st.lists(specs(), min_size=1, max_size=4, unique_by=lambda spec: spec.name))
    if draw(st.booleans()):
        cells = tuple(draw(st.lists(specs(), min_size=1, max_size=3, unique_by=lambda spec: spec.name)))
        fields.append(FieldSpec("rows", draw(texts), "table0", fields=cells))
    return FormSchema(tuple(fields))
