"""Evidence of a report: kept safely first, then attached in the report's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import select

from core.config import MAX_FILE
from core.domain.declare import Evidence, FileKind
from core.domain.errors import Missing
from core.domain.files import FileState
from core.domain.text import Text
from core.services import bag
from core.services.runtime import runtime
from core.services.transitions import Held, new_id
from core.services.work import Deed
from core.store.evidence import StorageFailed, Stored, TooLarge, Unrecognised, shown_name
from core.store.models import BagFile, EvidenceFile

#: Files without a row are normal for minutes: bytes come before their row.
GRACE = timedelta(minutes=3)

KIND_TITLES: dict[FileKind, Text] = {
    "photo": Text("照片（JPEG、PNG、WebP、HEIC）", "photo (JPEG, PNG, WebP, HEIC)"),
    "video": Text("视频（MP4、MOV）", "video (MP4, MOV)"),
    "document": Text("文档（PDF、DOCX、TXT）", "document (PDF, DOCX, TXT)"),
    "sheet": Text("表格（XLSX、CSV）", "table (XLSX, CSV)"),
    "archive": Text("压缩包（ZIP）", "archive (ZIP)"),
}


@dataclass(frozen=True)
class Upload:
    """A file as it arrived."""

    name: str
    stream: BinaryIO


@dataclass(frozen=True)
class Kept:
    """A file that is safely stored, not yet attached."""

    name: str
    stored: Stored


def keep(uploads: Iterable[Upload], rule: Evidence) -> tuple[list[Kept], list[Text]]:
    """Store files under their hash; those refused are named with reason and remedy.

    Runs before the transaction, so that no lock is held while bytes are written.
    """
    kept: list[Kept] = []
    refused: list[Text] = []
    for upload in uploads:
        name = shown_name(upload.name, "")
        try:
            stored = runtime().evidence.put(upload.stream, upload.name, MAX_FILE)
        except TooLarge:
            megabytes = MAX_FILE // 1024 // 1024
            refused.append(
                Text(
                    f"“{name}”超过 {megabytes} MB，请压缩后再传",
                    f"“{name}” is over {megabytes} MB; make it smaller",
                )
            )
        except Unrecognised:
            refused.append(_wrong_kind(name, rule))
        except StorageFailed as failed:
            refused.append(not_kept(name, failed))
        else:
            if stored.type.kind in rule.kinds:
                kept.append(Kept(shown_name(upload.name, stored.type.extension), stored))
            else:
                refused.append(_wrong_kind(name, rule))
    return kept, refused


def not_kept(name: str, failed: StorageFailed) -> Text:
    """What a person reads whose file could not be stored."""
    if failed.full:
        return Text(
            f"“{name}”保存失败：存储空间不足，请告诉管理员，稍后再试",
            f"“{name}” could not be saved: the storage is full; tell the administrator and try again later",
        )
    return Text(f"“{name}”保存失败，请稍后再试", f"“{name}” could not be saved; try again later")


def _wrong_kind(name: str, rule: Evidence) -> Text:
    kinds = [KIND_TITLES[kind] for kind in rule.kinds]
    if not kinds or rule.at_most == 0:
        return Text(f"“{name}”：这项报告不需要附件", f"“{name}”: this report takes no files")
    zh, en = "、".join(kind.zh for kind in kinds), ", ".join(kind.en for kind in kinds)
    return Text(f"“{name}”不是可以接受的文件，请上传：{zh}", f"“{name}” is not accepted here; upload: {en}")


def attach(done: Deed, held: Held, files: Sequence[Kept]) -> list[Text]:
    """Put stored files into the unit's bag and use them in a report.

    Those over the rule's number, or over the unit's quota, are named and left out.
    """
    left, told = bag.room(done.session(), held.unit.id) if files else bag.Room(0, 0), []
    for number, item in enumerate(files):
        if _is_full(held):
            told.append(_too_many(item.name, held))
        elif not left.takes(item.stored.size):
            told.append(bag.no_room(item.name))
        else:
            row = bag.put_in(done, held.unit, item.stored, item.name, number=number)
            _use(done, held, row, number)
            left = bag.Room(left.files - 1, left.bytes - item.stored.size)
    return told


def attach_from_bag(done: Deed, held: Held, bag_ids: Iterable[str]) -> list[Text]:
    """Use files of the unit's bag in a report, once each; those that cannot be used are named. Raises Missing."""
    told: list[Text] = []
    used = {row.bag_id for row in held.files}
    for number, bag_id in enumerate(dict.fromkeys(bag_ids)):
        row = done.session.scalars(
            select(BagFile).where(
                BagFile.id == bag_id, BagFile.unit_id == held.unit.id, BagFile.removed_at.is_(None)
            )
        ).first()
        if row is None:
            raise Missing
        if row.id in used:
            continue
        if row.kind not in held.duty.evidence.kinds:
            told.append(_wrong_kind(row.name, held.duty.evidence))
        elif row.state == FileState.REFUSED:
            told.append(_refused(row.name))
        elif _is_full(held):
            told.append(_too_many(row.name, held))
        else:
            _use(done, held, row, number)
    return told


