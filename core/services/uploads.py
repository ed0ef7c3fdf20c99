"""Resumable uploads: what may begin, how it goes on after each break, and how a whole file gets into the bag.

The offset is what the part file holds, so that pieces leave no rows. The last byte counts only with the file's row in
the bag: whoever lost the last answer is told one byte less, and that byte ends the upload once more, with one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from sqlalchemy import select

from core.domain.access import Actor, Permission
from core.domain.errors import Invalid, Missing
from core.domain.tus import Checksum, Said
from core.services import bag
from core.services import upload_refusals as refusals
from core.services.hashing import Beside
from core.services.idempotency import fingerprint, remember, repeated
from core.services.runtime import runtime
from core.services.transitions import hold_unit, new_id
from core.services.upload_refusals import Busy, Ended, NotKept, TooMuch, WrongOffset, WrongSum
from core.services.upload_rows import (
    Standing,
    expire,
    find,
    going_on,
    own_unit,
    parts,
    read_anew,
    standing_of,
    under_way,
    unfinished,
)
from core.services.work import Deed, deed
from core.store.db import db
from core.store.evidence import StorageFailed, Stored, TooLarge, Unrecognised, shown_name
from core.store.models import BagFile, Upload
from core.store.parts import Locked, Part, PartGone, TooLong, Unverified

__all__ = [
    "Body",
    "Standing",
    "add",
    "begin",
    "expire",
    "give_up",
    "said_of",
    "standing",
    "under_way",
    "unfinished",
]

#: How long an upload may take in all.
LASTS = timedelta(hours=24)
#: How many uploads a person may have open.
MOST_OPEN = 20
#: Seconds for which a request waits for a part whose holder's connection is dead.
PATIENCE = 4.0


class Body(Protocol):
    """A piece on its way: its length as announced, how much arrived, whether it ended too early, and its bytes.

    `wanted` says whether somebody else waits for the upload; a body to whom nothing comes then ends.
    """

    length: int | None
    arrived: int
    cut: bool

    def pieces(self, wanted: Callable[[], bool]) -> Iterator[bytes]: ...


def begin(actor: Actor, said: Said, size: int, header: str, key: str | None = None) -> Standing:
    """Begin an upload to an own unit; `header` is what the client said, word for word. Limits are told here.

    The same `key` again is the same upload, for whoever lost the answer.
    """
    unit = own_unit(actor, said.unit)
    name, most = shown_name(said.name, ""), runtime().settings.max_file
    if size > most:
        raise TooMuch.file(name, most)
    if size == 0:
        raise refusals.empty(name)
    upload_id = new_id()
    try:
        parts().make(upload_id, header)
        with deed(actor, Permission.REPORT, "evidence.upload") as done:
            known = repeated(done, key, fingerprint("upload", header, size))
            if known is None:
                begun = _enter(done, unit.id, Upload(id=upload_id, name=name, size=size), said)
                remember(done, key, {"id": upload_id})
    except BaseException as error:
        parts().remove(upload_id)
        if isinstance(error, OSError):
            raise NotKept(name, StorageFailed.of(error)) from error
        raise
    if known is None:
        return begun
    parts().remove(upload_id)
    return standing(actor, known["id"])


def _enter(done: Deed, unit_id: int, row: Upload, said: Said) -> Standing:
    """Write an upload's row while its unit is held, so that quotas are exact."""
    unit = hold_unit(done, unit_id)
    if said.replaces is not None and bag.hold_file(done, said.replaces).unit_id != unit_id:
        raise Missing
    session = done.session()
    if len(going_on(session, done.actor)) >= MOST_OPEN:
        raise refusals.too_many(MOST_OPEN)
    _refuse_no_room(done, unit_id, row.name, row.size)
    row.unit_id, row.unit_type, row.region_path = unit.id, unit.unit_type, unit.region_path
    row.user_id, row.created_at, row.expires_at = done.actor.user_id, done.at, done.at + LASTS
    session.add(row)
    done.about("upload", row.id, unit_id=unit.id, name=row.name, size=row.size)
    return standing_of(row)


def _refuse_no_room(done: Deed, unit_id: int, name: str, size: int) -> None:
    if not bag.room(done.session(), unit_id).takes(size):
        raise Invalid(bag.no_room(name), {"files": bag.no_room(name)})


def said_of(found: Standing) -> str:
    """What the client said of its file, word for word; nothing once the file is in the bag."""
    return parts().about(found.id)


def standing(actor: Actor, upload_id: str) -> Standing:
    """How far an own upload has come. Raises Missing, Ended, Busy, or Denied where its unit is disabled by now.

    Never a guess: while somebody else still writes, even a process that was killed but has not died yet, the offset
    may grow between this answer and the piece that relies on it.
    """
    found = find(actor, upload_id)
    if found.bag_id is not None:
        return found
    try:
        with _held(found) as part:
            return found.at(part.length)
    except Ended:
        return _kept_meanwhile(actor, found)


def add(actor: Actor, upload_id: str, offset: int, body: Body, checksum: Checksum | None = None) -> Standing:
    """Add a piece to an own upload, and put the file into the bag once it is whole.

    Whatever arrived before a break is kept, unless a checksum stands for the whole piece.
    """
    found = find(actor, upload_id)
    # What was read so far is let go: no transaction stays open while bytes arrive slowly.
    db.session.rollback()
    if found.bag_id is not None:
        return _once_more(found, offset, body)
    try:
        with _held(found) as part:
            return _grown(actor, found, part, offset, body, checksum)
    except Ended:
        return _once_more(_kept_meanwhile(actor, found), offset, body)


