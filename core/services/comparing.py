"""What is wrong with kept evidence, by kind: bytes against their names, and both against the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select

from core.domain.access import Everything
from core.domain.text import Text
from core.services.runtime import runtime
from core.services.work import reading
from core.store.evidence import is_hash
from core.store.models import Blob

#: The sweep comes every five minutes and takes what is older than its grace: nothing may be this old.
LEFT_BEHIND = timedelta(minutes=10)
#: How many hashes a statement asks for.
_MANY = 500


class Kind(StrEnum):
    """How evidence can be wrong."""

    MISSING = "missing"
    ADDED = "added"
    FLIPPED = "flipped"
    SWAPPED = "swapped"


KIND_TITLES = {
    Kind.MISSING: Text("丢失", "missing"),
    Kind.ADDED: Text("多出", "added"),
    Kind.FLIPPED: Text("内容被改", "changed bytes"),
    Kind.SWAPPED: Text("内容互换", "swapped bytes"),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong; `holds` is whose bytes lie there, where they are another's."""

    kind: Kind
    name: str
    holds: str = ""


def presence(known: Collection[str], present: Collection[str]) -> list[Wrong]:
    """What is missing, and what is there that nobody knows. `known` must have been read before `present`."""
    missing = [Wrong(Kind.MISSING, sha256) for sha256 in sorted(set(known).difference(present))]
    added = [Wrong(Kind.ADDED, name) for name in sorted(set(present).difference(known)) if _settled(name)]
    return missing + added


def _settled(name: str) -> bool:
    """Whether a file is no upload whose row is still to come. A name that is no hash never gets a row."""
    try:
        return not is_hash(name) or runtime().evidence.age(name) > LEFT_BEHIND.total_seconds()
    except FileNotFoundError:
        return False


def bytes_of(sha256: str) -> Wrong | None:
    """What is wrong with the bytes of a file that should be there. Reads them all."""
    try:
        found = runtime().evidence.digest(sha256)
    except OSError:
        return Wrong(Kind.FLIPPED, sha256)
    if found == sha256:
        return None
    if found is None:
        return Wrong(Kind.MISSING, sha256)
    with reading(Everything("whose bytes these are")) as session:
        other = session.scalar(select(Blob.sha256).where(Blob.sha256 == found))
    return Wrong(Kind.SWAPPED, sha256, found) if other else Wrong(Kind.FLIPPED, sha256)


def unknown(names: Collection[str]) -> set[str]:
    """Those of the names that the database does not know at this moment."""
    asked, found = sorted(names), set[str]()
    with reading(Everything("the evidence of everybody")) as session:
        for start in range(0, len(asked), _MANY):
            found |= set(
                session.scalars(select(Blob.sha256).where(Blob.sha256.in_(asked[start : start + _MANY])))
            )
        session.rollback()
    return set(names) - found
