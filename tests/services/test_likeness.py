"""Reused and resembling evidence: found by the job across units, told to inspectors within their scope, to nobody else."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import event, select

from core.bench import pictures
from core.domain.access import Actor, Grant, Reach, Role
from core.examine import launch
from core.examine.answers import Likeness
from core.jobs import entry
from core.services import likeness, reports
from core.services.evidence import Upload
from core.services.likeness import Found, Hints
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from core.store.models import EvidenceFile, OutboxTask, Report, Resemblance
from core.store.queries import reports as report_queries
from tests.conftest import actor
from tests.services.helpers import (
    OTHER_CITY,
    add_unit,
    clerk,
    count,
    evidence_for,
    files,
    handed_in,
    later,
    version,
)

DUTY, WEEK, NEXT = "CAR-03", "week-2", "week-3"
SIZE = (480, 360)


def jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def report_with(who: Actor, content: bytes, period: str = NEXT, seed: int = 1) -> str:
    """A submitted report, the first of whose files has this content."""
    uploads = evidence_for(DUTY, seed) or [Upload("", io.BytesIO())]
    uploads[0] = Upload("现场.jpg", io.BytesIO(content))
    return handed_in(who, DUTY, period, seed, uploads=uploads)


def work_off() -> None:
    """Run the jobs that examining evidence owes, as the worker does."""
    for job in ("examine_file", likeness.JOB):
        db.session.rollback()
        owed = select(OutboxTask.id).where(OutboxTask.job == job, OutboxTask.done_at.is_(None))
        for task in db.session.scalars(owed.order_by(OutboxTask.created_at)).all():
            db.session.rollback()
            entry.run(task)
    db.session.expire_all()


def hints(who: Actor, report_id: str) -> dict[str, Hints]:
    found = report_queries.view(db.session(), report_id, as_submitted=True)
    assert found is not None
    return likeness.of_report(who, found)


def hint(who: Actor, report_id: str) -> Hints | None:
    """Of the report's first file."""
    found = report_queries.view(db.session(), report_id, as_submitted=True)
    assert found is not None
    return likeness.of_report(who, found).get(found.files[0].id)


def in_city(who: Actor, code: str = "410100") -> Actor:
    return replace(who, grants=(Grant(Role.INSPECTOR, Reach(region_path=f"/410000/{code}/")),))


def resemble(one: str, other: str, level: str = "same", **detail: Any) -> None:
    """As the job would write it for the first files of two reports."""
    first, second = sorted(_first_hash(report_id) for report_id in (one, other))
    with chore("task.run", "a test") as done:
        told = Likeness.from_json(
            {"level": level, "score": 0.9, "mirrored": False, "crop": None, "differs": [], **detail}
        )
        likeness.keep(done, {}, [Found(first, second, 3, told)])


def _first_hash(report_id: str) -> str:
    found = report_queries.view(db.session(), report_id, as_submitted=True)
    assert found is not None
    return found.files[0].sha256


@pytest.fixture
def other(app: Flask) -> Actor:
    """The reporter of an operator in another city."""
    return clerk(add_unit("test-away", region=OTHER_CITY))


@pytest.fixture
def neighbour(app: Flask) -> Actor:
    return clerk(add_unit("test-neighbour"))


def test_a_changed_picture_of_another_unit_is_found_by_the_jobs(
    app: Flask, operator: Actor, other: Actor, inspector: Actor
) -> None:
    original = pictures.scene(1, SIZE)
    changed = pictures.mirrored(pictures.cropped(pictures.brighter(original, 0.85), 0.1, (0.2, 0.8)))
    first = report_with(operator, jpeg(original), WEEK)
    second = report_with(other, pictures_bytes(changed), seed=2)
    work_off()
    assert count(Resemblance) == 1
    found = hint(inspector, second)
    assert found is not None
    ((seen,), ()) = found.seen, found.beyond
    assert (seen.level, seen.own_unit, seen.use.report_id) == ("same", False, first)
    assert (seen.use.unit_name, seen.use.duty_code, seen.use.period_key) == (
        "test-operator（测试）",
        DUTY,
        WEEK,
    )
    back = hint(inspector, first)
    assert back is not None and [one.use.report_id for one in back.seen] == [second]
    found_pair = likeness.pair(inspector, _view(second), _first_hash(second), files(first)[0])
    assert found_pair is not None and found_pair.mirrored and found_pair.level == "same"


