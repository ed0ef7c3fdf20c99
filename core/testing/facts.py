"""Made-up facts that hooks are asked about: reports from examples, files, units that did all, half or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.api.forms import ReportForm
from core.domain.calendar import Span
from core.domain.declare import Duty, Everyone
from core.domain.duties import KindRef, freeze
from core.domain.facts import EvidenceFact, Member, Owed, ReportFact, UnitRecord
from core.domain.obligations import Interval, owed
from core.domain.schema import FormSchema
from core.domain.text import Text
from core.services import samples
from core.services.seed_reports import SAMPLE_FILES
from core.store import filetypes
from core.testing import stand_in
from core.testing.kit import NotApplicable
from core.testing.subject import NOTICE, Subject
from core.testing.worlds import NOW

AT = datetime.fromisoformat(NOW)
#: What nobody should type, and somebody does.
ODD = (
    "abc",
    "-1",
    "999999999999999999999",
    "１２",
    "1e3",
    "\u202e",
    "x" * 5000,
    "2020-02-30",
    "<b>",
    "'\"",
    "0",
)


def member(unit_type: str, kind: str, number: int = 1) -> Member:
    return Member(number, f"{kind}-{number}", f"Unit {number}", unit_type, kind, "410102", "First County")


def members(subject: Subject) -> list[Member]:
    """A unit of each kind that the plugin's duties bind."""
    types = subject.plugin.unit_types or stand_in.dudao_plugin().unit_types
    kinds = [(unit_type.key, kind.key) for unit_type in types for kind in unit_type.kinds]
    return [member(unit_type, kind, number) for number, (unit_type, kind) in enumerate(kinds, 1)]


def report(duty: str, unit: Member, days: Span, record: Mapping[str, Any], **changes: Any) -> ReportFact:
    known: dict[str, Any] = {
        "id": hashlib.sha256(f"{duty}{unit.id}{days}".encode()).hexdigest()[:32],
        "unit": unit,
        "duty": duty,
        "period": "once-1",
        "days": days,
        "state": "submitted",
        "version": 1,
        "late": False,
        "submitted_at": AT,
        "record": MappingProxyType(dict(record)),
    }
    return ReportFact(**(known | changes))


def owing(subject: Subject, duty: Duty) -> Member:
    """A unit that owes a duty."""
    known = members(subject)
    if isinstance(duty.who, Everyone):
        return known[0]
    kinds = {kind.key for kind in duty.who}
    return next((unit for unit in known if unit.kind in kinds), known[0])


def reports(subject: Subject) -> list[tuple[Duty, ReportFact]]:
    """For each duty its example; the same without what need not be filled in; each with files, and late."""
    return list(chain(*(_reports(subject, *item) for item in subject.records)))


def _reports(
    subject: Subject, duty: Duty, span: Span, record: dict[str, Any]
) -> Iterator[tuple[Duty, ReportFact]]:
    unit = owing(subject, duty)
    optional = {spec.name for spec in duty.form.schema().fields if not spec.required}
    sparse = {name: None if name in optional else value for name, value in record.items()}
    files = tuple(file for file in sample_files() if file.kind in duty.evidence.kinds)
    yield duty, report(duty.code, unit, span, record)
    yield duty, report(duty.code, unit, span, sparse, submitted_at=None)
    yield duty, report(duty.code, unit, span, record, files=files, late=True, version=4)


def sample_files() -> list[EvidenceFact]:
    return [_file(path) for path in sorted(SAMPLE_FILES.glob("*.*"))] + [_empty()]


def _file(path: Path) -> EvidenceFact:
    found, data = filetypes.recognise(path, path.name), path.read_bytes()
    assert found is not None, "the demo's own files"
    digest = hashlib.sha256(data).hexdigest()
    return EvidenceFact(
        path.stem, "r1", path.name, found.kind, found.media_type, len(data), digest, AT, path.read_bytes
    )


def _empty() -> EvidenceFact:
    """A file that cannot be read as what it says it is."""
    digest = hashlib.sha256(b"abc").hexdigest()
    return EvidenceFact("broken", "r1", "broken.jpg", "photo", "image/jpeg", 3, digest, AT, lambda: b"abc")


