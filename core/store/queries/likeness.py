"""The index of perceptual hashes: which pictures have one that differs from a given one in few bits.

A hash of 64 bits stands in four indexed bands of 16. Two hashes that differ in at most RADIUS = 7 bits differ in at
most one bit within one of the bands (4 × 2 = 8 > 7), so that looking up each band's value and its 16 neighbours of one
bit finds every such hash: exactly as a comparison with all of them would. New rows are found from their commit on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.store.models import PictureHash

RADIUS = 7
#: The bits that turn when a picture is mirrored: the same as core.examine.hashes.MIRROR, which the child alone imports.
MIRROR = 0xAA955552AAA554A9
_HASHES = PictureHash.__table__
_BANDS = (_HASHES.c.band0, _HASHES.c.band1, _HASHES.c.band2, _HASHES.c.band3)
_WHOLE = 2**64 - 1
#: Looked up by their keys so many at a time; databases limit the values of one statement.
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Near:
    """A stored hash near one that was asked for: under which variant, mirrored or not, in how many bits it differs."""

    sha256: str
    variant: str
    asked: str
    mirrored: bool
    distance: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that may be the same: its nearest hash, and how near all of them are (the more, the nearer)."""

    sha256: str
    distance: int
    closeness: int


def rows(sha256: str, hashes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of PictureHash for a picture's hashes by variant (16 hexadecimal digits each)."""
    return [_row(sha256, variant, int(digits, 16)) for variant, digits in hashes.items()]


def _row(sha256: str, variant: str, bits: int) -> dict[str, Any]:
    bands = {f"band{number}": band for number, band in enumerate(_bands(bits))}
    # Databases know signed numbers only.
    signed = bits - 2**64 if bits >= 2**63 else bits
    return {"sha256": sha256, "variant": variant, "bits": signed, **bands}


def _bands(bits: int) -> Iterator[int]:
    return (bits >> (48 - 16 * number) & 0xFFFF for number in range(4))


def near(session: Session, asked: Mapping[str, int], *, besides: str = "") -> list[Near]:
    """Every stored hash within RADIUS bits of one of those asked for or of its mirror image, the nearest first.

    Two statements: numbers first, from the indexes alone, since most that share a band are far away in the others.
    """
    wanted = [
        (name, mirrored, bits ^ MIRROR if mirrored else bits)
        for name, bits in asked.items()
        for mirrored in (False, True)
    ]
    if not wanted:
        return []
    reached = _reached([bits for _name, _mirrored, bits in wanted])
    met: dict[int, list[tuple[str, bool, int]]] = {}
    for key, signed in session.execute(_sharing_a_band(reached)):
        stored = signed & _WHOLE
        for number in _meant(reached, stored):
            name, mirrored, bits = wanted[number]
            distance = (stored ^ bits).bit_count()
            if distance <= RADIUS:
                met.setdefault(key, []).append((name, mirrored, distance))
    found = [
        Near(sha256, variant, *each)
        for key, sha256, variant in _named(session, list(met))
        for each in met[key]
        if sha256 != besides
    ]
    return sorted(found, key=lambda one: (one.distance, one.sha256, one.variant, one.asked, one.mirrored))


#: For each band its values within one bit of a wanted hash's, and the numbers of those hashes.
_Reached = Sequence[Mapping[int, Sequence[int]]]


def _reached(wanted: Sequence[int]) -> _Reached:
    found: list[dict[int, list[int]]] = [{} for _ in _BANDS]
    for number, bits in enumerate(wanted):
        for band, value in zip(found, _bands(bits), strict=True):
            for turned in (0, *(1 << place for place in range(16))):
                band.setdefault(value ^ turned, []).append(number)
    return found


def _meant(reached: _Reached, stored: int) -> set[int]:
    """Which of the wanted hashes share a band with a stored one, or nearly; asked for tens of thousands."""
    one, two, three, four = reached
    return {
        *one.get(stored >> 48, ()),
        *two.get(stored >> 32 & 0xFFFF, ()),
        *three.get(stored >> 16 & 0xFFFF, ()),
        *four.get(stored & 0xFFFF, ()),
    }


def _sharing_a_band(reached: _Reached) -> Any:
    shared = or_(*(column.in_(sorted(band)) for column, band in zip(_BANDS, reached, strict=True)))
    return select(_HASHES.c.id, _HASHES.c.bits).where(shared)


def _named(session: Session, keys: list[int]) -> Iterator[tuple[int, str, str]]:
    for start in range(0, len(keys), _AT_ONCE):
        chosen = _HASHES.c.id.in_(keys[start : start + _AT_ONCE])
        for row in session.execute(select(_HASHES.c.id, _HASHES.c.sha256, _HASHES.c.variant).where(chosen)):
            yield row.id, row.sha256, row.variant


def candidates(session: Session, sha256: str, most: int) -> list[Candidate]:
    """The pictures most like a stored one by their hashes.

    Those with many near parts come first: among hundreds of screenshots of one platform a true copy has all of them.
    """
    own = session.execute(select(PictureHash.variant, PictureHash.bits).where(PictureHash.sha256 == sha256))
    best: dict[str, dict[str, int]] = {}
    for one in near(session, {row.variant: row.bits & _WHOLE for row in own}, besides=sha256):
        parts = best.setdefault(one.sha256, {})
        parts[one.asked] = min(one.distance, parts.get(one.asked, RADIUS))
    found = [
        Candidate(name, min(parts.values()), sum(RADIUS + 1 - distance for distance in parts.values()))
        for name, parts in best.items()
    ]
    return sorted(found, key=lambda one: (-one.closeness, one.distance, one.sha256))[:most]
