"""Checks of texts: each in Chinese and English, neither in place of the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from core.api.pages import Deed, Page, Slot
from core.domain.findings import Finding, ScoreLine
from core.domain.schema import FieldSpec, FormSchema
from core.domain.text import Text
from core.testing import facts
from core.testing.kit import Collection, none
from core.testing.subject import Subject

_C = Collection()
CHECKS = _C.checks
CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


def problems(where: str, text: Text) -> Iterator[str]:
    """What is wrong with a text; numerals and brands may be the same in both languages."""
    if not text.zh and not text.en:
        return
    if not text.zh:
        yield f"{where}: {text.en!r} has no Chinese"
    elif not text.en and CHINESE.search(text.zh):
        yield f"{where}: {text.zh!r} has no English"
    if CHINESE.search(text.en):
        yield f"{where}: the English {text.en!r} holds Chinese"
    if len(text.en) > 4 and " " in text.en and text.zh == text.en:
        yield f"{where}: {text.zh!r} is English in place of the Chinese"


def all_of(texts: Iterable[tuple[str, Text]]) -> None:
    none(chain(*(problems(where, text) for where, text in texts)))


@_C.check("titles, summaries and questions are there in both languages")
def titles(subject: Subject) -> None:
    all_of(_titles(subject))


def _titles(subject: Subject) -> Iterator[tuple[str, Text]]:
    plugin = subject.plugin
    yield "title", plugin.title
    yield "summary", plugin.summary
    for unit_type in plugin.unit_types:
        yield f"unit type {unit_type.key}", unit_type.title
        yield from ((f"kind {kind.key}", kind.title) for kind in unit_type.kinds)
        yield from ((f"inspection item {item.key}", item.question) for item in unit_type.inspection)
    for asked in chain(plugin.callbacks, *(unit_type.callbacks for unit_type in plugin.unit_types)):
        yield f"question {asked.key}", asked.question
        yield f"question {asked.key}", asked.asked_of
    for duty in subject.duties:
        yield f"duty {duty.code}", duty.title
        yield f"duty {duty.code}: evidence", duty.evidence.hint


@_C.check("labels, hints, units and options of forms are there in both languages")
def form_words(subject: Subject) -> None:
    all_of(
        (f"duty {duty.code}: {where}", text)
        for duty, form, _span in subject.forms
        for where, text in _of_schema(form.schema())
    )


def _of_schema(schema: FormSchema) -> Iterator[tuple[str, Text]]:
    for spec in schema.fields:
        yield from _of_field(spec)
        yield from _of_schema(FormSchema(spec.fields))


def _of_field(spec: FieldSpec) -> Iterator[tuple[str, Text]]:
    for text in (spec.label, spec.hint, spec.unit, *(choice.title for choice in spec.choices)):
        yield spec.name, text


@_C.check("what a form answers to wrong input is there in both languages")
def refusal_words(subject: Subject) -> None:
    for duty, form, span in subject.forms:
        for typed in ({}, *facts.odd_entries(form, span)):
            filled = form(typed, span=span)
            try:
                filled.validate()
            except Exception:  # noqa: BLE001, S112 - `form_survives_odd_input` tells of it
                continue
            all_of((f"duty {duty.code}", text) for text in facts.errors_of(filled))


@_C.check("findings are there in both languages", "dudao_check_report")
def finding_words(subject: Subject) -> None:
    all_of(("a finding", finding.message) for finding in _findings(subject))


def _findings(subject: Subject) -> Iterator[Finding]:
    for hook, asked in facts.asked_of_checks(subject):
        yield from _only(Finding, subject.ask(hook, **asked))


@_C.check("lines of scores are there in both languages", "dudao_score")
def score_words(subject: Subject) -> None:
    subject.need("dudao_score")
    for record in facts.unit_records(subject):
        for line in _only(ScoreLine, subject.ask("dudao_score", unit=record)):
            all_of((("a score's title", line.title), ("a score's reason", line.reason)))


def _only(kind: type[Any], answer: Any) -> list[Any]:
    return [item for item in answer or () if isinstance(item, kind)]


@_C.check("pages, deeds and panels have titles in both languages", "dudao_pages")
def page_titles(subject: Subject) -> None:
    pages = subject.pages
    named: list[Page | Deed | Slot] = [*pages.pages, *pages.deeds, *pages.slots]
    all_of((item.name, item.title) for item in named)
