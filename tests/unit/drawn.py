"""Schemas to draw from: any fields that the helpers of the plugin's door could make."""

from __future__ import annotations

from hypothesis import strategies as st

from core.domain.schema import Choice, FieldKind, FieldSpec, FormSchema
from core.domain.text import Text

_words = st.text("甲乙丙丁戊 abc“”\"'\\é😀", min_size=1, max_size=8)
texts = st.builds(Text, _words, st.one_of(st.just(""), _words))
names = st.from_regex(r"[a-z][a-z0-9_]{0,7}", fullmatch=True)
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
