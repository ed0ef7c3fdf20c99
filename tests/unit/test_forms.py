"""Report forms as a whole: what may be typed, and that a record is read back as it was typed."""

from __future__ import annotations

import json
from datetime import date

import pytest
import wtforms
from hypothesis import given
from hypothesis import strategies as st

from core.api import (
    ReportForm,
    date_field,
    text,
    whole,
)
from core.domain.schema import FormSchema, metric_values, present
from tests.unit.asked import FULL, RECORD, Cell, Everything, kept, one


def test_a_complete_form_gives_its_record_and_the_record_is_read_back_as_it_was_typed() -> None:
    form = Everything(FULL)
    assert form.validate(), form.errors
    assert form.record() == RECORD
    assert Everything.entries_of(RECORD) == FULL
    assert metric_values(form.schema(), form.record()) == {"people": 1200, "saved": 5_000_050}


def test_a_form_tells_its_fields_as_data() -> None:
    schema = Everything.schema()
    assert [spec.name for spec in schema.fields] == list(RECORD)
    assert [spec.name for spec in schema.metrics] == ["people", "saved"]
    assert [cell.name for cell in schema.field("table").fields] == ["kind", "number"]
    assert schema.field("media").title_of("press").pick("en") == "报刊"
    assert (schema.field("people").minimum, schema.field("share").maximum) == (1, 100)
    assert FormSchema.from_json(schema.to_json()) == schema
    assert Everything.schema().version == schema.version


def test_a_record_is_shown_by_the_schema_it_was_made_with() -> None:
    shown = {line.label.zh: [t.zh for t in line.lines] for line in present(Everything.schema(), RECORD)}
    assert shown["人数"] == ["1,200"]
    assert shown["金额"] == ["50,000.50"]
    assert shown["各媒体"] == ["电视", "报刊"]
    assert shown["共享"] == ["否"]
    assert shown["表"] == ["类型 电视；数量 3"]


def test_an_empty_form_is_refused_at_each_required_field() -> None:
    form = Everything({})
    required = ["title", "people", "share", "held_on", "medium", "shared"]
    assert form.missing() == required
    assert not form.validate()
    assert list(form.errors) == required


def test_a_form_that_nobody_has_sent_yet_shows_no_errors() -> None:
    form = Everything()
    assert not form.errors
    assert form.answers()["title"]._value() == ""


@pytest.mark.parametrize("blank", ["", "   ", "\u3000", "\t\n", "\u200b\ufeff", "\x00"])
def test_blanks_and_invisible_signs_are_nothing(blank: str) -> None:
    form = Everything(FULL | {name: [blank] for name in FULL})
    assert form.missing() == ["title", "people", "share", "held_on", "medium", "shared"]
    assert not form.validate()


def test_a_field_typed_wrong_is_wrong_but_not_missing() -> None:
    form = Everything(FULL | {"people": ["许多"], "held_on": ["昨天"], "title": []})
    assert form.missing() == ["title"]
    assert not form.validate()
    assert set(form.errors) == {"people", "held_on", "title"}


def test_what_was_typed_wrong_stays_on_the_page_as_it_is() -> None:
    form = Everything(FULL | {"people": ["许多"]})
    assert form.answers()["people"]._value() == "许多"


def test_an_unknown_entry_changes_nothing() -> None:
    form = Everything(FULL | {"nonsense": ["1"], "title2": ["2"]})
    assert form.validate()
    assert form.record() == RECORD


_typed = st.one_of(
    st.text(max_size=12),
    st.sampled_from([value for values in FULL.values() for value in values]),
    st.sampled_from(
        ["-1", "1,200", "NaN", "yes", "2020/1/5", "2020-11-12T01:00Z", "http://x", "radio", "3.25"]
    ),
)


@given(st.dictionaries(st.sampled_from(list(FULL)), st.lists(_typed, max_size=3)))
def test_whatever_is_typed_a_form_answers_and_what_it_accepts_is_read_back(
    entries: dict[str, list[str]],
) -> None:
    form = Everything({**FULL, **entries})
    form.missing()
    if not form.validate():
        assert form.errors
        return
    record = form.record()
    assert json.loads(json.dumps(record)) == record
    again = Everything(Everything.entries_of(record))
    assert again.validate(), again.errors
    assert again.record() == record
    assert list(present(form.schema(), record))


def reserved_names() -> list[str]:
    own = ["span", "zone", "schema", "record", "entries_of", "answers", "missing"]
    from_wtforms = [
        "data",
        "errors",
        "validate",
        "process",
        "populate_obj",
        "post_process",
        "form_errors",
        "meta",
    ]
    of_the_page = ["csrf_token", "version", "key", "remove", "do", "files"]
    return own + from_wtforms + of_the_page


@pytest.mark.parametrize("name", reserved_names())
def test_a_field_cannot_take_a_name_that_forms_or_their_pages_use(name: str) -> None:
    with pytest.raises(TypeError) as refusal:
        type("Leaflets", (ReportForm,), {name: text("名")})
    assert "Leaflets" in str(refusal.value)
    assert repr(name) in str(refusal.value)


def test_a_field_that_wtforms_would_overlook_is_refused() -> None:
    with pytest.raises(TypeError, match="Leaflets: no field can be called '_hidden'"):
        type("Leaflets", (ReportForm,), {"_hidden": text("名")})


def test_a_name_that_a_mixin_brings_in_is_refused_too() -> None:
    class Mixin:
        errors = text("错")

    with pytest.raises(TypeError, match="'errors'"):
        type("Mixed", (Mixin, ReportForm), {})


def test_a_form_may_go_on_from_another_and_replace_its_fields() -> None:
    class Longer(Cell):
        number = whole("数量", maximum=5)
        note = text("备注")

    assert [(spec.name, spec.maximum) for spec in Longer.schema().fields][:1] == [("kind", None)]
    assert Longer.schema().field("number").maximum == 5


def test_a_field_of_another_library_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match=r"Foreign: 'it' .*core\.api"):
        type("Foreign", (ReportForm,), {"it": wtforms.StringField("名")})


def test_a_single_string_is_one_entry_not_its_letters() -> None:
    form = Cell({"kind": "tv", "number": "30"})
    assert form.validate(), form.errors
    assert form.record() == {"kind": "tv", "number": 30}


def test_today_is_no_default_anywhere() -> None:
    assert one(date_field("日"), None).answers()["it"].data is None
    assert kept(date_field("日"), date(2020, 11, 12).isoformat()) == "2020-11-12"
