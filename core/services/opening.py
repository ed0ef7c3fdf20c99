"""Opening evidence: who gets which bytes, and that they are still those that came."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from core.domain.access import Actor, Permission, covers
from core.domain.errors import DudaoError, Invalid, Missing
from core.domain.files import FileState, Preview
from core.domain.text import Text
from core.services import damage
from core.services.runtime import runtime
from core.services.work import deed, reading
from core.store.evidence import CHUNK
from core.store.filetypes import INLINE, MP4
from core.store.queries import files
from core.store.queries.files import FileFacts

log = logging.getLogger(__name__)
#: Originals up to this size are hashed each time they are served; larger ones once an hour, unless they change.
HASHED_EACH_TIME = 64 * 1024 * 1024
REMEMBERED_SECONDS = 3600.0
MOST_REMEMBERED = 10_000
#: The only types that a browser may show in place.
SHOWN_IN_PLACE = INLINE | {MP4.media_type}
SHORTEST_REASON = 5


class Withheld(DudaoError):
    """A file that is there and is not handed out; `code` is damaged, infected, refused or masked."""

    def __init__(self, code: str, message: Text) -> None:
        super().__init__(message)
        self.code = code


DAMAGED = Text(
    "这个文件现在的内容和上传时不一致，或者已经丢失，所以不提供查看和下载。系统已通知管理员，请等待从备份恢复；急用时请联系填报单位重新上传。",
    "This file is not what was uploaded any more, or is lost, so it is not shown. The administrators were told and will "
    "restore it from a backup; if it is urgent, ask the unit to upload it again.",
)
INFECTED = Text(
    "查毒时在这个文件里发现了病毒，任何人都不能查看或下载。请换一个文件重新上传。",
    "The virus scan found a virus in this file; nobody can view or download it. Upload another file instead.",
)
REFUSED = Text(
    "这个文件没有通过检查，任何人都不能查看或下载。请换一个文件重新上传。",
    "This file was refused by the checks; nobody can view or download it. Upload another file instead.",
)
MASKED = Text(
    "单位遮挡了这张图片的一部分。要看原件，请在查看页写明理由，打开会被记录。",
    "The unit masked parts of this picture. To see the original, give a reason on the viewing page; it is recorded.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file as one person may see it; `own` where the person works for its unit."""

    file: FileFacts
    own: bool

    @property
    def masked(self) -> bool:
        """Whether this person sees the masked copy only."""
        return self.file.mask is not None and not self.own

    @property
    def withheld(self) -> Withheld | None:
        """Why nobody gets this file. A unit is not told of bytes that were checked for others only."""
        if self.file.infected and (self.file.checked or not self.own):
            return Withheld("infected", INFECTED)
        return Withheld("refused", REFUSED) if self.file.state is FileState.REFUSED else None

    @property
    def previews(self) -> tuple[Preview, ...]:
        """The previews that this person may see, under the names that tell what they show: thumb, page-1, …"""
        if self.withheld is not None:
            return ()
        if not self.masked or self.file.mask is None:
            return self.file.previews
        prefix = mask_prefix(self.file.mask.id)
        made = self.file.mask.previews or ()
        return tuple(replace(preview, name=preview.name.removeprefix(prefix)) for preview in made)

    @property
    def pages(self) -> tuple[Preview, ...]:
        """The large previews, in order."""
        return tuple(preview for preview in self.previews if preview.name.startswith("page-"))


@dataclass(frozen=True, slots=True)
class Opened:
    """An original to send: whole, at its beginning. Whoever gets it closes the stream."""

    stream: BinaryIO
    path: Path | None
    name: str
    media_type: str
    sha256: str
    size: int

    @property
    def inline(self) -> bool:
        return self.media_type in SHOWN_IN_PLACE


def mask_prefix(mask_id: str) -> str:
    """How the previews of a masked copy begin."""
    return f"m{mask_id}-"


def find_use(actor: Actor, use_id: str) -> Found:
    """A file's use in a report in the actor's scope; raises Missing outside it."""
    with reading(actor.scope(Permission.READ_FILES)) as session:
        return _found(actor, files.use(session(), use_id))


def find_in_bag(actor: Actor, bag_id: str) -> Found:
    """A file of the bag of an own unit; raises Missing elsewhere."""
    with reading(actor.scope(Permission.REPORT)) as session:
        return _found(actor, files.of_bag(session(), bag_id))


