"""Evidence of a report: how many, of which kind, kept bit by bit, opened for nobody else."""

from __future__ import annotations

import hashlib
import os
import time

import pytest
from flask import Flask

from core.domain.access import Actor
from core.domain.errors import Missing
from core.domain.workflow import State
from core.services import fsck, opening, reports, upkeep
from core.services.runtime import runtime
from core.store.db import db
from tests.conftest import actor
from tests.services.helpers import (
    add_unit,
    clerk,
    document,
    files,
    handed_in,
    jpeg,
    photo,
    stored,
    submit,
    version,
)


def test_a_photograph_is_kept_bit_by_bit_even_after_it_was_taken_off(app: Flask, operator: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3", uploads=[photo(5)])
    (first,) = files(report_id)
    reports.withdraw(operator, report_id, version(report_id))
    submit(
        operator,
        "CAR-03",
        "week-3",
        report_id=report_id,
        version=version(report_id),
        uploads=[photo(6)],
        remove=[first],
    )
    assert files(report_id) != [first]
    opened = opening.open_file(operator, first)
    with opened.stream as stream:
        assert stream.read() == jpeg(5)
    assert (opened.media_type, opened.size) == ("image/jpeg", len(jpeg(5)))
    assert opened.sha256 == hashlib.sha256(jpeg(5)).hexdigest()


def test_too_few_pieces_of_evidence_are_counted_and_named(app: Flask) -> None:
    school = clerk(add_unit("test-school", "school", "education"), "education-reporter")
    saved = submit(school, "EDU-02", "phase-2", uploads=[photo(1)])
    assert [problem.zh for problem in saved.problems] == ["还缺 1 个佐证材料（至少 2 个）"]
    assert saved.answer["state"] == "draft" and len(saved.answer["files"]) == 1
    whole = submit(
        school,
        "EDU-02",
        "phase-2",
        report_id=saved.answer["id"],
        version=saved.answer["version"],
        uploads=[photo(2)],
    )
    assert whole.ok and len(whole.answer["files"]) == 2


def test_evidence_of_a_wrong_kind_is_refused_by_name_and_the_rest_is_kept(app: Flask) -> None:
    school = clerk(add_unit("test-school", "school", "education"), "education-reporter")
    saved = submit(
        school, "EDU-02", "phase-2", uploads=[photo(1), document(1, "总结.txt"), photo(2), photo(3)]
    )
    assert not saved.ok
    (problem,) = saved.problems
    assert "总结.txt" in problem.zh and "照片" in problem.zh
    assert len(saved.answer["files"]) == 3


def test_a_kind_is_told_by_the_bytes_and_never_by_the_name(app: Flask) -> None:
    school = clerk(add_unit("test-school", "school", "education"), "education-reporter")
    saved = submit(school, "EDU-02", "phase-2", uploads=[document(1, "现场一.jpg"), photo(2, "现场二.txt")])
    assert ["现场一.jpg" in problem.zh for problem in saved.problems] == [True, False]
    assert [item["name"] for item in saved.answer["files"]] == ["现场二.txt.jpg"]


def test_more_evidence_than_the_duty_takes_is_named_and_left_out(app: Flask, operator: Actor) -> None:
    """The daily report takes nine; a tenth, also one added later, is not lost without a word."""
    saved = submit(
        operator, "GEN-03", "day-18", uploads=[photo(number, f"{number}.jpg") for number in range(10)]
    )
    assert [problem.zh for problem in saved.problems] == ["“9.jpg”没有添加：最多 9 个附件"]
    assert saved.answer["state"] == "draft" and len(saved.answer["files"]) == 9
    swapped = submit(
        operator,
        "GEN-03",
        "day-18",
        report_id=saved.answer["id"],
        version=saved.answer["version"],
        uploads=[photo(20, "新.jpg")],
        remove=[saved.answer["files"][0]["id"]],
    )
    assert swapped.ok and len(swapped.answer["files"]) == 9


def test_evidence_of_another_report_cannot_be_taken_off(app: Flask, operator: Actor) -> None:
    """Nothing of the attempt remains: not the draft, not a changed file."""
    mine, other = handed_in(operator, "CAR-03", "week-3"), handed_in(operator, "CAR-03", "week-3", seed=2)
    (foreign,) = files(other)
    reports.withdraw(operator, mine, version(mine))
    with pytest.raises(Missing):
        submit(
            operator, "CAR-03", "week-3", report_id=mine, version=version(mine), remove=[foreign], uploads=[]
        )
    assert files(other) == [foreign]
    assert stored(mine).state == State.WITHDRAWN


def test_ids_on_their_own_open_nothing(app: Flask, operator: Actor) -> None:
    """A file opens for its unit, its inspector and its office, and for nobody else."""
    report_id = handed_in(operator, "CAR-03", "week-3")
    (file_id,) = files(report_id)
    for login in ("inspector", "office", "zz-office"):
        with opening.open_file(actor(login), file_id).stream as stream:
            assert stream.read(2) == b"\xff\xd8"
    for login in ("auditor", "admin", "education-reporter", "fx-office-county", "fx-inspector-outside"):
        with pytest.raises(Missing):
            opening.open_file(actor(login), file_id)
    db.session.rollback()


def test_a_file_that_was_taken_off_its_report_is_not_swept_away(app: Flask, operator: Actor) -> None:
    """It belongs to what was submitted before."""
    report_id = handed_in(operator, "CAR-03", "week-3", uploads=[photo(1)])
    reports.withdraw(operator, report_id, version(report_id))
    submit(
        operator,
        "CAR-03",
        "week-3",
        report_id=report_id,
        version=version(report_id),
        uploads=[photo(2)],
        remove=files(report_id),
    )
    taken_off = hashlib.sha256(jpeg(1)).hexdigest()
    kept = runtime().evidence.path(taken_off)
    assert kept is not None
    then = time.time() - 3600
    os.utime(kept, (then, then))
    db.session.rollback()
    assert upkeep.sweep({})["removed"] == 0
    assert kept.read_bytes() == jpeg(1)
    assert fsck.check() == fsck.Findings()
