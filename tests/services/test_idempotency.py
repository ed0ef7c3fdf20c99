"""The same key again gets the same answer and never makes a second deed (K7)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from core.domain.access import Actor, Role
from core.domain.errors import Conflict, DudaoError, NotNow
from core.domain.workflow import State
from core.services import reports
from core.services.reports import Filled, Saved
from core.store.db import db
from core.store.models import AuditRecord, EvidenceFile, Report, ReportStep
from tests.services.helpers import (
    add_unit,
    at,
    clerk,
    count,
    day,
    disagreements,
    files,
    filled,
    handed_in,
    home,
    photo,
    quiet,
    stored,
    submit,
    typed,
)
from tests.services.threads import together


def wish(who: Actor, key: str, seed: int = 1) -> Filled:
    (unit_id,) = who.unit_ids
    return filled(unit_id, "CAR-03", "week-3", seed, key=key)


def saving(who: Actor, wishes: list[Filled]) -> list[Callable[[], Saved]]:
    return [partial(reports.save, who, wish, submit=True) for wish in wishes]


def ids(answers: list[Saved | DudaoError]) -> set[str]:
    """The ids that were answered; refusals are errors here."""
    assert all(isinstance(answer, Saved) for answer in answers), answers
    return {answer.answer["id"] for answer in answers if isinstance(answer, Saved)}


def test_fifty_submissions_of_one_key_at_once_make_one_report(any_app: Flask) -> None:
    quiet()
    reporter = clerk(add_unit("test-operator"))
    wishes = [wish(reporter, "one-key") for _number in range(50)]
    db.session.rollback()
    answers = together(any_app, saving(reporter, wishes))
    (report_id,) = ids(answers)
    assert count(Report, Report.unit_id.in_(reporter.unit_ids)) == 1
    assert count(EvidenceFile, EvidenceFile.report_id == report_id) == 1
    assert count(ReportStep, ReportStep.report_id == report_id) == 1
    outcomes = [
        count(AuditRecord, AuditRecord.object_id == report_id, AuditRecord.outcome == outcome)
        for outcome in ("done", "repeated")
    ]
    assert outcomes == [1, 49]
    assert disagreements() == []


ROUNDS = [pytest.param(12, id="some"), pytest.param(400, id="many", marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_round_after_round_each_key_makes_exactly_one_report(any_app: Flask, rounds: int) -> None:
    reporter = clerk(add_unit("test-operator"))
    for number in range(rounds):
        wishes = [wish(reporter, f"key-{number}", number % 5) for _number in range(6)]
        db.session.rollback()
        ids(together(any_app, [lambda w=w: reports.save(reporter, w, submit=True) for w in wishes]))  # type: ignore[misc]
        assert count(Report, Report.unit_id.in_(reporter.unit_ids)) == number + 1


def test_of_different_contents_under_one_key_at_once_one_wins(any_app: Flask) -> None:
    """The others are refused; what the winner sent is stored whole."""
    reporter = clerk(add_unit("test-operator"))
    wishes = [wish(reporter, "one-key", seed) for seed in range(8)]
    db.session.rollback()
    answers = together(any_app, saving(reporter, wishes))
    winners = [number for number, answer in enumerate(answers) if isinstance(answer, Saved)]
    assert len(winners) == 1
    assert all(isinstance(a, Conflict) for n, a in enumerate(answers) if n not in winners)
    (report,) = db.session.query(Report).filter(Report.unit_id.in_(reporter.unit_ids)).all()
    assert report.entries == typed("CAR-03", "week-3", winners[0])
    assert len(files(report.id)) == 1


def test_the_same_key_answers_the_same_for_other_spellings_of_the_same_request(app: Flask) -> None:
    reporter = clerk(add_unit("test-operator"))
    first = reports.save(reporter, wish(reporter, "key"), submit=True)
    backwards = wish(reporter, "key")
    entries = dict(reversed(list(backwards.entries.items())))
    again = submit(reporter, "CAR-03", "week-3", entries=entries, key="key")
    assert again.ok and again.answer == first.answer


@pytest.mark.parametrize(
    "changes",
    [
        {"entries": {"wording": ["另一份内容"]}},
        {"uploads": [photo(77)]},
        {"uploads": []},
        {"remove": ["0" * 32]},
        {"seed": 2},
    ],
    ids=["other words", "other photograph", "no photograph", "a file less", "other seed"],
)
def test_the_same_key_for_other_content_is_a_conflict(app: Flask, changes: dict[str, object]) -> None:
    reporter = clerk(add_unit("test-operator"))
    report_id = handed_in(reporter, "CAR-03", "week-3", key="key")
    before = stored(report_id).entries, stored(report_id).version, files(report_id)
    with pytest.raises(Conflict):
        submit(reporter, "CAR-03", "week-3", key="key", **changes)  # type: ignore[arg-type]
    assert (stored(report_id).entries, stored(report_id).version, files(report_id)) == before
    assert count(Report, Report.unit_id.in_(reporter.unit_ids)) == 1


def test_a_draft_and_its_submission_do_not_share_a_key(app: Flask) -> None:
    """Saving is not submitting: with the key of the saved draft nothing is submitted unseen."""
    reporter = clerk(add_unit("test-operator"))
    draft = reports.save(reporter, wish(reporter, "key"), submit=False).answer
    with pytest.raises(Conflict):
        reports.save(reporter, wish(reporter, "key"), submit=True)
    assert stored(draft["id"]).state == State.DRAFT


def test_a_key_belongs_to_its_person(app: Flask) -> None:
    reporter = clerk(add_unit("test-operator"))
    lead = clerk(home(reporter), "carriers-lead", Role.LEAD)
    first = handed_in(reporter, "CAR-03", "week-3", key="key")
    second = handed_in(lead, "CAR-03", "week-3", key="key")
    assert first != second


def test_a_deed_that_was_refused_leaves_its_key_free(app: Flask) -> None:
    reporter = clerk(add_unit("test-operator"))
    with pytest.raises(NotNow):
        submit(reporter, "CAR-03", "week-4", key="key")
    at(day(11, 16, 0))
    handed_in(reporter, "CAR-03", "week-4", key="key")


def test_repeating_an_invalid_submission_says_again_what_is_wrong(app: Flask) -> None:
    """A second click must not turn "not submitted" into "submitted", nor make a second draft."""
    reporter = clerk(add_unit("test-operator"))
    wrong = typed("CAR-03", "week-3") | {"recipients": [""]}
    first, again = (
        submit(reporter, "CAR-03", "week-3", entries=wrong, uploads=[], key="key") for _number in range(2)
    )
    assert not first.ok and not again.ok
    assert again.answer == first.answer
    assert (
        (set(again.fields), again.problems)
        == (set(first.fields), first.problems)
        == ({"recipients"}, first.problems)
    )
    assert [problem.zh for problem in again.problems] == ["还缺 1 个佐证材料（至少 1 个）"]
    assert count(Report, Report.unit_id.in_(reporter.unit_ids)) == 1


def test_a_mended_report_is_submitted_under_a_new_key(app: Flask) -> None:
    reporter = clerk(add_unit("test-operator"))
    draft = submit(reporter, "CAR-03", "week-3", entries={}, key="first").answer
    again = submit(
        reporter,
        "CAR-03",
        "week-3",
        key="second",
        report_id=draft["id"],
        version=draft["version"],
        uploads=[],
    )
    assert again.ok and again.answer["id"] == draft["id"]
