"""Evidence of a report: kept safely first, then attached in the report's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import select

from core.config import MAX_FILE
from core.domain.access import Actor, Permission
from core.domain.declare import Evidence, FileKind
from core.domain.errors import Missing
from core.domain.text import Text
from core.services.runtime import runtime
from core.services.transitions import Held, new_id
from core.services.work import Deed, reading
from core.store.evidence import StorageFailed, Stored, TooLarge, Unrecognised, shown_name
from core.store.filetypes import INLINE
from core.store.models import Blob, EvidenceFile
from core.store.upsert import insert_or_ignore

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
        except StorageFailed:
            refused.append(
                Text(
                    f"“{name}”保存失败，存储空间可能不足，请稍后再试",
                    f"“{name}” could not be saved; try again later",
                )
            )
        else:
            if stored.type.kind in rule.kinds:
                kept.append(Kept(shown_name(upload.name, stored.type.extension), stored))
            else:
                refused.append(_wrong_kind(name, rule))
    return kept, refused


def _wrong_kind(name: str, rule: Evidence) -> Text:
    kinds = [KIND_TITLES[kind] for kind in rule.kinds]
    if not kinds or rule.at_most == 0:
        return Text(f"“{name}”：这项报告不需要附件", f"“{name}”: this report takes no files")
    zh, en = "、".join(kind.zh for kind in kinds), ", ".join(kind.en for kind in kinds)
    return Text(f"“{name}”不是可以接受的文件，请上传：{zh}", f"“{name}” is not accepted here; upload: {en}")


def attach(done: Deed, held: Held, files: Sequence[Kept]) -> list[Text]:
    """Attach stored files to a report; those over the rule's number are named and left out."""
    report, most = held.report, held.duty.evidence.at_most
    room = max(0, most - len(held.files))
    for number, item in enumerate(files[:room]):
        _blob(done, item.stored)
        row = EvidenceFile(
            id=new_id(),
            report_id=report.id,
            unit_id=report.unit_id,
            unit_type=report.unit_type,
            region_path=report.region_path,
            sha256=item.stored.sha256,
            name=item.name,
            kind=item.stored.type.kind,
            # A microsecond apart, so that files sent together stay in the order in which they were chosen.
            added_at=done.at + timedelta(microseconds=number),
            added_by=done.actor.user_id,
        )
        done.session.add(row)
        held.files.append(row)
    return [
        Text(
            f"“{item.name}”没有添加：最多 {most} 个附件", f"“{item.name}” was not added: at most {most} files"
        )
        for item in files[room:]
    ]


def detach(done: Deed, held: Held, file_ids: Iterable[str]) -> None:
    """Take files off a report; row and bytes stay for its history."""
    for file_id in file_ids:
        row = next((row for row in held.files if row.id == file_id), None)
        if row is None:
            raise Missing
        row.removed_at = done.at
        held.files.remove(row)


def shortfall(held: Held) -> Text | None:
    """What the report's evidence lacks, or None."""
    least, have = held.duty.evidence.at_least, len(held.files)
    if have >= least:
        return None
    lacking = least - have
    return Text(
        f"还缺 {lacking} 个佐证材料（至少 {least} 个）",
        f"Evidence needed: {lacking} more, at least {least} in all",
    )


def sweep(done: Deed) -> int:
    """Remove bytes that no report came to hold, e.g. of a refused form, after a grace time."""
    known = set(done.session.scalars(select(Blob.sha256)))
    removed = runtime().evidence.sweep(known, GRACE.total_seconds())
    done.detail["removed"] = removed
    return removed


def _blob(done: Deed, stored: Stored) -> None:
    row = {
        "sha256": stored.sha256,
        "size": stored.size,
        "media_type": stored.type.media_type,
        "created_at": done.at,
    }
    insert_or_ignore(done.session(), Blob, row)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file to send: where it lies and how it may be shown."""

    path: str
    name: str
    media_type: str
    sha256: str
    inline: bool


def open_file(actor: Actor, file_id: str) -> Opened:
    """A file in the actor's scope; raises Missing outside it. The one way to evidence bytes."""
    with reading(actor.scope(Permission.READ_FILES)) as session:
        row = session.execute(
            select(EvidenceFile.name, EvidenceFile.sha256, Blob.media_type)
            .join(Blob, Blob.sha256 == EvidenceFile.sha256)
            .where(EvidenceFile.id == file_id)
        ).first()
    if row is None:
        raise Missing
    path = runtime().evidence.path(row.sha256)
    if not path.is_file():
        raise Missing
    return Opened(str(path), row.name, row.media_type, row.sha256, row.media_type in INLINE)
