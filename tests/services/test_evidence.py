"""Evidence of a report: how many, of which kind, kept bit by bit, opened for nobody else."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from core.domain.access import Actor
from core.domain.errors import Missing, NotNow
from core.domain.workflow import State
from core.services import evidence, fsck, reports
from core.services.reports import Saved
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from tests.conftest import actor
from tests.services.helpers import (
    add_unit,
    clerk,
    document,
    files,
    filled,
    handed_in,
    home,
    jpeg,
    photo,
    stored,
    submit,
    version,
)
from tests.services.threads import together


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
    opened = evidence.open_file(operator, first)
    assert Path(opened.path).read_bytes() == jpeg(5)
    assert (opened.media_type, opened.sha256) == ("image/jpeg", hashlib.sha256(jpeg(5)).hexdigest())


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
        assert evidence.open_file(actor(login), file_id).sha256
    for login in ("auditor", "admin", "education-reporter", "fx-office-county", "fx-inspector-outside"):
        with pytest.raises(Missing):
            evidence.open_file(actor(login), file_id)
    db.session.rollback()


def aged(sha256: str, minutes: float) -> None:
    """Make a kept file so old."""
    then = time.time() - minutes * 60
    os.utime(runtime().evidence.path(sha256), (then, then))


def sweep() -> int:
    with chore("task.run", "a test") as done:
        return evidence.sweep(done)


def test_bytes_that_no_report_came_to_hold_are_swept_away_after_a_time_of_grace(
    app: Flask, operator: Actor
) -> None:
    """A refused form's files stay for minutes, since they come before their row; what a report holds stays for ever."""
    kept = handed_in(operator, "CAR-03", "week-3", uploads=[photo(1)])
    for _number in range(2):
        with pytest.raises(NotNow):
            submit(operator, "CAR-03", "week-4", uploads=[photo(2)])
    held, stray = (hashlib.sha256(jpeg(seed)).hexdigest() for seed in (1, 2))
    assert {held, stray} <= runtime().evidence.hashes()
    aged(held, 60 * 24 * 365)
    assert sweep() == 0
    aged(stray, 60)
    assert fsck.check().files_without_row == [stray]
    assert sweep() == 1
    assert held in runtime().evidence.hashes() and stray not in runtime().evidence.hashes()
    assert fsck.check() == fsck.Findings()
    assert evidence.open_file(operator, files(kept)[0]).sha256 == held


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
    aged(hashlib.sha256(jpeg(1)).hexdigest(), 60)
    assert sweep() == 0
    assert fsck.check() == fsck.Findings()


ROUNDS = [pytest.param(10, id="some"), pytest.param(200, id="many", marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_sweeping_while_the_same_bytes_arrive_again_loses_nothing(any_app: Flask, rounds: int) -> None:
    """An old stray is about to be swept in the moment in which a report comes to hold the same bytes."""
    who = clerk(add_unit("one"))
    for seed in range(100, 100 + rounds):
        stray = runtime().evidence.put(photo(seed).stream, "x.jpg", 10**6).sha256
        aged(stray, 60)
        wish = filled(home(who), "CAR-03", "week-3", 1, uploads=[photo(seed)])
        db.session.rollback()
        jobs: list[Callable[[], object]] = [partial(reports.save, who, wish, submit=True), sweep]
        saved, _swept = together(any_app, jobs)
        assert isinstance(saved, Saved) and saved.ok
        assert runtime().evidence.path(stray).read_bytes() == jpeg(seed)