def _grown(
    actor: Actor, found: Standing, part: Part, offset: int, body: Body, checksum: Checksum | None
) -> Standing:
    here = found.at(part.length)
    if offset != here.offset:
        raise WrongOffset(here.offset)
    if body.length is not None and body.length > found.size - offset:
        raise TooMuch.piece(found.name)
    digest = _take_in(found, part, body, checksum)
    if part.length < found.size or not body.arrived:
        return found.at(part.length)
    return _finish(actor, found, part, digest)


def _kept_meanwhile(actor: Actor, found: Standing) -> Standing:
    """An upload whose part is gone because somebody else put its file into the bag; else raises Ended.

    That is the client itself, on a connection that it has given up while its file was being kept.
    """
    db.session.rollback()  # what was read before the wait is old
    again = find(actor, found.id)
    if again.bag_id is None:
        raise Ended
    return again


def _take_in(found: Standing, part: Part, body: Body, checksum: Checksum | None) -> str | None:
    """Write a piece; says the file's hash where this one piece was the whole of it."""
    whole = Beside() if part.length == 0 else None

    def eat(piece: bytes) -> None:
        if whole is not None:
            whole.update(piece)
        if checksum is not None:
            checksum.update(piece)

    pieces = body.pieces(lambda: parts().wanted(found.id))
    verified = checksum.fits if checksum is not None else None
    try:
        if part.length < found.size:
            part.append(pieces, found.size - part.length, eat, verified)
        else:
            _taste(pieces, eat, verified)
    except TooLong:
        raise TooMuch.piece(found.name) from None
    except Unverified:
        if not body.cut:
            raise WrongSum from None
    except OSError as error:
        raise NotKept(found.name, StorageFailed.of(error)) from error
    finally:
        if whole is not None:
            whole.close()
    return whole.hexdigest() if whole is not None else None


def _taste(
    pieces: Iterator[bytes], eat: Callable[[bytes], None], verified: Callable[[], bool] | None
) -> None:
    """Take the last byte once more: it has been here since the first time."""
    for piece in pieces:
        eat(piece)
    if verified is not None and not verified():
        raise Unverified


def _finish(actor: Actor, found: Standing, part: Part, digest: str | None) -> Standing:
    """Make a whole part evidence, then write its row. A crash in between leaves the part's second name."""
    said = Said.read(parts().about(found.id))
    own_unit(actor, found.unit_id)
    db.session.rollback()
    try:
        stored = runtime().evidence.take(part.hold(), said.name or found.name, found.size, sha256=digest)
    except FileNotFoundError:
        raise Ended from None
    except (Unrecognised, TooLarge):
        _give_up(actor, found, "invalid")
        raise refusals.unrecognised(found.name) from None
    except StorageFailed as error:
        # Bytes whose sync failed may be lost although they can still be read: they are never tried again.
        _give_up(actor, found, "failed")
        raise NotKept(found.name, error) from error
    kept = _put_in_bag(actor, found, stored, said)
    parts().remove(found.id)
    return kept


def _put_in_bag(actor: Actor, found: Standing, stored: Stored, said: Said) -> Standing:
    with deed(actor, Permission.REPORT, "evidence.add") as done:
        unit = hold_unit(done, found.unit_id)
        row = read_anew(done, found.id)
        row.ended_at = done.at
        done.session.flush()  # its size no longer counts as coming
        name = shown_name(said.name or found.name, stored.type.extension)
        _refuse_no_room(done, unit.id, name, stored.size)
        before, note = _replaced(done, unit.id, said.replaces), said.note[: bag.LONGEST_NOTE]
        file = bag.put_in(done, unit, stored, name, note=note, replaces=before)
        row.bag_id = file.id
        done.about("file", file.id, unit_id=unit.id, sha256=file.sha256, upload=found.id)
        return standing_of(row)


def _replaced(done: Deed, unit_id: int, bag_id: str | None) -> str | None:
    """The version before, unless it was removed while its successor was on the way."""
    its_own = (BagFile.unit_id == unit_id, BagFile.removed_at.is_(None))
    return done.session.scalar(select(BagFile.id).where(BagFile.id == bag_id, *its_own))


def _once_more(found: Standing, offset: int, body: Body) -> Standing:
    """The last piece again, of somebody who lost the answer: the same answer, nothing more."""
    for _piece in body.pieces(lambda: False):
        pass
    if offset + body.arrived != found.size:
        raise WrongOffset(found.size)
    return found


def give_up(actor: Actor, upload_id: str) -> None:
    """End an own upload on the client's behalf; what came of it is removed."""
    found = find(actor, upload_id)
    if found.bag_id is not None:
        raise Ended
    with _held(found):
        _give_up(actor, found, "done")


def _give_up(actor: Actor, found: Standing, outcome: str) -> None:
    with deed(actor, Permission.REPORT, "evidence.upload") as done:
        hold_unit(done, found.unit_id)
        row = read_anew(done, found.id)
        row.ended_at, done.outcome = done.at, outcome
        done.about("upload", row.id, unit_id=row.unit_id, name=row.name, given_up=True)
    parts().remove(found.id)


@contextmanager
def _held(found: Standing) -> Iterator[Part]:
    """An upload's part, alone. Raises Busy or Ended."""
    try:
        with parts().lock(found.id, PATIENCE) as part:
            yield part
    except Locked:
        raise Busy from None
    except PartGone:
        raise Ended from None
