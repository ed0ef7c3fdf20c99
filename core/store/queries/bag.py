"""A unit's evidence bag as its pages show it. Everything here is read within the unit's own scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.domain.text import Text
from core.store.filetypes import as_sent
from core.store.models import BagFile, Blob, BlobFacts, EvidenceFile, Mask, Report, User


@dataclass(frozen=True, slots=True)
class UseView:
    """A report that uses a file."""

    report_id: str
    duty_code: str
    period_key: str
    state: str


@dataclass(frozen=True, slots=True)
class BagView:
    """A file of the bag. `newer` is the version that replaced it, `replaces` the one before it."""

    id: str
    name: str
    kind: str
    media_type: str
    size: int
    sha256: str
    note: str
    added_at: datetime
    added_by_name: str
    state: str
    said: tuple[Text, ...]
    uses: tuple[UseView, ...]
    replaces: str | None
    newer: str | None
    thumb: bool
    masked: bool


def _in_use(bag_id: Any) -> ColumnElement[bool]:
    return exists().where(EvidenceFile.bag_id == bag_id, EvidenceFile.removed_at.is_(None))


def _there(unit_id: int, *, unsorted: bool) -> list[ColumnElement[bool]]:
    conditions = [BagFile.unit_id == unit_id, BagFile.removed_at.is_(None)]
    if unsorted:
        conditions.append(~_in_use(BagFile.id))
    return conditions


def page(
    session: Session, unit_id: int, *, unsorted: bool, offset: int, limit: int
) -> tuple[list[BagView], int]:
    """A page of a unit's files, the newest first; `unsorted` ones are used in no report."""
    return _page(session, _there(unit_id, unsorted=unsorted), offset, limit)


def as_of(
    session: Session, unit_id: int, moment: datetime, offset: int, limit: int
) -> tuple[list[BagView], int]:
    """What the bag held at a moment: files that had come and were neither removed nor replaced by then."""
    later = aliased(BagFile)
    replaced = exists().where(later.replaces == BagFile.id, later.added_at <= moment)
    conditions = [
        BagFile.unit_id == unit_id,
        BagFile.added_at <= moment,
        or_(BagFile.removed_at.is_(None), BagFile.removed_at > moment),
        ~replaced,
    ]
    return _page(session, conditions, offset, limit)


def several(session: Session, unit_id: int, ids: Iterable[str]) -> list[BagView]:
    """Files of a unit by their ids, in the order in which they came."""
    wanted = [*_there(unit_id, unsorted=False), BagFile.id.in_(list(ids))]
    return _views(session, _rows(wanted).order_by(BagFile.added_at, BagFile.id))


def unsorted_count(session: Session, unit_id: int) -> int:
    """How many files of a unit are used in no report."""
    return session.scalar(select(func.count(BagFile.id)).where(*_there(unit_id, unsorted=True))) or 0


def _page(
    session: Session, conditions: Sequence[ColumnElement[bool]], offset: int, limit: int
) -> tuple[list[BagView], int]:
    total = session.scalar(select(func.count(BagFile.id)).where(*conditions)) or 0
    newest = _rows(conditions).order_by(BagFile.added_at.desc(), BagFile.id)
    return _views(session, newest.offset(offset).limit(limit)), total


def _rows(conditions: Iterable[ColumnElement[bool]]) -> Select[Any]:
    return (
        select(BagFile, Blob.media_type, Blob.size, User.name, BlobFacts.previews)
        .join(Blob, Blob.sha256 == BagFile.sha256)
        .join(User, User.id == BagFile.added_by)
        # Previews of a file that is being checked do not show yet: another unit's may be there already.
        .outerjoin(BlobFacts, and_(BlobFacts.sha256 == BagFile.sha256, BagFile.checked_at.is_not(None)))
        .where(*conditions)
    )


def _views(
    session: Session, statement: Select[Any]
) -> list[BagView]:
    rows = session.execute(statement).all()
    ids = [row.id for row, *_rest in rows]
    uses = _uses(session, ids)
    newer = dict(
        session.execute(
            select(BagFile.replaces, BagFile.id).where(
                BagFile.replaces.in_(ids), BagFile.removed_at.is_(None)
            )
        ).all()
    )
    masked = set(
        session.scalars(select(Mask.bag_id).where(Mask.bag_id.in_(ids), Mask.removed_at.is_(None)))
    )
    return [
        BagView(
            id=row.id,
            name=row.name,
            kind=row.kind,
            media_type=as_sent(media_type, row.kind),
            size=size,
            sha256=row.sha256,
            note=row.note,
            added_at=row.added_at,
            added_by_name=by,
            state=row.state,
            said=tuple(Text(*words) for words in row.said),
            uses=tuple(uses[row.id]),
            replaces=row.replaces,
            newer=newer.get(row.id),
            thumb=bool(previews),
            masked=row.id in masked,
        )
        for row, media_type, size, by, previews in rows
    ]


def _uses(session: Session, ids: Sequence[str]) -> dict[str, list[UseView]]:
    found: dict[str, list[UseView]] = defaultdict(list)
    rows = session.execute(
        select(EvidenceFile.bag_id, Report.id, Report.duty_code, Report.period_key, Report.state)
        .join(Report, Report.id == EvidenceFile.report_id)
        .where(EvidenceFile.bag_id.in_(ids), EvidenceFile.removed_at.is_(None))
        .order_by(EvidenceFile.added_at, EvidenceFile.id)
    )
    for bag_id, *use in rows:
        found[bag_id].append(UseView(*use))
    return found