def asked_of_checks(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every question to the plugin's checks, by hook."""
    report_too, evidence_too = (
        subject.answers("dudao_check_report"),
        subject.answers("dudao_check_evidence"),
    )
    if not report_too and not evidence_too:
        raise NotApplicable("it has no dudao_check_report() and no dudao_check_evidence()")
    if report_too:
        yield from (("dudao_check_report", {"report": fact}) for _duty, fact in reports(subject))
    if evidence_too:
        for duty in subject.duties:
            for file in sample_files():
                yield "dudao_check_evidence", {"evidence": file, "rule": duty.evidence}


def unit_records(subject: Subject) -> list[UnitRecord]:
    """Units of each kind: with nothing known, nothing done, half, all, and all of it late."""
    return [record for unit in members(subject) for record in records_of(subject, unit).values()]


def records_of(subject: Subject, unit: Member) -> dict[str, UnitRecord]:
    shapes: dict[str, tuple[float, bool]] = {
        "nothing": (0, False),
        "half": (0.5, False),
        "all": (1, False),
        "late": (1, True),
    }
    known = {"unknown": UnitRecord(unit, AT.date(), (), ())}
    for name, (share, late) in shapes.items():
        known[name] = _record(subject, unit, share, late)
    return known


def _record(subject: Subject, unit: Member, share: float, late: bool) -> UnitRecord:
    rules = [
        freeze(duty, subject.key, unit_type, duty.form.schema())
        for unit_type, duties in (
            (None, subject.plugin.duties),
            *((kind.key, kind.duties) for kind in subject.plugin.unit_types),
        )
        for duty in duties
    ]
    examples = {duty.code: record for duty, _span, record in subject.records} if subject.duties else {}
    kind = KindRef(unit.unit_type, unit.kind, _front_line(subject, unit))
    lines, filed = [], []
    for item in owed(rules, kind, [Interval(NOTICE.span.starts)], NOTICE):
        done = int(item.needed * share + 0.5)
        line = Owed(
            item.duty.code,
            item.period.key,
            item.period.span,
            item.needed,
            done,
            done,
            late and done > 0,
            True,
        )
        lines.append(line)
        filed += [
            report(
                item.duty.code,
                unit,
                item.period.span,
                examples[item.duty.code],
                id=f"{item.duty.code}-{item.period.key}-{number}",
                period=item.period.key,
                state="accepted",
                late=late,
            )
            for number in range(done)
        ]
    return UnitRecord(unit, NOTICE.span.ends + timedelta(days=7), tuple(lines), tuple(filed))


def _front_line(subject: Subject, unit: Member) -> bool:
    types = subject.plugin.unit_types or stand_in.dudao_plugin().unit_types
    return any(kind.front_line for kind in chain(*(item.kinds for item in types)) if kind.key == unit.kind)


def odd_entries(form: type[ReportForm], span: Span) -> Iterator[dict[str, list[str]]]:
    """Each oddity in every field at once, and in one field of an otherwise good form; each field left out, too."""
    names = [spec.name for spec in form.schema().fields if spec.kind != "rows"]
    for odd in ODD:
        yield {name: [odd] for name in names}
    try:
        good, _record = samples.example(form, span)
    except Exception:  # noqa: BLE001 - `form_takes_example` tells of it
        return
    for name in names:
        yield {key: value for key, value in good.items() if key != name}
        yield from (good | {name: [odd]} for odd in ODD)


def errors_of(form: ReportForm) -> Iterator[Text]:
    """Every sentence that a form says about what was typed."""
    yield from _texts(form.errors)


def _texts(value: Any) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, Mapping):
        yield from chain(*(_texts(item) for item in value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str):
        yield from chain(*(_texts(item) for item in value))


def with_one_field_less(schema: FormSchema) -> Iterator[FormSchema]:
    """The form as it may be in another version; what was a share of the field that is gone is none any more."""
    for gone in schema.fields:
        kept = (spec for spec in schema.fields if spec is not gone)
        yield FormSchema(
            tuple(replace(spec, share_of="") if spec.share_of == gone.name else spec for spec in kept)
        )
