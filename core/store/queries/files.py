"""Evidence files with everything that decides who may see them, and how: a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.domain.files import Box, FileState, Preview, Scan
from core.domain.text import Text
from core.store.filetypes import as_sent
from core.store.models import BagFile, Blob, BlobFacts, EvidenceFile, Mask, Report, ReportStep, Unit


@dataclass(frozen=True, slots=True)
class MaskView:
    """The mask that stands over a file. `previews` is None until the masked copy is made."""

    id: str
    boxes: tuple[Box, ...]
    previews: tuple[Preview, ...] | None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of a unit's bag, perhaps in its use in a report. What bytes of other units are known for is left out."""

    use_id: str | None
    bag_id: str
    report_id: str | None
    unit_id: int
    unit_type: str
    region_path: str
    unit_name: str
    duty_code: str
    period_key: str
    submitted: bool
    name: str
    kind: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    note: str
    state: FileState
    said: tuple[Text, ...]
    checked: bool
    facts: Mapping[str, Any]
    previews: tuple[Preview, ...]
    scan: Scan | None
    scan_why: Text
    #: What the bytes are known for, whoever sent them: never shown to a unit before its own file was checked.
    infected: bool
    damaged: bool
    mask: MaskView | None


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a report: its use there, how its checks stand, and what an inspector said of it there.

    `masked` where its unit hid parts of it, `covered` once the masked copy can be seen.
    """

    id: str
    bag_id: str
    name: str
    kind: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    reason: str
    state: str
    said: tuple[Text, ...]
    verdict: str
    verdict_reason: str
    facts: Mapping[str, Any]
    previews: tuple[Preview, ...]
    scan: Scan | None
    scan_why: Text
    damaged: bool
    masked: bool
    covered: bool

    @property
    def thumb(self) -> bool:
        """Whether its own unit may see a small picture of it."""
        return bool(self.previews) and self.state != FileState.REFUSED

    @property
    def others_thumb(self) -> bool:
        """Whether everybody else may: of a masked file there is only the masked copy."""
        return self.thumb and (self.covered or not self.masked)


def use(session: Session, use_id: str) -> FileFacts | None:
    """A bag file's use in a report, in scope."""
    row = session.execute(
        select(BagFile, Blob, BlobFacts, Unit.name, EvidenceFile, Report)
        .select_from(EvidenceFile)
        .join(BagFile, BagFile.id == EvidenceFile.bag_id)
        .join(Report, Report.id == EvidenceFile.report_id)
        .join(Blob, Blob.sha256 == EvidenceFile.sha256)
        .join(Unit, Unit.id == EvidenceFile.unit_id)
        .outerjoin(BlobFacts, BlobFacts.sha256 == EvidenceFile.sha256)
        .where(EvidenceFile.id == use_id)
    ).first()
    return None if row is None else _facts(session, *row)


def of_bag(session: Session, bag_id: str) -> FileFacts | None:
    """A file of a unit's bag, in scope."""
    row = session.execute(
        select(BagFile, Blob, BlobFacts, Unit.name)
        .join(Blob, Blob.sha256 == BagFile.sha256)
        .join(Unit, Unit.id == BagFile.unit_id)
        .outerjoin(BlobFacts, BlobFacts.sha256 == BagFile.sha256)
        .where(BagFile.id == bag_id)
    ).first()
    return None if row is None else _facts(session, *row)


def masks(session: Session, bag_ids: Iterable[str]) -> dict[str, MaskView]:
    """The masks that stand over some files, by the files' ids."""
    rows = session.scalars(
        select(Mask)
        .where(Mask.bag_id.in_(list(bag_ids)), Mask.removed_at.is_(None))
        .order_by(Mask.at, Mask.id)
    )
    return {row.bag_id: _mask(row) for row in rows}


def _mask(row: Mask) -> MaskView:
    made = None if row.previews is None else shown(row.previews)
    return MaskView(row.id, tuple(Box(*box) for box in row.boxes), made)


