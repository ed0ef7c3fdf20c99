"""A mask stands from the moment in which it is saved; the copy that others see is made by a job, once."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from core.domain.access import Actor
from core.domain.errors import Invalid, Missing
from core.domain.files import Box
from core.services import masking, opening
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from core.store.models import EvidenceFile, Mask, OutboxTask
from tests.conftest import actor
from tests.services.helpers import add_unit, clerk, document, files, handed_in, photo

MIDDLE = Box(0.25, 0.25, 0.5, 0.5)


@pytest.fixture
def use_id(any_app: Flask) -> str:
    """A photograph's use in a report of a unit that has reported nothing else."""
    report_id = handed_in(clerk(add_unit("test-operator")), "CAR-03", "week-3", uploads=[photo(5)])
    (found,) = files(report_id)
    return found


def owner(use_id: str) -> Actor:
    return clerk(db.session.get_one(EvidenceFile, use_id).unit_id)


def bag_of(use_id: str) -> str:
    return db.session.get_one(EvidenceFile, use_id).bag_id


def work(mask_id: str) -> None:
    made = masking.make({"mask_id": mask_id})
    with chore("task.run", "a test's worker") as done:
        masking.keep(done, {"mask_id": mask_id}, made)


def names(who: Actor, use_id: str) -> list[str]:
    return [preview.name for preview in opening.find_use(who, use_id).previews]


def test_others_see_nothing_until_the_copy_is_made_and_then_the_copy_alone(use_id: str) -> None:
    inspector, unit = actor("inspector"), owner(use_id)
    mask_id = masking.mask(unit, bag_of(use_id), [MIDDLE])
    owed = db.session.scalars(select(OutboxTask).where(OutboxTask.key == f"make_mask:{mask_id}")).one()
    assert owed.payload == {"mask_id": mask_id}
    assert opening.find_use(inspector, use_id).masked and names(inspector, use_id) == []
    with pytest.raises(opening.Withheld, match="遮挡"):
        opening.open_file(inspector, use_id)
    opened = opening.open_file(unit, use_id)
    original = opened.stream.read()
    opened.stream.close()
    work(mask_id)
    assert names(inspector, use_id) == ["thumb.webp", "page-1.webp"]
    with opening.preview(opening.find_use(inspector, use_id), "page-1.webp") as stream:
        copy = Image.open(io.BytesIO(stream.read()), formats=["WEBP"]).convert("RGB")
    whole = Image.open(io.BytesIO(original), formats=["JPEG"]).convert("RGB")
    assert copy.size == whole.size
    spread = [high - low for low, high in copy.crop((20, 16, 44, 32)).getextrema()]  # type: ignore[misc]
    noise = [high - low for low, high in whole.crop((20, 16, 44, 32)).getextrema()]  # type: ignore[misc]
    assert max(spread) < 8 and min(noise) > 100, "one colour where there was noise"


def test_a_new_mask_takes_the_place_of_the_old_one_whose_job_comes_to_nothing(use_id: str) -> None:
    unit, bag_id = owner(use_id), bag_of(use_id)
    first = masking.mask(unit, bag_id, [MIDDLE])
    second = masking.mask(unit, bag_id, [MIDDLE, Box(0, 0, 0.1, 0.1)])
    assert masking.make({"mask_id": first}) is None
    work(first)
    work(second)
    rows = {row.id: row for row in db.session.scalars(select(Mask).where(Mask.bag_id == bag_id))}
    assert rows[first].removed_at is not None and rows[first].previews is None
    assert rows[second].removed_at is None and len(rows[second].previews or []) == 2
    assert masking.unmask(unit, bag_id) and not masking.unmask(unit, bag_id)
    assert not opening.find_use(actor("inspector"), use_id).masked


def test_the_copy_belongs_to_one_file_whatever_else_has_its_bytes(use_id: str) -> None:
    """Another unit's file with the same bytes stays as its own unit wants it."""
    other = clerk(add_unit("test-other-operator"))
    (twin,) = files(handed_in(other, "CAR-03", "week-3", uploads=[photo(5)]))
    assert db.session.get_one(EvidenceFile, twin).sha256 == db.session.get_one(EvidenceFile, use_id).sha256
    work(masking.mask(owner(use_id), bag_of(use_id), [MIDDLE]))
    assert not opening.find_use(actor("inspector"), twin).masked
    opened = opening.open_file(actor("inspector"), twin)
    opened.stream.close()


def test_only_the_units_own_people_mask_and_only_pictures(use_id: str) -> None:
    with pytest.raises(Missing):
        masking.mask(clerk(add_unit("test-stranger")), bag_of(use_id), [MIDDLE])
    for who in ("inspector", "office"):
        with pytest.raises(Missing):
            masking.mask(actor(who), bag_of(use_id), [MIDDLE])
    with pytest.raises(Invalid, match="请先画出"):
        masking.mask(owner(use_id), bag_of(use_id), [])
    with pytest.raises(Invalid, match="最多"):
        masking.mask(owner(use_id), bag_of(use_id), [MIDDLE] * 51)


def test_text_cannot_be_masked(app: Flask, operator: Actor) -> None:
    (text,) = files(handed_in(operator, "GEN-04", "phase-1", uploads=[document(1)]))
    with pytest.raises(Invalid, match="只能遮挡图片"):
        masking.mask(operator, bag_of(text), [MIDDLE])


def test_a_copy_that_could_not_be_made_leaves_others_with_nothing(use_id: str) -> None:
    mask_id = masking.mask(owner(use_id), bag_of(use_id), [MIDDLE])
    sha256 = db.session.get_one(EvidenceFile, use_id).sha256
    path = runtime().evidence.path(sha256)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"\xff\xd8\xff and nothing more")
    work(mask_id)
    found = opening.find_use(actor("inspector"), use_id)
    assert found.masked and found.previews == ()
    assert found.file.mask is not None and found.file.mask.previews == ()
