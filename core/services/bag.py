"""A unit's evidence bag: files that were uploaded, whatever they come to prove, and the room that is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.domain.access import Actor, Permission
from core.domain.errors import Invalid, Missing, NotNow
from core.domain.files import FileState
from core.domain.text import Text
from core.jobs.queue import owe
from core.services.runtime import runtime
from core.services.transitions import hold_unit, new_id
from core.services.work import Deed, deed
from core.store.evidence import Stored, shown_name
from core.store.models import BagFile, Blob, EvidenceFile, Unit, Upload
from core.store.upsert import insert_or_ignore

LONGEST_NOTE = 500
#: What was removed frees room at once, but its bytes stay: so a day takes no more than so many times the quota.
MOST_IN_A_DAY = 2


@dataclass(frozen=True, slots=True)
class Room:
    """What a unit's bag still takes: so many files, so many bytes. Uploads under way count with their whole size."""

    files: int
    bytes: int

    def takes(self, size: int) -> bool:
        return self.files >= 1 and self.bytes >= size


def room(session: Session, unit_id: int) -> Room:
    """What is left of a unit's quota. Exact where the unit is held."""
    settings, now = runtime().settings, runtime().clock.now()
    kept = session.execute(
        select(func.count(BagFile.id), func.coalesce(func.sum(Blob.size), 0))
        .join(Blob, Blob.sha256 == BagFile.sha256)
        .where(BagFile.unit_id == unit_id, BagFile.removed_at.is_(None))
    ).one()
    coming = session.execute(
        select(func.count(Upload.id), func.coalesce(func.sum(Upload.size), 0)).where(
            Upload.unit_id == unit_id, Upload.ended_at.is_(None), Upload.expires_at > now
        )
    ).one()
    today = session.execute(
        select(func.count(BagFile.id), func.coalesce(func.sum(Blob.size), 0))
        .join(Blob, Blob.sha256 == BagFile.sha256)
        .where(BagFile.unit_id == unit_id, BagFile.added_at > now - timedelta(days=1))
    ).one()
    files, size = (
        min(quota - kept[at], MOST_IN_A_DAY * quota - today[at]) - coming[at]
        for at, quota in enumerate((settings.unit_files, settings.unit_bytes))
    )
    return Room(max(0, files), max(0, size))


def no_room(name: str) -> Text:
    """What a unit reads whose bag is full."""
    return Text(
        f"“{name}”没有保存：本单位的材料袋已满，请先删除不再需要的材料，或请联席办扩大额度",
        f"“{name}” was not kept: the unit's evidence bag is full; remove files that are not needed, or ask the "
        "office for more room",
    )


def put_in(
    done: Deed,
    unit: Unit,
    stored: Stored,
    name: str,
    *,
    note: str = "",
    replaces: str | None = None,
    number: int = 0,
) -> BagFile:
    """Put safely stored bytes into a unit's bag and owe their examination.

    `number` keeps files that came together in the order in which they were chosen.
    """
    blob = {
        "sha256": stored.sha256,
        "size": stored.size,
        "media_type": stored.type.media_type,
        "created_at": done.at,
    }
    if not insert_or_ignore(done.session(), Blob, blob):
        _mend(done, stored.sha256)
    row = BagFile(
        id=new_id(),
        unit_id=unit.id,
        unit_type=unit.unit_type,
        region_path=unit.region_path,
        sha256=stored.sha256,
        name=name,
        kind=stored.type.kind,
        note=note,
        replaces=replaces,
        # A microsecond apart, so that files sent together stay in the order in which they were chosen.
        added_at=done.at + timedelta(microseconds=number),
        added_by=done.actor.user_id,
        state=FileState.CHECKING,
        said=[],
    )
    done.session.add(row)
    done.session.flush()
    owe(done.session(), "examine_file", row.id, {"bag_id": row.id}, done.at)
    return row


def _mend(done: Deed, sha256: str) -> None:
    """These bytes were kept before, and have just been kept anew: if they were damaged, they no longer are."""
    blob = done.session.get_one(Blob, sha256)
    if blob.damaged_at is not None:
        blob.damaged_at = None
        done.detail["mended"] = True


def hold_file(done: Deed, bag_id: str) -> BagFile:
    """A file of the bag with its unit locked; raises Missing outside the deed's scope or where it was removed."""
    found = done.session.scalars(select(BagFile).where(BagFile.id == bag_id)).first()
    if found is None:
        raise Missing
    hold_unit(done, found.unit_id)
    done.session.refresh(found)
    if found.removed_at is not None:
        raise Missing
    done.about("file", found.id, unit_id=found.unit_id)
    return found


def add(
    actor: Actor, unit_id: int, stored: Stored, name: str, *, note: str = "", replaces: str | None = None
) -> str:
    """Put a stored file into the bag of an own unit; says its id. Raises Missing, or Invalid where there is no room."""
    with deed(actor, Permission.REPORT, "evidence.add") as done:
        unit = hold_unit(done, unit_id)
        shown = shown_name(name, stored.type.extension)
        if not room(done.session(), unit_id).takes(stored.size):
            raise Invalid(no_room(shown), {"files": no_room(shown)})
        if replaces is not None:
            old = hold_file(done, replaces)
            if old.unit_id != unit_id:
                raise Missing
        row = put_in(done, unit, stored, shown, note=note[:LONGEST_NOTE], replaces=replaces)
        done.about("file", row.id, unit_id=unit_id, sha256=row.sha256)
        return row.id


def describe(actor: Actor, bag_id: str, note: str) -> None:
    """Write down what a file shows."""
    with deed(actor, Permission.REPORT, "evidence.describe") as done:
        hold_file(done, bag_id).note = note.strip()[:LONGEST_NOTE]


def remove(actor: Actor, bag_id: str) -> None:
    """Take a file out of the bag. Raises NotNow while a report uses it; row and bytes stay for history."""
    with deed(actor, Permission.REPORT, "evidence.remove") as done:
        row = hold_file(done, bag_id)
        in_use = select(EvidenceFile.id).where(
            EvidenceFile.bag_id == row.id, EvidenceFile.removed_at.is_(None)
        )
        if done.session.scalar(in_use.limit(1)) is not None:
            raise NotNow(
                Text(
                    f"“{row.name}”还用在报告里，请先在报告中移除",
                    f"“{row.name}” is used in a report; remove it there first",
                )
            )
        row.removed_at = done.at
