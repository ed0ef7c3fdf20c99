"""Forms and reports as data: what is stored can be read for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.schema import (
    Choice,
    FieldSpec,
    FormSchema,
    Shown,
    metric_shown,
    metric_values,
    present,
)
from core.domain.text import Text
from tests.unit.drawn import choices_of, schemas, specs, texts

MEDIA = (Choice("tv", Text("电视", "Television")), Choice("radio", Text("广播")))


@given(schemas())
def test_a_schema_survives_being_stored_as_json(schema: FormSchema) -> None:
    again = FormSchema.from_json(json.loads(json.dumps(schema.to_json())))
    assert again == schema
    assert again.version == schema.version


@given(schemas(), st.data())
def test_the_version_changes_when_and_only_when_a_field_does(schema: FormSchema, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(schema.fields) - 1))
    spec = schema.fields[place]
    changed = data.draw(
        st.one_of(
            texts.map(lambda text: replace(spec, label=text)),
            texts.map(lambda text: replace(spec, hint=text)),
            texts.map(lambda text: replace(spec, unit=text)),
            st.just(replace(spec, required=not spec.required)),
            st.just(replace(spec, metric=not spec.metric)),
            st.integers(0, 3).map(lambda places: replace(spec, decimals=places)),
            st.integers(0, 9).map(lambda bound: replace(spec, minimum=bound)),
            st.integers(0, 9).map(lambda bound: replace(spec, maximum=bound)),
            st.integers(0, 9).map(lambda bound: replace(spec, max_length=bound)),
            st.integers(0, 9).map(lambda bound: replace(spec, min_length=bound)),
            choices_of.map(lambda options: replace(spec, choices=options)),
            st.just(replace(spec, name=spec.name + "x")),
            st.tuples(specs()).map(lambda inner: replace(spec, fields=inner)),
        )
    )
    other = FormSchema((*schema.fields[:place], changed, *schema.fields[place + 1 :]))
    assert (other.version == schema.version) is (changed == spec)


def test_the_version_changes_with_the_order_of_fields_and_their_number() -> None:
    one, other = FieldSpec("text", Text("甲"), "a"), FieldSpec("text", Text("乙"), "b")
    versions = [FormSchema(fields).version for fields in ((one, other), (other, one), (one,), ())]
    assert len(set(versions)) == 4


def test_a_version_stays_the_same_for_ever() -> None:
    """Stored reports name it: this very value must come out of every later release."""
    fields = (FieldSpec("whole", Text("人数", "People"), "people", metric=True, minimum=1),)
    assert FormSchema(fields).version == "20b8f7fb4663"


@given(st.decimals(0, 10**10, places=2), st.integers(0, 10**12))
def test_metrics_are_whole_numbers_of_the_smallest_unit_and_shown_again_exactly(
    amount: Decimal, people: int
) -> None:
    saved = FieldSpec("decimal", Text("金额"), "saved", metric=True, decimals=2)
    count = FieldSpec("whole", Text("人数"), "people", metric=True)
    note = FieldSpec("whole", Text("其他"), "other")
    record = {"saved": f"{amount:f}", "people": people, "other": 5}
    sums = metric_values(FormSchema((saved, count, note)), record)
    assert sums == {"saved": int(amount * 100), "people": people}
    assert metric_shown(saved, sums["saved"]) == amount
    assert metric_shown(count, people) == people


@pytest.mark.parametrize("record", [{}, {"saved": None}])
def test_a_metric_that_was_not_given_is_not_counted(record: dict[str, Any]) -> None:
    saved = FieldSpec("decimal", Text("金额"), "saved", metric=True, decimals=2)
    assert metric_values(FormSchema((saved,)), record) == {}


def lines(spec: FieldSpec, value: Any, locale: str = "zh") -> list[str]:
    [shown] = present(FormSchema((replace(spec, name="it"),)), {"it": value})
    return [line.pick(locale) for line in shown.lines]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "一行", ["一行"]),
        ("long_text", "一\n二", ["一\n二"]),
        ("url", "https://example.org/1", ["https://example.org/1"]),
        ("whole", 1234567, ["1,234,567"]),
        ("whole", 0, ["0"]),
        ("decimal", "1234567.50", ["1,234,567.50"]),
        ("decimal", "0.00", ["0.00"]),
        ("date", "2020-11-12", ["2020-11-12"]),
        ("datetime", "2020-11-12T09:30", ["2020-11-12 09:30"]),
        ("yes_no", True, ["是"]),
        ("yes_no", False, ["否"]),
        ("choice", "tv", ["电视"]),
        ("choices", ["tv", "radio"], ["电视", "广播"]),
    ],
)
def test_each_kind_of_value_is_shown_as_people_read_it(kind: Any, value: Any, expected: list[str]) -> None:
    assert lines(FieldSpec(kind, Text("项"), choices=MEDIA), value) == expected


def test_titles_are_shown_in_english_too_and_fall_back_to_chinese() -> None:
    assert lines(FieldSpec("choices", Text("项"), choices=MEDIA), ["tv", "radio"], "en") == [
        "Television",
        "广播",
    ]
    assert lines(FieldSpec("yes_no", Text("项")), False, "en") == ["No"]


def test_a_choice_that_is_gone_is_shown_as_it_was_stored() -> None:
    assert lines(FieldSpec("choice", Text("项"), choices=MEDIA), "teletext") == ["teletext"]


@pytest.mark.parametrize("value", [None, "", []])
def test_an_empty_field_is_shown_with_its_label_and_no_lines(value: Any) -> None:
    spec = FieldSpec("text", Text("项", "Item"), "it", unit=Text("个"), metric=True)
    expected = [Shown(Text("项", "Item"), (), Text("个"), "text", True)]
    assert list(present(FormSchema((spec,)), {"it": value})) == expected
    assert list(present(FormSchema((spec,)), {})) == expected


def test_a_row_is_shown_as_one_line_with_its_labels_in_both_languages() -> None:
    cells = (
        FieldSpec("choice", Text("类型", "Type"), "type", choices=MEDIA),
        FieldSpec("whole", Text("数量", "Number"), "number"),
        FieldSpec("text", Text("备注", "Note"), "note", required=False),
    )
    table = FieldSpec("rows", Text("表", "Table"), fields=cells)
    rows = [{"type": "tv", "number": 1200, "note": None}, {"type": "radio", "number": 0, "note": "好"}]
    assert lines(table, rows) == ["类型 电视；数量 1,200", "类型 广播；数量 0；备注 好"]
    assert lines(table, rows, "en") == ["Type Television; Number 1,200", "Type 广播; Number 0; Note 好"]