def _found(actor: Actor, file: FileFacts | None) -> Found:
    if file is None:
        raise Missing
    mine = actor.scope(Permission.REPORT)
    own = covers(mine, unit_id=file.unit_id, region_path=file.region_path, unit_type=file.unit_type)
    return Found(file, own)


def open_file(actor: Actor, use_id: str) -> Opened:
    """The original of a use in the actor's scope. Raises Missing outside it, Withheld where nobody gets it so."""
    return original(find_use(actor, use_id))


def original(found: Found) -> Opened:
    """The bytes that came; raises Withheld."""
    if found.withheld is not None:
        raise found.withheld
    if found.masked:
        raise Withheld("masked", MASKED)
    return _open(found.file)


def unmasked(actor: Actor, use_id: str, reason: str) -> Opened:
    """The original in spite of a mask, on the record. Raises Missing, Withheld, or Invalid without a reason."""
    found = find_use(actor, use_id)
    if found.withheld is not None:
        raise found.withheld
    if len(reason.strip()) < SHORTEST_REASON:
        message = Text(
            f"请写明为什么要看原件（至少 {SHORTEST_REASON} 个字）",
            f"Say why you need the original (at least {SHORTEST_REASON} characters)",
        )
        raise Invalid(message, {"reason": message})
    opened = _open(found.file)
    try:
        with deed(actor, Permission.READ_FILES, "evidence.open_original") as done:
            done.about("evidence", use_id, unit_id=found.file.unit_id, reason=reason.strip())
    except BaseException:
        opened.stream.close()
        raise
    return opened


def preview(found: Found, name: str) -> BinaryIO:
    """A preview that this person may see, by its plain name or as the masked copy's own. Raises Missing or Withheld."""
    if found.withheld is not None:
        raise found.withheld
    mask = found.file.mask
    masked = {item.name for item in mask.previews or ()} if mask is not None else set()
    plain = {item.name for item in found.previews}
    if name in plain and found.masked and mask is not None:
        name = mask_prefix(mask.id) + name
    elif name not in plain | masked:
        raise Missing
    try:
        return runtime().evidence.open_preview(found.file.sha256, name)
    except FileNotFoundError:
        raise Missing from None


def link(opened: Opened, seconds: int) -> str | None:
    """An address of the store's own from which a browser downloads an original; None where there is none."""
    return runtime().evidence.link(
        opened.sha256, name=opened.name, media_type=opened.media_type, inline=False, seconds=seconds
    )


def _open(file: FileFacts) -> Opened:
    """The original, once its bytes were seen to be those of its name."""
    store = runtime().evidence
    try:
        stream = store.open(file.sha256)
    except FileNotFoundError:
        raise _damaged(file) from None
    try:
        whole = _is_whole(stream, file)
    except BaseException:
        stream.close()
        raise
    if not whole:
        stream.close()
        raise _damaged(file)
    return Opened(stream, store.path(file.sha256), file.name, file.media_type, file.sha256, file.size)


#: Large originals that were found whole: what was seen of them, and until when that holds.
_seen_whole: dict[str, tuple[tuple[int, ...], float]] = {}


def _is_whole(stream: BinaryIO, file: FileFacts) -> bool:
    """Whether the bytes hash to their name. The same open file is served afterwards."""
    seen, now = _identity(stream, file.size), time.monotonic()
    before, until = _seen_whole.get(file.sha256, ((), 0.0))
    if file.size > HASHED_EACH_TIME and before == seen and now < until:
        return True
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    stream.seek(0)
    if size != file.size or digest.hexdigest() != file.sha256:
        _seen_whole.pop(file.sha256, None)
        return False
    if file.size > HASHED_EACH_TIME:
        if len(_seen_whole) >= MOST_REMEMBERED:
            _seen_whole.clear()
        _seen_whole[file.sha256] = (seen, now + REMEMBERED_SECONDS)
    return True


def _identity(stream: BinaryIO, size: int) -> tuple[int, ...]:
    """What changes when a local file is replaced or written to; elsewhere there is only its size."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, AttributeError):
        return (size,)
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _damaged(file: FileFacts) -> Withheld:
    """Write down that an original is damaged; whoever asked is answered in any case."""
    try:
        damage.note(file.sha256)
    except Exception:
        log.exception("a damaged file could not be recorded")
    return Withheld("damaged", DAMAGED)
