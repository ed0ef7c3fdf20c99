"""Masking: a unit hides faces, numbers and names in a picture. While a mask stands, others see the masked copy only."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.domain.access import Actor, Everything, Permission
from core.domain.errors import Invalid
from core.domain.files import Box, Preview
from core.domain.text import Text
from core.examine import launch
from core.jobs.queue import owe
from core.services.bag import hold_file
from core.services.opening import mask_prefix
from core.services.runtime import runtime
from core.services.transitions import new_id
from core.services.work import Deed, deed, reading
from core.store.filetypes import HEIC, INLINE
from core.store.models import BagFile, Blob, Mask

JOB = "make_mask"
#: Pictures over which boxes can be drawn.
PICTURES = INLINE | {HEIC.media_type}
MOST_BOXES = 50


def mask(actor: Actor, bag_id: str, boxes: Sequence[Box]) -> str:
    """Hide parts of an own file's picture; says the mask's id. Raises Missing or Invalid.

    Others see nothing of the picture from now on, and the masked copy as soon as it is made.
    """
    with deed(actor, Permission.REPORT, "evidence.mask") as done:
        row = hold_file(done, bag_id)
        if done.session.scalar(select(Blob.media_type).where(Blob.sha256 == row.sha256)) not in PICTURES:
            raise _refusal(Text("只能遮挡图片", "Only pictures can be masked"))
        if not boxes:
            raise _refusal(Text("请先画出要遮挡的地方", "Draw what is to be hidden first"))
        if len(boxes) > MOST_BOXES:
            raise _refusal(Text(f"最多 {MOST_BOXES} 个遮挡框", f"At most {MOST_BOXES} boxes"))
        _lift(done, row)
        made = Mask(
            id=new_id(),
            bag_id=row.id,
            unit_id=row.unit_id,
            unit_type=row.unit_type,
            region_path=row.region_path,
            boxes=[box.to_json() for box in boxes],
            at=done.at,
            by=actor.user_id,
        )
        done.session.add(made)
        done.detail["boxes"] = len(boxes)
        owe(done.session(), JOB, made.id, {"mask_id": made.id}, done.at)
        return made.id


def unmask(actor: Actor, bag_id: str) -> bool:
    """Let everybody who may see the file see all of it again; says whether a mask stood."""
    with deed(actor, Permission.REPORT, "evidence.unmask") as done:
        lifted = _lift(done, hold_file(done, bag_id))
        if not lifted:
            done.outcome = "repeated"
        return lifted


def _lift(done: Deed, row: BagFile) -> bool:
    standing = done.session.scalars(
        select(Mask).where(Mask.bag_id == row.id, Mask.removed_at.is_(None))
    ).all()
    for old in standing:
        old.removed_at = done.at
    return bool(standing)


def _refusal(message: Text) -> Invalid:
    return Invalid(message, {"boxes": message})


def make(payload: dict[str, Any]) -> tuple[Preview, ...] | None:
    """Make the masked copy in the limited child, outside of any transaction; None where the mask does not stand.

    No previews mean that it could not be made: then others go on seeing nothing.
    """
    with reading(Everything("a mask is made for its unit")) as session:
        row = session.execute(
            select(Mask.boxes, BagFile.sha256, Blob.media_type)
            .join(BagFile, BagFile.id == Mask.bag_id)
            .join(Blob, Blob.sha256 == BagFile.sha256)
            .where(Mask.id == payload["mask_id"], Mask.removed_at.is_(None))
        ).first()
        session.rollback()
    if row is None:
        return None
    store = runtime().evidence
    with store.local(row.sha256) as path, tempfile.TemporaryDirectory(prefix="dudao-mask-") as folder:
        out = Path(folder)
        boxes = [Box(*box) for box in row.boxes]
        found = launch.mask(path, row.media_type, boxes, out, mask_prefix(payload["mask_id"]))
        for preview in found.previews:
            store.keep_preview(row.sha256, preview.name, out / preview.name)
    return found.previews


def keep(done: Deed, payload: dict[str, Any], made: tuple[Preview, ...] | None) -> None:
    """Show others the masked copy."""
    row = done.session.get(Mask, payload["mask_id"])
    if row is not None and made is not None:
        row.previews = [preview.to_json() for preview in made]
