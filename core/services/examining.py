"""Examining evidence: what a file holds, in the limited child; viruses; and what the unit is told of it.

Everything slow happens before the transaction; the effect is written once, however often the job runs. Each file of a
bag is examined for itself, whoever else may have the same bytes: nothing that a unit sees depends on other units.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session

from core.domain.access import Everything
from core.domain.files import Examined, FileState, Scan, ScanResult
from core.domain.text import Text
from core.examine import launch
from core.jobs.queue import owe
from core.services import notices, scanner
from core.services.runtime import runtime
from core.services.work import Deed, chore, reading
from core.store.filetypes import as_sent
from core.store.models import BagFile, Blob, BlobFacts, OutboxTask, PictureHash
from core.store.queries import likeness
from core.store.upsert import insert_all_or_ignore, insert_or_ignore, upsert

JOB = "examine_file"
#: So many files at most are owed by a tick of the schedule, and no more while so many wait.
MOST_OWED = 200
#: Longer than any examination.
LEFT_BEHIND_SECONDS = 3600.0

NOT_EXAMINED = Text(
    "没能检查，请人工核对。如果文件打不开，请重新上传",
    "It could not be examined: look at it yourself, and upload it again if it does not open",
)


@dataclass(frozen=True)
class Found:
    """What came of examining a file's bytes."""

    sha256: str
    examined: Examined
    scan: ScanResult


def examine(payload: dict[str, Any]) -> Found | None:
    """Examine and scan a file's bytes, its previews kept. Raises where bytes or child are not to be had: try again."""
    with reading(Everything("a file is examined for its unit")) as session:
        row = session.execute(
            select(BagFile.sha256, BagFile.name, Blob.media_type, BagFile.kind)
            .join(Blob, Blob.sha256 == BagFile.sha256)
            .where(BagFile.id == payload["bag_id"], BagFile.state == FileState.CHECKING)
        ).first()
        session.rollback()
    return look_into(row.sha256, row.name, as_sent(row.media_type, row.kind)) if row else None


def look_into(sha256: str, name: str, media_type: str) -> Found:
    """Examine and scan stored bytes and keep their previews."""
    with runtime().evidence.local(sha256) as path, _workplace() as out:
        examined = launch.examine(path, name, media_type, out)
        for preview in examined.previews:
            runtime().evidence.keep_preview(sha256, preview.name, out / preview.name)
        return Found(sha256, examined, scanner.scan(path, media_type))


@contextmanager
def _workplace() -> Iterator[Path]:
    """An empty folder; those that killed workers left behind are removed on the way."""
    workplaces = runtime().settings.data / "examining"
    workplaces.mkdir(mode=0o700, exist_ok=True)
    for left in workplaces.iterdir():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND_SECONDS:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=workplaces) as folder:
        yield Path(folder)


def keep(done: Deed, payload: dict[str, Any], found: Found | None) -> None:
    """Write down what was found, once, and owe what follows from it."""
    row = done.session.get(BagFile, payload["bag_id"])
    if row is None or found is None:
        return
    scan = keep_facts(done, found)
    done.session.refresh(row, with_for_update=True)
    if row.state != FileState.CHECKING:
        return
    if scan.verdict is Scan.INFECTED:
        scanner.refuse(done, found.sha256, scan.why)
    else:
        row.state = found.examined.state
        row.said = [said.to_json() for said in found.examined.said]
        row.checked_at = done.at
        if row.state == FileState.REFUSED:
            notices.file_refused(done, row)
    if row.state != FileState.REFUSED and found.examined.hashes:
        owe(done.session(), "find_likeness", found.sha256, {"sha256": found.sha256}, done.at)


def keep_facts(done: Deed, found: Found) -> ScanResult:
    """Write down what is known of some bytes; answers with the verdict that holds for them now.

    A virus that was found stays found until a scanner says clean; facts are not forgotten because a later look failed.
    """
    known = done.session.get(BlobFacts, found.sha256, with_for_update=True)
    scan, facts = found.scan, dict(found.examined.facts)
    shown = [preview.to_json() for preview in found.examined.previews]
    if known is not None and known.scan == Scan.INFECTED and scan.verdict is not Scan.CLEAN:
        scan = ScanResult(Scan.INFECTED, Text(*known.scan_why))
    if known is not None and found.examined.state is FileState.REFUSED:
        facts, shown = known.facts, known.previews
    upsert(done.session(), BlobFacts, _row(done, found.sha256, facts, shown, scan))
    hashes = likeness.rows(found.sha256, found.examined.hashes)
    insert_all_or_ignore(done.session(), PictureHash, hashes)
    return scan


def _row(
    done: Deed, sha256: str, facts: Mapping[str, Any], previews: list[dict[str, Any]], scan: ScanResult
) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "examined_at": done.at,
        "facts": dict(facts),
        "previews": previews,
        "scan": scan.verdict,
        "scan_why": scan.why.to_json(),
        "scanned_at": done.at,
    }


def put_in_bulk(use: Mapping[str, Any], found: Found) -> dict[str, Any]:
    """A bag file's row for a use that is written in bulk, of bytes that were looked into before."""
    shared = ("unit_id", "unit_type", "region_path", "sha256", "name", "kind", "added_at", "added_by")
    return {
        "id": use["bag_id"],
        **{name: use[name] for name in shared},
        "note": "",
        "state": found.examined.state,
        "said": [said.to_json() for said in found.examined.said],
        "checked_at": use["added_at"],
    }


def owe_missing() -> int:
    """Owe the examination of files that wait for one which nobody owes, and end the wait for those given up.

    They come from before there were examinations, or from a database that was put back.
    """
    with reading(Everything("the schedule")) as session:
        rows = session.execute(
            select(BagFile.id, OutboxTask.id)
            .outerjoin(OutboxTask, OutboxTask.key == literal(f"{JOB}:") + BagFile.id)
            .where(
                BagFile.state == FileState.CHECKING,
                or_(OutboxTask.id.is_(None), OutboxTask.failed_at.is_not(None)),
            )
            .order_by(BagFile.added_at, BagFile.id)
            .limit(MOST_OWED)
        ).all()
        waiting = _waiting(session()) if rows else 0
        session.rollback()
    lost = [bag_id for bag_id, task in rows if task is None][: max(0, MOST_OWED - waiting)]
    given_up = [bag_id for bag_id, task in rows if task is not None]
    if not lost and not given_up:
        return 0
    with chore("task.run", "the schedule") as done:
        done.about("schedule", JOB, owed=len(lost), given_up=len(given_up))
        for bag_id in given_up:
            _give_up(done, bag_id)
        return sum(owe(done.session(), JOB, bag_id, {"bag_id": bag_id}, done.at) for bag_id in lost)


def _waiting(session: Session) -> int:
    open_ones = select(func.count(OutboxTask.id)).where(
        OutboxTask.done_at.is_(None), OutboxTask.failed_at.is_(None), OutboxTask.job == JOB
    )
    return session.scalar(open_ones) or 0


def _give_up(done: Deed, bag_id: str) -> None:
    """A file that could not be examined is for people to look at; nothing of it is called scanned."""
    row = done.session.get_one(BagFile, bag_id, with_for_update=True)
    if row.state != FileState.CHECKING:
        return
    row.state, row.said, row.checked_at = FileState.ATTENTION, [NOT_EXAMINED.to_json()], done.at
    unknown = ScanResult(Scan.FAILED, NOT_EXAMINED)
    insert_or_ignore(done.session(), BlobFacts, _row(done, row.sha256, {}, [], unknown))
