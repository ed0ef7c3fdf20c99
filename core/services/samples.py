"""Plausible filled forms, made from a form's schema alone: for demo data, benchmarks and tests of any plugin."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from core.api.forms import ReportForm
from core.domain.calendar import Span
from core.domain.schema import FieldSpec, FormSchema, Record

_LINES = (
    "防范电信网络诈骗集中宣传",
    "反诈宣传进万家",
    "“断卡”行动警示宣传",
    "守好钱袋子",
)
_PARAGRAPHS = (
    "在人流密集处设置宣传点，发放防骗宣传页，讲解刷单返利、冒充客服、虚假贷款等常见骗局，提醒群众不轻信、不转账。",
    "结合本地高发案例，面对面提醒群众保护银行卡和电话卡，告知出租、出借、出售“两卡”的法律后果。",
    "组织工作人员逐一讲解诈骗手法和识别要点，播放宣传短片，现场解答疑问，群众反映较好。",
    "按照通知要求细化分工，落实到人，每天汇总宣传情况，对薄弱环节及时补课。",
)


def entries(form: type[ReportForm], span: Span, seed: int) -> dict[str, list[str]]:
    """What somebody might have typed for the days in `span`; the same seed gives the same.

    Words are those of the form's example, if it has one. From the second try on, numbers never grow from field to
    field and every choice is made, which satisfies the rules "no more than the total" and "all of them".
    """
    words = dict(_words(form))
    for attempt in range(8):
        rng = random.Random(seed * 8 + attempt)
        typed = dict(_typed(form.schema(), span, rng, shrinking=attempt > 0)) | words
        if form(typed, span=span).validate():
            return typed
    declared = _declared(form, span)
    if declared is None:
        raise ValueError(f"no sample for {form.__name__} found that its own rules accept: give it an example")
    return declared


def example(form: type[ReportForm], span: Span) -> tuple[dict[str, list[str]], Record]:
    """The form's own example, else a sample, and the record that it gives.

    Raises ValueError where the form refuses its own example.
    """
    typed = _declared(form, span) if form.example else entries(form, span, 0)
    if typed is None:
        raise ValueError(f"{form.__name__} refuses its own example")
    filled = form(typed, span=span)
    filled.validate()
    return typed, filled.record()


def _declared(form: type[ReportForm], span: Span) -> dict[str, list[str]] | None:
    """The declared example, its days perhaps moved into the span; None where the form takes neither."""
    typed = {name: [value] if isinstance(value, str) else list(value) for name, value in form.example.items()}
    for tried in (typed, typed | dict(_moved(form.schema(), typed, span))) if typed else ():
        if form(tried, span=span).validate():
            return tried
    return None


def _moved(schema: FormSchema, typed: dict[str, list[str]], span: Span) -> Iterator[tuple[str, list[str]]]:
    """The example's days as the span's first day; times of day stay."""
    for spec in schema.fields:
        if spec.kind in ("date", "datetime") and typed.get(spec.name):
            yield spec.name, [span.starts.isoformat() + typed[spec.name][0][len("2020-11-12") :]]


def _words(form: type[ReportForm]) -> Iterator[tuple[str, list[str]]]:
    """What the example says in words and addresses."""
    for spec in form.schema().fields:
        said = form.example.get(spec.name)
        if said and spec.kind in ("text", "long_text", "url"):
            yield spec.name, [said] if isinstance(said, str) else list(said)


def record(form: type[ReportForm], span: Span, seed: int) -> tuple[dict[str, list[str]], Record]:
    """A sample as typed, and the record that it gives."""
    typed = entries(form, span, seed)
    filled = form(typed, span=span)
    filled.validate()
    return typed, filled.record()


def _typed(
    schema: FormSchema, span: Span, rng: random.Random, *, shrinking: bool, prefix: str = ""
) -> Iterator[tuple[str, list[str]]]:
    ceiling = 4000
    for spec in schema.fields:
        name = prefix + spec.name
        if spec.kind == "rows":
            for row in range(2):
                yield from _typed(
                    FormSchema(spec.fields), span, rng, shrinking=shrinking, prefix=f"{name}-{row}-"
                )
        elif spec.kind in ("whole", "decimal"):
            low = spec.minimum or 0
            value = rng.randint(low, max(low, min(spec.maximum or ceiling, ceiling)))
            ceiling = max(1, value) if shrinking else ceiling
            yield name, [str(value)]
        else:
            yield name, _value(spec, span, rng, everything=shrinking)


def _value(spec: FieldSpec, span: Span, rng: random.Random, *, everything: bool) -> list[str]:
    day = span.starts + timedelta(days=rng.randrange(span.days))
    if spec.kind == "choice":
        return [rng.choice(spec.choices).value]
    if spec.kind == "choices":
        some = [choice.value for choice in spec.choices if everything or rng.random() < 0.5]
        return some or [rng.choice(spec.choices).value]
    if spec.kind == "yes_no":
        return [rng.choice(["yes", "yes", "yes", "no"])]
    if spec.kind == "date":
        return [day.isoformat()]
    if spec.kind == "datetime":
        return [datetime.combine(day, time(rng.randint(8, 17), 30)).isoformat(timespec="minutes")]
    if spec.kind == "url":
        return ["https://example.org/anli"]
    pool = _PARAGRAPHS if spec.kind == "long_text" else _LINES
    return [rng.choice(pool)[: spec.max_length]]