def _is_full(held: Held) -> bool:
    return len(held.files) >= held.duty.evidence.at_most


def _use(done: Deed, held: Held, file: BagFile, number: int) -> None:
    report = held.report
    row = EvidenceFile(
        id=new_id(),
        report_id=report.id,
        bag_id=file.id,
        unit_id=report.unit_id,
        unit_type=report.unit_type,
        region_path=report.region_path,
        sha256=file.sha256,
        name=file.name,
        kind=file.kind,
        reason="",
        # A microsecond apart, so that files sent together stay in the order in which they were chosen.
        added_at=done.at + timedelta(microseconds=number + len(held.files)),
        added_by=done.actor.user_id,
        verdict="",
        verdict_reason="",
    )
    done.session.add(row)
    held.files.append(row)


def explain(held: Held, reasons: Mapping[str, str]) -> None:
    """Write down what each use proves, by the id of the use or of the bag's file."""
    for row in held.files:
        said = reasons.get(row.id, reasons.get(row.bag_id))
        if said is not None:
            row.reason = said.strip()[: bag.LONGEST_NOTE]


def _too_many(name: str, held: Held) -> Text:
    most = held.duty.evidence.at_most
    return Text(f"“{name}”没有添加：最多 {most} 个附件", f"“{name}” was not added: at most {most} files")


def _refused(name: str) -> Text:
    return Text(
        f"“{name}”没有通过检查，不能作为佐证材料，请换一个文件",
        f"“{name}” was refused by the checks and cannot be evidence; use another file",
    )


def detach(done: Deed, held: Held, file_ids: Iterable[str]) -> None:
    """Take files off a report; row and bytes stay for its history, the file stays in the bag."""
    for file_id in file_ids:
        row = next((row for row in held.files if row.id == file_id), None)
        if row is None:
            raise Missing
        row.removed_at = done.at
        held.files.remove(row)


def lacks(done: Deed, held: Held) -> list[Text]:
    """What the report's evidence lacks before it may be submitted: refused files do not count, and must go."""
    states = dict(
        done.session.execute(
            select(BagFile.id, BagFile.state).where(BagFile.id.in_([row.bag_id for row in held.files]))
        ).all()
    )
    refused = [row for row in held.files if states.get(row.bag_id) == FileState.REFUSED]
    told = [
        Text(
            f"“{row.name}”没有通过检查，请移除它，换一个文件再提交",
            f"“{row.name}” was refused by the checks: remove it and use another file",
        )
        for row in refused
    ]
    lacking = held.duty.evidence.at_least - (len(held.files) - len(refused))
    if lacking > 0:
        least = held.duty.evidence.at_least
        told.append(
            Text(
                f"还缺 {lacking} 个佐证材料（至少 {least} 个）",
                f"Evidence needed: {lacking} more, at least {least} in all",
            )
        )
    return told