def pictures_bytes(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=60)
    return stream.getvalue()


def _view(report_id: str) -> report_queries.ReportView:
    found = report_queries.view(db.session(), report_id, as_submitted=True)
    assert found is not None
    return found


def test_two_weeks_of_a_platform_are_alike_with_the_places_that_differ(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    first = report_with(operator, jpeg(pictures.platform(1, 1)), WEEK)
    second = report_with(operator, jpeg(pictures.platform(1, 2)), NEXT, seed=2)
    work_off()
    found = hint(inspector, second)
    assert found is not None
    assert [(one.level, one.own_unit) for one in found.seen] == [("alike", True)]
    shown = likeness.pair(inspector, _view(second), _first_hash(second), files(first)[0])
    assert shown is not None and shown.differs and len(shown.differs) == len(shown.other_differs)


def test_running_the_job_again_changes_nothing(app: Flask, operator: Actor) -> None:
    original = pictures.scene(2, SIZE)
    report_with(operator, jpeg(original), WEEK)
    report_with(operator, pictures_bytes(pictures.resized(original, 0.5)), NEXT, seed=2)
    work_off()
    (row,) = db.session.scalars(select(Resemblance)).all()
    payload = {"sha256": row.second}
    found = likeness.find(payload)
    with chore("task.run", "a test") as done:
        likeness.keep(done, payload, found)
    assert count(Resemblance) == 1


def test_at_most_twenty_are_compared_and_a_missing_preview_stops_nothing(
    app: Flask, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = pictures.scene(3, SIZE)
    report_with(operator, jpeg(original), WEEK)
    report_with(operator, pictures_bytes(original), NEXT, seed=2)
    work_off()
    (row,) = db.session.scalars(select(Resemblance)).all()
    asked: list[object] = []

    def compare(*given: object) -> Likeness:
        asked.append(given)
        return Likeness("other", 0.0)

    monkeypatch.setattr(launch, "compare", compare)
    assert likeness.find({"sha256": row.first}) == []
    assert len(asked) == 1
    runtime().evidence.drop_previews(row.second, ["page-1.webp"])
    assert likeness.find({"sha256": row.first}) == []
    assert len(asked) == 1


def test_the_same_file_elsewhere_is_told_but_not_within_its_own_report(
    app: Flask, operator: Actor, neighbour: Actor, inspector: Actor
) -> None:
    content = jpeg(pictures.scene(4, SIZE))
    mine = report_with(operator, content, WEEK)
    assert hint(inspector, mine) is None
    again = report_with(operator, content, NEXT, seed=2)
    theirs = report_with(neighbour, content, NEXT, seed=3)
    found = hint(inspector, again)
    assert found is not None
    assert {(one.level, one.use.report_id, one.own_unit) for one in found.seen} == {
        ("exact", mine, True), ("exact", theirs, False),
    }  # fmt: skip
    assert set(hints(inspector, again)) == {files_in_order(again)[0]}, (
        "other files of the report have no hint"
    )


def files_in_order(report_id: str) -> list[str]:
    return [file.id for file in _view(report_id).files]


def test_what_was_withdrawn_removed_or_never_submitted_is_no_finding(
    app: Flask, operator: Actor, neighbour: Actor, inspector: Actor
) -> None:
    """Moving a file to the right report is honest."""
    content = jpeg(pictures.scene(5, SIZE))
    wrong = report_with(operator, content, WEEK)
    right = report_with(neighbour, content, NEXT, seed=2)
    assert hint(inspector, right) is not None
    reports.withdraw(operator, wrong, version(wrong))
    assert hint(inspector, right) is None


def test_beyond_the_inspectors_scope_only_the_city_is_told(
    app: Flask, operator: Actor, other: Actor, inspector: Actor
) -> None:
    content = jpeg(pictures.scene(6, SIZE))
    away = report_with(other, content, WEEK)
    here = report_with(operator, content, NEXT, seed=2)
    found = hint(in_city(inspector), here)
    assert found is not None and found.seen == ()
    ((place,)) = found.beyond
    assert (place.level, place.city, place.units) == ("exact", "开封市", 1)
    assert not re.search(r"test-away|[0-9a-f]{32}", repr(found)), "no name, no address of a picture"
    assert likeness.pair(in_city(inspector), _view(here), _first_hash(here), files(away)[0]) is None
    assert likeness.pair(inspector, _view(here), _first_hash(here), files(away)[0]) is not None
    wide = hint(inspector, here)
    assert wide is not None and len(wide.seen) == 1 and wide.beyond == ()


def test_resembling_pictures_are_found_in_scope_and_beyond(
    app: Flask, operator: Actor, other: Actor, neighbour: Actor, inspector: Actor
) -> None:
    here = report_with(operator, jpeg(pictures.scene(7, SIZE)))
    near = report_with(neighbour, jpeg(pictures.scene(8, SIZE)), seed=2)
    away = report_with(other, jpeg(pictures.scene(9, SIZE)), seed=3)
    resemble(here, near, "alike")
    resemble(here, away, "same")
    found = hint(in_city(inspector), here)
    assert found is not None
    assert [(one.level, one.distance, one.use.report_id) for one in found.seen] == [("alike", 3, near)]
    assert [(place.level, place.city) for place in found.beyond] == [("same", "开封市")]
    assert hint(in_city(inspector), near) is not None
    # Two that resemble a third one need not resemble each other.
    assert likeness.pair(inspector, _view(near), _first_hash(near), files(away)[0]) is None


def test_of_a_file_that_many_use_a_few_are_named_and_the_rest_counted(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    content = jpeg(pictures.scene(10, SIZE))
    here = report_with(operator, content)
    for number in range(8):
        later(timedelta(minutes=1))
        report_with(clerk(add_unit(f"test-many-{number}")), content, seed=20 + number)
    found = hint(inspector, here)
    assert found is not None
    assert len(found.seen) == 5 and found.more == 3
    assert found.seen[0].use.unit_name == "test-many-7（测试）", "the newest first"


def test_the_number_of_statements_does_not_depend_on_what_is_found(
    app: Flask, operator: Actor, neighbour: Actor, inspector: Actor
) -> None:
    content = jpeg(pictures.scene(11, SIZE))
    here = report_with(operator, content)
    view = _view(here)
    seen: list[str] = []

    def note(*given: Any) -> None:
        if given[2].startswith("SELECT"):
            seen.append(given[2])

    event.listen(db.engine, "before_cursor_execute", note)
    likeness.of_report(inspector, view)
    alone = len(seen)
    report_with(neighbour, content, seed=2)
    report_with(operator, content, WEEK, seed=3)
    seen.clear()
    assert likeness.of_report(inspector, view)
    assert len(seen) == alone <= 5


def test_places_that_differ_are_shown_in_both_pictures(
    app: Flask, operator: Actor, neighbour: Actor, inspector: Actor
) -> None:
    """The second is the mirrored right half of the first: what differs at the far right is at its left edge."""
    one = report_with(operator, jpeg(pictures.scene(12, SIZE)))
    two = report_with(neighbour, jpeg(pictures.scene(13, SIZE)), seed=2)
    resemble(one, two, "alike", mirrored=True, crop=[0.5, 0, 0.5, 1], differs=[[0.9, 0.2, 0.1, 0.1]])
    first, second = sorted((one, two), key=_first_hash)
    shown = likeness.pair(inspector, _view(first), _first_hash(first), files(second)[0])
    assert shown is not None
    assert shown.differs == ((0.9, 0.2, 0.1, 0.1),)
    assert shown.other_differs[0] == pytest.approx((0.0, 0.2, 0.2, 0.1))
    turned = likeness.pair(inspector, _view(second), _first_hash(second), files(first)[0])
    assert turned is not None and turned.other_differs == shown.differs


def test_on_postgresql_too(postgres_app: Flask) -> None:
    one, two = clerk(add_unit("test-one")), clerk(add_unit("test-two", region=OTHER_CITY))
    content = jpeg(pictures.scene(14, SIZE))
    here, away = report_with(one, content), report_with(two, content, seed=2)
    third = report_with(one, pictures_bytes(pictures.scene(14, SIZE)), WEEK, seed=3)
    work_off()
    inspector = actor("inspector")
    found = hint(inspector, here)
    assert found is not None
    assert [(one.level, one.use.report_id) for one in found.seen] == [("exact", away), ("same", third)]
    narrow = hint(in_city(inspector), here)
    assert narrow is not None and [place.city for place in narrow.beyond] == ["开封市"]
    assert db.session.scalar(select(Report.id).join(EvidenceFile).where(Report.id == here).limit(1)) == here
