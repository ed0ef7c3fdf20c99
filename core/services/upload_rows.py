"""Uploads under way: whose they are, how far they have come, and their end when nobody goes on with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.domain.access import Actor, Permission
from core.domain.errors import Invalid, Missing
from core.domain.text import Text
from core.domain.units import UnitFacts
from core.services import plugins
from core.services.admission import refuse_disabled
from core.services.runtime import runtime
from core.services.upload_refusals import Ended
from core.services.work import Deed, reading
from core.store.models import Upload
from core.store.parts import PartGone, Parts
from core.store.queries import units


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands. With `bag_id` its file is in the bag, and only then its last byte counts."""

    id: str
    unit_id: int
    name: str
    size: int
    expires_at: datetime
    ended: bool
    bag_id: str | None
    offset: int = 0

    def at(self, length: int) -> Standing:
        """The same with so many bytes in its part."""
        return replace(self, offset=min(length, self.size - 1))


def standing_of(row: Upload) -> Standing:
    return Standing(
        id=row.id,
        unit_id=row.unit_id,
        name=row.name,
        size=row.size,
        expires_at=row.expires_at,
        ended=row.ended_at is not None,
        bag_id=row.bag_id,
        offset=row.size if row.bag_id is not None else 0,
    )


def parts() -> Parts:
    return Parts(runtime().evidence.incoming)


def find(actor: Actor, upload_id: str) -> Standing:
    """An own upload that may go on or is in the bag. Raises Ended; another's looks as if it did not exist."""
    with reading(actor.scope(Permission.REPORT)) as session:
        row = session.scalars(
            select(Upload).where(Upload.id == upload_id, Upload.user_id == actor.user_id)
        ).first()
        if row is None:
            raise Missing
        found = standing_of(row)
    own_unit(actor, found.unit_id)
    if found.bag_id is None and (found.ended or found.expires_at <= runtime().clock.now()):
        raise Ended
    return found


def read_anew(done: Deed, upload_id: str) -> Upload:
    """The row as it is while its unit is held; raises Ended where it is no longer under way."""
    statement = select(Upload).where(Upload.id == upload_id).execution_options(populate_existing=True)
    row = done.session.scalars(statement).one()
    if row.ended_at is not None:
        raise Ended
    return row


def own_unit(actor: Actor, unit_id: int | None) -> UnitFacts:
    """The own unit that an upload is for, while it may report: the only one where none is named."""
    owners, on = runtime().registry.owner_of_type, plugins.on()
    with reading(actor.scope(Permission.REPORT)) as session:
        own = [
            unit
            for unit in units.several(session(), actor.unit_ids)
            if owners.get(unit.unit_type) in on and unit_id in (None, unit.id)
        ]
    if not own:
        raise Missing
    if len(own) > 1:
        raise Invalid(Text("请说明材料属于哪个单位", "Say to which unit the file belongs"))
    refuse_disabled(own[0])
    return own[0]


def going_on(session: Session, actor: Actor) -> list[Upload]:
    """A person's uploads that may go on, the oldest first."""
    statement = select(Upload).where(
        Upload.user_id == actor.user_id,
        Upload.ended_at.is_(None),
        Upload.expires_at > runtime().clock.now(),
    )
    return list(session.scalars(statement.order_by(Upload.created_at, Upload.id)))


def unfinished(actor: Actor, unit_id: int) -> list[Standing]:
    """A person's uploads to a unit that may go on or be cancelled."""
    with reading(actor.scope(Permission.REPORT)) as session:
        found = [standing_of(row) for row in going_on(session(), actor) if row.unit_id == unit_id]
    return [each.at(length) for each in found if (length := _length(each.id)) is not None]


def _length(upload_id: str) -> int | None:
    try:
        return parts().length(upload_id)
    except PartGone:
        return None


def expire(done: Deed) -> int:
    """End the uploads whose time is over, with their parts; says how many."""
    late = select(Upload).where(Upload.ended_at.is_(None), Upload.expires_at <= done.at)
    rows = done.session.scalars(late).all()
    for row in rows:
        row.ended_at = done.at
        parts().remove(row.id)
    done.detail["expired"] = len(rows)
    return len(rows)


def under_way(session: Session) -> set[str]:
    """Names of the parts that may still grow: every other one may be swept away."""
    return set(session.scalars(select(Upload.id).where(Upload.ended_at.is_(None))))
