"""Whether records, files and tallies agree (idea 3). Finds, never mends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.domain.access import Everything
from core.services import campaigns, comparing, tallies
from core.services.comparing import Kind
from core.services.runtime import runtime
from core.services.work import reading
from core.store.models import Blob, EvidenceFile, OutboxTask, Report, ReportStep

#: Owed work older than this should have been done.
OUTBOX_AGE = timedelta(minutes=5)


@dataclass
class Findings:
    """What is wrong, by kind; all empty when clean."""

    rows_without_file: list[str] = field(default_factory=list)
    files_without_row: list[str] = field(default_factory=list)
    wrong_hashes: list[str] = field(default_factory=list)
    swapped: list[str] = field(default_factory=list)
    tallies: list[str] = field(default_factory=list)
    outbox: list[str] = field(default_factory=list)
    histories: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not any(vars(self).values())


def check(*, hashes: bool = True) -> Findings:
    """Compare everything with everything. `hashes` also reads every file's bytes."""
    found = Findings()
    with reading(Everything("a check of the whole installation")) as scoped:
        session = scoped()
        known = set(session.scalars(select(Blob.sha256)))
        _files(found, known, hashes=hashes)
        unknown = session.scalars(
            select(EvidenceFile.id).where(EvidenceFile.sha256.not_in(select(Blob.sha256)))
        )
        found.rows_without_file += [f"evidence {file_id}" for file_id in unknown]
        campaign = campaigns.current()
        if campaign is not None:
            found.tallies = tallies.differences(session, campaign)
        _outbox(found, session)
        _histories(found, session)
    return found


def _files(found: Findings, known: set[str], *, hashes: bool) -> None:
    present = runtime().evidence.hashes()
    wrong = comparing.presence(known, present)
    if hashes:
        wrong += [one for sha256 in sorted(known & present) if (one := comparing.bytes_of(sha256))]
    for one in wrong:
        lines = {
            Kind.MISSING: found.rows_without_file,
            Kind.ADDED: found.files_without_row,
            Kind.FLIPPED: found.wrong_hashes,
            Kind.SWAPPED: found.swapped,
        }[one.kind]
        lines.append(f"{one.name}: holds {one.holds}" if one.holds else one.name)


def _outbox(found: Findings, session: Session) -> None:
    since = runtime().clock.now() - OUTBOX_AGE
    rows = session.execute(
        select(OutboxTask.key, OutboxTask.failed_at, OutboxTask.error).where(
            OutboxTask.done_at.is_(None), OutboxTask.due_at < since
        )
    )
    found.outbox = [f"{key}: {'failed: ' + error if failed else 'still owed'}" for key, failed, error in rows]


def _histories(found: Findings, session: Session) -> None:
    """A report's state must be that of its last step."""
    rows = session.execute(
        select(Report.id, Report.state, ReportStep.state)
        .outerjoin(ReportStep, (ReportStep.report_id == Report.id) & (ReportStep.version == Report.version))
        .where(ReportStep.state.is_(None) | (ReportStep.state != Report.state))
    )
    found.histories = [f"report {i}: is {state}, its last step says {last}" for i, state, last in rows]