def shown(previews: Iterable[Mapping[str, Any]]) -> tuple[Preview, ...]:
    """Previews from their JSON."""
    return tuple(Preview(**preview) for preview in previews)


def _facts(
    session: Session,
    bag: BagFile,
    blob: Blob,
    known: BlobFacts | None,
    unit_name: str,
    row: EvidenceFile | None = None,
    report: Report | None = None,
) -> FileFacts:
    # Until this very file was checked, nothing shows of what the same bytes of another unit are known for.
    own = known if bag.checked_at is not None else None
    return FileFacts(
        use_id=row.id if row else None,
        bag_id=bag.id,
        report_id=report.id if report else None,
        unit_id=bag.unit_id,
        unit_type=bag.unit_type,
        region_path=bag.region_path,
        unit_name=unit_name,
        duty_code=report.duty_code if report else "",
        period_key=report.period_key if report else "",
        submitted=report is not None and report.submitted_at is not None,
        name=row.name if row else bag.name,
        kind=bag.kind,
        media_type=as_sent(blob.media_type, bag.kind),
        size=blob.size,
        sha256=blob.sha256,
        added_at=row.added_at if row else bag.added_at,
        note=row.reason if row else bag.note,
        state=FileState(bag.state),
        said=tuple(Text(*words) for words in bag.said),
        checked=bag.checked_at is not None,
        facts=own.facts if own else {},
        previews=shown(own.previews) if own else (),
        scan=Scan(own.scan) if own else None,
        scan_why=Text(*own.scan_why) if own else Text(""),
        infected=known is not None and known.scan == Scan.INFECTED,
        damaged=blob.damaged_at is not None,
        mask=masks(session, [bag.id]).get(bag.id),
    )


def of_report(session: Session, report_id: str, *, as_submitted: bool) -> tuple[FileView, ...]:
    """The files of a report in the order in which they came: two statements more than one, however many there are."""
    submitted = (
        select(ReportStep.files)
        .where(ReportStep.report_id == report_id, ReportStep.action == "submit")
        .order_by(ReportStep.version.desc())
        .limit(1)
    )
    ids = session.scalar(submitted) if as_submitted else None
    chosen = EvidenceFile.removed_at.is_(None) if ids is None else EvidenceFile.id.in_(ids)
    rows = session.execute(
        select(EvidenceFile, BagFile, Blob, BlobFacts)
        .join(BagFile, BagFile.id == EvidenceFile.bag_id)
        .join(Blob, Blob.sha256 == EvidenceFile.sha256)
        # Nothing shows of bytes that were checked for other files only: another unit may have sent them.
        .outerjoin(BlobFacts, and_(BlobFacts.sha256 == EvidenceFile.sha256, BagFile.checked_at.is_not(None)))
        .where(EvidenceFile.report_id == report_id, chosen)
        .order_by(EvidenceFile.added_at, EvidenceFile.id)
    ).all()
    standing = masks(session, [bag.id for _use, bag, _blob, _known in rows])
    return tuple(_file(*row, standing.get(row[1].id)) for row in rows)


def _file(
    use: EvidenceFile, bag: BagFile, blob: Blob, known: BlobFacts | None, mask: MaskView | None
) -> FileView:
    return FileView(
        id=use.id,
        bag_id=bag.id,
        name=use.name,
        kind=use.kind,
        media_type=as_sent(blob.media_type, use.kind),
        size=blob.size,
        sha256=blob.sha256,
        added_at=use.added_at,
        reason=use.reason,
        state=bag.state,
        said=tuple(Text(*words) for words in bag.said),
        verdict=use.verdict,
        verdict_reason=use.verdict_reason,
        facts=known.facts if known else {},
        previews=shown(known.previews) if known else (),
        scan=Scan(known.scan) if known else None,
        scan_why=Text(*known.scan_why) if known else Text(""),
        damaged=blob.damaged_at is not None,
        masked=mask is not None,
        covered=bool(mask and mask.previews),
    )
