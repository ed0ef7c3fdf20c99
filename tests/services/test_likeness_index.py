"""The index finds exactly what a comparison with every stored hash finds, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import event

from core.store.db import begin_writing, db
from core.store.models import Blob, PictureHash
from core.store.queries import likeness
from core.store.queries.likeness import MIRROR, RADIUS
from core.store.upsert import insert_all_or_ignore

BITS = some.integers(0, 2**64 - 1)
ENDS = some.sampled_from([0, 2**64 - 1, 2**63, 2**63 - 1, 0xFFFF, 0xFFFF << 48])


@some.composite
def near_to(draw: some.DrawFn, centre: int) -> int:
    """A hash that differs in up to twelve bits, at times all within one band."""
    band = draw(some.sampled_from([None, 0, 16, 32, 48]))
    places = some.integers(0, 63) if band is None else some.integers(band, band + 15)
    for place in draw(some.lists(places, max_size=12)):
        centre ^= 1 << place
    return centre


@some.composite
def worlds(draw: some.DrawFn) -> tuple[int, list[int]]:
    asked = draw(BITS | ENDS)
    around = some.one_of(near_to(asked), near_to(asked ^ MIRROR), BITS, ENDS)
    return asked, draw(some.lists(around, min_size=1, max_size=40))


@pytest.fixture
def empty(any_app: Flask) -> Iterator[None]:
    db.session.rollback()
    yield
    db.session.rollback()


def put(stored: list[int]) -> None:
    """In a transaction that nobody commits."""
    db.session.rollback()
    begin_writing(db.session())
    db.session.query(PictureHash).delete()
    names = [f"{number:064x}" for number in range(len(stored))]
    at = datetime(2020, 11, 1, tzinfo=UTC)
    blobs = [{"sha256": name, "size": 1, "media_type": "image/jpeg", "created_at": at} for name in names]
    insert_all_or_ignore(db.session(), Blob, blobs)
    rows = [
        likeness.rows(name, {"full": f"{bits:016x}"})[0] for name, bits in zip(names, stored, strict=True)
    ]
    insert_all_or_ignore(db.session(), PictureHash, rows)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds())
def test_every_hash_within_the_radius_is_found_and_no_other(
    empty: None, world: tuple[int, list[int]]
) -> None:
    asked, stored = world
    put(stored)
    found = {(one.sha256, one.mirrored, one.distance) for one in likeness.near(db.session(), {"full": asked})}
    brute = {
        (f"{number:064x}", mirrored, distance)
        for number, bits in enumerate(stored)
        for mirrored, turned in ((False, 0), (True, MIRROR))
        if (distance := (bits ^ asked ^ turned).bit_count()) <= RADIUS
    }
    assert found == brute


def test_a_search_takes_two_statements_however_many_parts_are_asked_for(empty: None) -> None:
    put([number * 0x9E3779B97F4A7C15 % 2**64 for number in range(500)])
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    asked = {f"part{number}": (number * 0x9E3779B97F4A7C15 % 2**64) ^ 0b111 for number in range(9)}
    assert {one.asked for one in likeness.near(db.session(), asked)} >= set(asked)
    assert len(seen) == 2
    assert likeness.near(db.session(), {}) == []


def test_what_has_most_parts_in_common_comes_first(empty: None) -> None:
    """A true copy stands before screenshots of the same platform, which share one part exactly."""
    base = {f"part{number}": (number + 1) * 0x9E3779B97F4A7C15 % 2**64 for number in range(4)}
    put([])
    names = [f"{number:064x}" for number in range(30)]
    at = datetime(2020, 11, 1, tzinfo=UTC)
    insert_all_or_ignore(
        db.session(),
        Blob,
        [{"sha256": name, "size": 1, "media_type": "image/jpeg", "created_at": at} for name in names],
    )
    rows = likeness.rows(names[0], {name: f"{bits:016x}" for name, bits in base.items()})
    rows += likeness.rows(names[29], {name: f"{bits ^ 1:016x}" for name, bits in base.items()})
    for name in names[1:29]:
        rows += likeness.rows(name, {"part0": f"{base['part0']:016x}"})
    insert_all_or_ignore(db.session(), PictureHash, rows)
    found = likeness.candidates(db.session(), names[0], 20)
    assert len(found) == 20
    assert found[0].sha256 == names[29]
    assert names[0] not in {one.sha256 for one in found}
