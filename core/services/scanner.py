"""Looking for viruses: files as they come, and again those about which the scanner could not say anything.

What is found to be infected is refused wherever it lies; unit and office are told, the audit trail keeps it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from core.domain.access import Everything
from core.domain.files import FileState, Scan, ScanResult
from core.domain.text import Text
from core.jobs.queue import owe, owed_keys
from core.services import notices
from core.services.runtime import runtime
from core.services.work import SYSTEM, Deed, chore, reading
from core.store.clamd import LASTING, UNTOLD_LIMITS, Clamd, not_configured
from core.store.evidence import StorageFailed
from core.store.filetypes import ZIP
from core.store.models import BagFile, Blob, BlobFacts

#: How often files without a verdict are tried again, in minutes: a scanner that is back has them all within ten.
AGAIN_EVERY = 4
#: One job of that kind takes so many files, and begins no other after so many seconds.
MOST_AGAIN, SECONDS_AGAIN = 200, 60.0
_UNSCANNED = (Scan.FAILED, Scan.NOT_SCANNED)


def scan(path: Path, media_type: str) -> ScanResult:
    """The scanner's verdict on a local file. A scanner that fails is a verdict too, and no exception."""
    address = runtime().settings.clamd
    if address is None:
        return not_configured()
    with path.open("rb") as stream:
        return Clamd(address).scan(stream, path.stat().st_size, packed=media_type == ZIP.media_type)


def refuse(done: Deed, sha256: str, virus: Text) -> None:
    """Refuse every file with these bytes, once; tell its unit and the office, and record it."""
    rows = done.session.scalars(
        select(BagFile)
        .where(BagFile.sha256 == sha256, BagFile.state != FileState.REFUSED)
        .order_by(BagFile.id)
        .with_for_update()
    ).all()
    for row in rows:
        row.state, row.said, row.checked_at = FileState.REFUSED, [_said(virus).to_json()], done.at
        record = Deed(done.session, SYSTEM, "evidence.infected", done.at)
        record.about("file", row.id, unit_id=row.unit_id, sha256=sha256, virus=virus.zh)
        done.session.add(record.record())
        notices.file_refused(done, row, always=True)
        notices.infected(done, row, virus)


def _said(virus: Text) -> Text:
    return Text(
        f"发现病毒（{virus.zh}），这个文件不能用。请先给存放它的电脑或手机查毒，再上传没有病毒的文件",
        f"A virus was found ({virus.en}): the file cannot be used. Scan the computer or phone that it comes from, "
        "then upload a clean file",
    )


@dataclass(frozen=True, slots=True)
class Again:
    """What came of scanning some files again, and whether others are left."""

    verdicts: tuple[tuple[str, ScanResult], ...] = ()
    more: bool = False


def owe_again() -> int:
    """Owe another try for the files without a verdict, where there are any and a scanner is configured."""
    now = runtime().clock.now()
    key = f"{now:%Y-%m-%dT%H}:{now.minute // AGAIN_EVERY}"
    if runtime().settings.clamd is None:
        return 0
    with reading(Everything("the schedule")) as session:
        waiting = select(BlobFacts.sha256).where(BlobFacts.scan.in_(_UNSCANNED)).limit(1)
        if owed_keys(session(), "scan_again", [key]) or session.scalar(waiting) is None:
            return 0
    with chore("task.run", "the schedule") as done:
        done.about("schedule", "scan_again")
        return int(owe(done.session(), "scan_again", key, {}, done.at))


def scan_again(_payload: dict[str, Any]) -> Again:
    """Scan what has no verdict yet, the longest waiting first; nothing while the scanner is not up to it."""
    address = runtime().settings.clamd
    scanner = Clamd(address) if address else None
    if scanner is None or scanner.doubts():
        return Again()
    same_again = LASTING if scanner.doubts(packed=True) is None else LASTING | {UNTOLD_LIMITS}
    waiting, verdicts = _waiting(same_again), list[tuple[str, ScanResult]]()
    until = time.monotonic() + SECONDS_AGAIN
    for sha256, media_type in waiting:
        if time.monotonic() > until or len(verdicts) == MOST_AGAIN:
            break
        try:
            with runtime().evidence.local(sha256) as path:
                verdict = scan(path, media_type)
        except OSError:
            continue  # missing bytes are the scrub's matter
        except StorageFailed:
            return Again(tuple(verdicts))  # it is away, and asked again the next time
        verdicts.append((sha256, verdict))
        if verdict.verdict is Scan.FAILED:
            return Again(tuple(verdicts))  # it fell silent again
    return Again(tuple(verdicts), more=bool(verdicts) and len(verdicts) < len(waiting))


def _waiting(same_again: Collection[Text]) -> Sequence[tuple[str, str]]:
    """Hash and type of files without a verdict, but for those about which the scanner would say the same again."""
    known = [why.to_json() for why in same_again]
    with reading(Everything("files of all units")) as session:
        rows = session.execute(
            select(BlobFacts.sha256, Blob.media_type, BlobFacts.scan_why)
            .join(Blob, Blob.sha256 == BlobFacts.sha256)
            .where(BlobFacts.scan.in_(_UNSCANNED))
            .order_by(BlobFacts.scanned_at, BlobFacts.sha256)
        ).all()
        session.rollback()
    return [(sha256, media_type) for sha256, media_type, why in rows if why not in known]


def keep_again(done: Deed, payload: dict[str, Any], again: Again) -> None:
    """Write the verdicts down; what turns out to be infected is refused. Goes on where files are left."""
    for sha256, result in again.verdicts:
        done.session.execute(
            update(BlobFacts)
            .where(BlobFacts.sha256 == sha256, BlobFacts.scan.in_(_UNSCANNED))
            .values(scan=result.verdict, scan_why=result.why.to_json(), scanned_at=done.at)
        )
        if result.verdict is Scan.INFECTED:
            refuse(done, sha256, result.why)
    if again.more:
        turn = int(payload.get("turn", 0)) + 1
        owe(done.session(), "scan_again", f"{done.at.isoformat()}:{turn}", {"turn": turn}, done.at)
