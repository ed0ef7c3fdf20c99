"""A report's way through the services: filled, submitted, reviewed, mended, accepted, opened again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from core.domain.access import Actor, Grant, Reach, Role
from core.domain.errors import Conflict, Denied, Invalid, Missing, NotNow
from core.domain.workflow import CLAIM_MINUTES, State
from core.services import evidence, places, reports, review
from core.services.reports import Filled
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import EvidenceFile, Notification, OutboxTask, Report, Unit
from core.store.queries.reviews import QueueFilter
from tests.conftest import actor
from tests.services.helpers import (
    OTHER_CITY,
    add_unit,
    at,
    audited,
    clerk,
    count,
    day,
    disagreements,
    document,
    evidence_for,
    filled,
    files,
    handed_in,
    jpeg,
    later,
    photo,
    steps,
    stored,
    submit,
    typed,
    version,
)

REASON = "照片看不清日期，请重新拍摄"


@pytest.fixture
def operator(app: Flask) -> Actor:
    """The reporter of an operator that has reported nothing yet."""
    return clerk(add_unit("test-operator"))


@pytest.fixture
def inspector(app: Flask) -> Actor:
    return actor("inspector")


def accepted(report_id: str, who: Actor) -> None:
    """Claim and accept."""
    review.accept(who, report_id, review.claim(who, report_id)["version"])


def returned(report_id: str, who: Actor) -> None:
    """Claim and return."""
    review.return_(who, report_id, review.claim(who, report_id)["version"], REASON)


def test_a_report_goes_from_draft_over_a_return_to_acceptance(any_app: Flask) -> None:
    """The whole path with real photographs; each step is in the history, in the audit trail and in the tally."""
    reporter, inspector = actor("carriers-reporter"), actor("inspector")
    (unit_id,) = reporter.unit_ids
    draft = reports.save(
        reporter, filled(unit_id, "CAR-03", "week-3", uploads=[photo(1, "发送截图.jpg")]), submit=False
    )
    report_id = draft.answer["id"]
    assert (draft.answer["state"], draft.answer["version"]) == ("draft", 1)
    handed = submit(reporter, "CAR-03", "week-3", report_id=report_id, version=1, uploads=[])
    assert handed.ok and handed.answer["state"] == "submitted"
    assert [item["name"] for item in handed.answer["files"]] == ["发送截图.jpg"]

    claimed = review.claim(inspector, report_id)
    with pytest.raises(Invalid) as without_reason:
        review.return_(inspector, report_id, claimed["version"], "  \n")
    assert "reason" in without_reason.value.fields
    assert stored(report_id).state == State.IN_REVIEW
    back = review.return_(inspector, report_id, claimed["version"], REASON)
    assert (back["state"], stored(report_id).reason) == ("returned", REASON)

    mended = submit(
        reporter,
        "CAR-03",
        "week-3",
        seed=2,
        report_id=report_id,
        version=back["version"],
        uploads=[photo(2)],
        remove=files(report_id),
    )
    assert mended.ok
    assert [item["sha256"] for item in mended.answer["files"]] == [hashlib.sha256(jpeg(2)).hexdigest()]
    done = review.accept(inspector, report_id, review.claim(inspector, report_id)["version"])
    assert done["state"] == "accepted"

    history = steps(report_id)
    wanted = ["edit", "submit", "claim", "return", "submit", "claim", "accept"]
    assert [step.action for step in history] == wanted
    assert [step.version for step in history] == list(range(1, len(wanted) + 1))
    first, second = (step for step in history if step.action == "submit")
    assert (first.record, second.record) != (second.record, first.record)
    assert first.files != second.files and len(second.files or []) == 1
    deeds = ["report.save", "report.submit", "review.claim", "review.return", "report.submit", "review.claim"]
    assert audited(report_id) == [(action, "done") for action in [*deeds, "review.accept"]]
    assert disagreements() == []


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


def test_a_submitted_report_can_be_withdrawn_until_somebody_claims_it(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    assert reports.withdraw(operator, report_id, version(report_id))["state"] == "withdrawn"
    assert submit(operator, "CAR-03", "week-3", report_id=report_id, version=version(report_id)).ok
    review.claim(inspector, report_id)
    with pytest.raises(NotNow):
        reports.withdraw(operator, report_id, version(report_id))
    assert stored(report_id).state == State.IN_REVIEW


def test_withdrawing_with_the_version_of_before_the_claim_is_a_conflict(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    """The reporter looks at a page from before the inspector took the report."""
    report_id = handed_in(operator, "CAR-03", "week-3")
    before = version(report_id)
    review.claim(inspector, report_id)
    with pytest.raises(Conflict):
        reports.withdraw(operator, report_id, before)


def test_a_report_put_back_in_the_queue_is_free_for_all_again(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    put_back = review.release(inspector, report_id, review.claim(inspector, report_id)["version"])
    assert put_back["state"] == "submitted"
    assert stored(report_id).claimed_by is None
    assert reports.withdraw(operator, report_id, version(report_id))["state"] == "withdrawn"


def test_an_invalid_submission_keeps_what_was_typed_and_the_files(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    wrong = typed("CAR-03", "week-3") | {"recipients": ["很多"], "sent_at": ["2020-10-30T09:00"]}
    saved = reports.save(
        operator, filled(unit_id, "CAR-03", "week-3", entries=wrong, uploads=[photo(9)]), submit=True
    )
    assert not saved.ok
    assert set(saved.fields) == {"recipients", "sent_at"}
    report = stored(saved.answer["id"])
    assert (report.state, report.entries, report.record) == (State.DRAFT, wrong, None)
    assert [item["sha256"] for item in saved.answer["files"]] == [hashlib.sha256(jpeg(9)).hexdigest()]
    assert audited(report.id) == [("report.submit", "invalid")]
    again = submit(operator, "CAR-03", "week-3", report_id=report.id, version=report.version, uploads=[])
    assert again.ok


def test_an_invalid_submission_of_a_returned_report_leaves_it_returned(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    returned(report_id, inspector)
    saved = submit(
        operator, "CAR-03", "week-3", report_id=report_id, version=version(report_id), entries={}, uploads=[]
    )
    assert not saved.ok
    assert (stored(report_id).state, stored(report_id).entries) == (State.RETURNED, {})
    assert disagreements() == []


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


#: Week 2 of CAR-03 ends on 11-08; a day of grace makes it late from 11-10, 00:00 on.
DUE = day(11, 10, 0)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("moment", "late"), [(DUE - SECOND, False), (DUE, True), (DUE + SECOND, True)])
def test_a_report_is_late_from_the_deadlines_very_second_on(any_app: Flask, moment: object, late: bool) -> None:
    reporter = clerk(add_unit("test-operator"))
    assert moment is not None
    at(moment)  # type: ignore[arg-type]
    report_id = handed_in(reporter, "CAR-03", "week-2")
    assert stored(report_id).late is late
    assert disagreements() == []


@pytest.mark.parametrize(
    ("code", "period", "due"),
    [
        ("GEN-03", "day-1", day(10, 28, 0)),
        ("GEN-03", "day-36", day(12, 2, 0)),
        ("GEN-01", "once-1", day(11, 1, 0)),
        ("GEN-05", "once-1", day(12, 7, 0)),
        ("CAR-02", "phase-1", day(11, 6, 0)),
        ("CAR-06", "phase-3", day(12, 2, 0)),
        ("CAR-03", "week-6", day(12, 2, 0)),
    ],
)
def test_every_cadence_has_its_deadline_with_a_day_of_grace(
    app: Flask, operator: Actor, code: str, period: str, due: object
) -> None:
    """Days, weeks cut to the campaign, phases, and duties due once (W3)."""
    assert due is not None
    at(due - SECOND)  # type: ignore[operator]
    punctual = handed_in(operator, code, period)
    second = clerk(add_unit("test-operator-2"))
    at(due)  # type: ignore[arg-type]
    assert (stored(punctual).late, stored(handed_in(second, code, period)).late) == (False, True)


def test_a_return_does_not_make_a_punctual_report_late(app: Flask, operator: Actor, inspector: Actor) -> None:
    at(DUE - SECOND)
    report_id = handed_in(operator, "CAR-03", "week-2")
    at(DUE + timedelta(days=2))
    returned(report_id, inspector)
    assert submit(operator, "CAR-03", "week-2", report_id=report_id, version=version(report_id)).ok
    assert stored(report_id).late is False


def test_a_return_does_not_make_a_late_report_punctual(app: Flask, operator: Actor, inspector: Actor) -> None:
    at(DUE)
    report_id = handed_in(operator, "CAR-03", "week-2")
    returned(report_id, inspector)
    assert submit(operator, "CAR-03", "week-2", report_id=report_id, version=version(report_id)).ok
    assert stored(report_id).late is True


def test_a_withdrawal_starts_the_clock_anew(app: Flask, operator: Actor) -> None:
    at(DUE - SECOND)
    report_id = handed_in(operator, "CAR-03", "week-2")
    reports.withdraw(operator, report_id, version(report_id))
    at(DUE)
    assert submit(operator, "CAR-03", "week-2", report_id=report_id, version=version(report_id)).ok
    assert stored(report_id).late is True


@pytest.mark.parametrize(("code", "period"), [("GEN-03", "day-18"), ("GEN-05", "once-1")])
def test_a_daily_duty_and_one_due_once_cannot_be_filed_twice(
    any_app: Flask, code: str, period: str
) -> None:
    reporter = clerk(add_unit("test-operator"))
    handed_in(reporter, code, period)
    with pytest.raises(NotNow):
        submit(reporter, code, period, seed=2)
    assert count(Report, Report.unit_id.in_(reporter.unit_ids)) == 1


def test_two_drafts_of_one_day_cannot_both_be_submitted(any_app: Flask) -> None:
    """Reporter and lead each begin one; the second to submit is told, and keeps what was typed as a draft."""
    reporter = clerk(add_unit("test-operator"))
    (unit_id,) = reporter.unit_ids
    first, second = (
        reports.save(reporter, filled(unit_id, "GEN-03", "day-18", seed), submit=False).answer
        for seed in (1, 2)
    )
    handed_in(reporter, "GEN-03", "day-18", report_id=first["id"], version=first["version"])
    saved = submit(reporter, "GEN-03", "day-18", 3, report_id=second["id"], version=second["version"])
    assert not saved.ok and saved.problems == [reports.FILED_ALREADY]
    assert stored(second["id"]).state == State.DRAFT
    assert stored(second["id"]).entries == typed("GEN-03", "day-18", 3)
    assert count(Report, Report.unit_id == unit_id, Report.state == State.SUBMITTED) == 1


def test_a_withdrawn_day_can_be_filed_anew_but_not_by_both(app: Flask, operator: Actor) -> None:
    old = handed_in(operator, "GEN-03", "day-18")
    reports.withdraw(operator, old, version(old))
    handed_in(operator, "GEN-03", "day-18", seed=2)
    assert not submit(operator, "GEN-03", "day-18", report_id=old, version=version(old)).ok
    assert stored(old).state == State.WITHDRAWN


def test_a_weekly_duty_takes_more_reports_than_it_needs(app: Flask, operator: Actor) -> None:
    for seed in range(4):
        handed_in(operator, "CAR-03", "week-3", seed)
    assert disagreements() == []


def test_what_a_unit_does_not_owe_looks_as_if_it_did_not_exist(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    for code, period in [
        ("CAR-04", "week-3"),  # a hall's duty
        ("BNK-06", "week-3"),  # another type's
        ("CAR-02", "phase-2"),  # asked for in phase 1 only
        ("CAR-03", "week-7"),  # after the campaign
        ("CAR-03", "day-1"),  # not how the duty is due
        ("CAR-99", "week-3"),
        ("", ""),
    ]:
        with pytest.raises(Missing):
            reports.save(operator, Filled(unit_id, code, period, {}), submit=False)
    assert count(Report, Report.unit_id == unit_id) == 0


def test_nothing_is_owed_for_periods_that_ended_before_the_unit_began(app: Flask) -> None:
    newcomer = clerk(add_unit("test-operator", since=day(11, 9).date()))
    with pytest.raises(Missing):
        submit(newcomer, "CAR-03", "week-2")
    handed_in(newcomer, "CAR-03", "week-3")


def test_a_foreign_unit_and_a_foreign_report_look_missing(app: Flask, operator: Actor) -> None:
    stranger = clerk(add_unit("test-stranger", region=OTHER_CITY))
    (own,) = operator.unit_ids
    theirs = handed_in(stranger, "CAR-03", "week-3")
    (foreign,) = stranger.unit_ids
    for wish in (
        filled(foreign, "CAR-03", "week-3"),
        filled(foreign, "CAR-03", "week-3", report_id=theirs, version=1),
        filled(own, "CAR-03", "week-3", report_id=theirs, version=1),
        filled(999_999, "CAR-03", "week-3"),
        filled(own, "CAR-03", "week-3", report_id="0" * 32, version=1),
    ):
        with pytest.raises(Missing):
            reports.save(operator, wish, submit=True)
    with pytest.raises(Missing):
        reports.withdraw(operator, theirs, version(theirs))
    with pytest.raises(Missing):
        reports.stored_entries(operator, theirs)
    with pytest.raises(Missing):
        evidence.open_file(operator, files(theirs)[0])
    assert stored(theirs).state == State.SUBMITTED and stored(theirs).version == 1


def test_a_report_cannot_be_moved_to_another_duty_or_period(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    draft = reports.save(operator, filled(unit_id, "CAR-03", "week-3"), submit=False).answer
    for code, period in [("CAR-03", "week-2"), ("CAR-06", "phase-2")]:
        with pytest.raises(Missing):
            submit(operator, code, period, report_id=draft["id"], version=draft["version"])


def test_who_holds_no_reporters_role_submits_nothing(app: Flask) -> None:
    unit_id = add_unit("test-operator")
    for login in ("inspector", "office", "auditor", "admin"):
        with pytest.raises(Missing):
            reports.save(actor(login), filled(unit_id, "CAR-03", "week-3"), submit=True)
    assert count(Report, Report.unit_id == unit_id) == 0


def test_a_period_that_has_not_begun_is_refused_with_its_first_day(app: Flask, operator: Actor) -> None:
    at(day(11, 15, 23, 59, 59))
    with pytest.raises(NotNow) as refused:
        submit(operator, "CAR-03", "week-4")
    assert "2020-11-16" in refused.value.message.zh
    at(day(11, 16, 0))
    handed_in(operator, "CAR-03", "week-4")


def test_a_disabled_unit_neither_submits_nor_withdraws(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    kept = handed_in(operator, "CAR-03", "week-2")
    draft = reports.save(operator, filled(unit_id, "CAR-03", "week-3"), submit=False).answer
    places.switch_unit(actor("office"), unit_id, False, "机构撤并")
    for wish in ({}, {"report_id": draft["id"], "version": draft["version"]}):
        with pytest.raises(Denied):
            submit(operator, "CAR-03", "week-3", **wish)
    with pytest.raises(Denied):
        reports.withdraw(operator, kept, version(kept))
    assert stored(kept).state == State.SUBMITTED
    places.switch_unit(actor("office"), unit_id, True, "恢复")
    assert submit(operator, "CAR-03", "week-3", report_id=draft["id"], version=draft["version"]).ok


def test_the_second_writer_gets_a_conflict_and_overwrites_nothing(any_app: Flask) -> None:
    """K8: nothing that the first one saved is lost, and the second one's text was never stored."""
    reporter = clerk(add_unit("test-operator"))
    lead = clerk(*reporter.unit_ids, "carriers-lead", Role.LEAD)
    (unit_id,) = reporter.unit_ids
    draft = reports.save(reporter, filled(unit_id, "CAR-03", "week-3"), submit=False).answer
    seen = {"report_id": draft["id"], "version": draft["version"]}
    ours = typed("CAR-03", "week-3", 2) | {"wording": ["先到的内容"]}
    theirs = typed("CAR-03", "week-3", 3) | {"wording": ["后到的内容"]}
    reports.save(lead, filled(unit_id, "CAR-03", "week-3", entries=ours, uploads=[], **seen), submit=False)
    for do_submit in (False, True):
        with pytest.raises(Conflict):
            wish = filled(unit_id, "CAR-03", "week-3", entries=theirs, uploads=[photo(3)], **seen)
            reports.save(reporter, wish, submit=do_submit)
    assert reports.stored_entries(reporter, draft["id"]) == (draft["version"] + 1, ours)
    assert len(files(draft["id"])) == 1
    assert [step.user_name for step in steps(draft["id"])] == [reporter.name, lead.name]


def test_whoever_does_not_say_which_version_was_read_overwrites_nothing(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    draft = reports.save(operator, filled(unit_id, "CAR-03", "week-3"), submit=False).answer
    with pytest.raises(Conflict):
        submit(operator, "CAR-03", "week-3", seed=2, report_id=draft["id"])
    assert stored(draft["id"]).entries == typed("CAR-03", "week-3", 1)


def test_a_submitted_report_cannot_be_edited(app: Flask, operator: Actor, inspector: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    for prepare in (lambda: None, lambda: accepted(report_id, inspector)):
        prepare()
        before = stored(report_id).entries
        with pytest.raises(NotNow):
            submit(operator, "CAR-03", "week-3", 2, report_id=report_id, version=version(report_id))
        assert stored(report_id).entries == before


def test_the_office_opens_an_accepted_report_again_with_a_reason(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    accepted(report_id, inspector)
    with pytest.raises(Invalid):
        reports.reopen(actor("office"), report_id, version(report_id), " ")
    with pytest.raises(Missing):
        reports.reopen(inspector, report_id, version(report_id), REASON)
    with pytest.raises(Missing):
        reports.reopen(operator, report_id, version(report_id), REASON)
    assert reports.reopen(actor("office"), report_id, version(report_id), REASON)["state"] == "returned"
    assert stored(report_id).reason == REASON
    assert disagreements() == []
    assert submit(operator, "CAR-03", "week-3", 2, report_id=report_id, version=version(report_id)).ok
    assert stored(report_id).state == State.SUBMITTED


def test_only_an_accepted_report_can_be_opened_again(app: Flask, operator: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    with pytest.raises(NotNow):
        reports.reopen(actor("office"), report_id, version(report_id), REASON)


def test_a_city_office_opens_no_report_of_another_city(app: Flask, inspector: Actor) -> None:
    stranger = clerk(add_unit("test-stranger", region=OTHER_CITY))
    report_id = handed_in(stranger, "CAR-03", "week-3")
    accepted(report_id, inspector)
    with pytest.raises(Missing):
        reports.reopen(actor("zz-office"), report_id, version(report_id), REASON)
    assert stored(report_id).state == State.ACCEPTED


def also_inspector(who: Actor) -> Actor:
    return replace(who, grants=(*who.grants, Grant(Role.INSPECTOR, Reach())))


def test_nobody_reviews_a_report_of_an_own_unit(app: Flask, operator: Actor, inspector: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    lead = clerk(*operator.unit_ids, "carriers-lead", Role.LEAD)
    for judge in (also_inspector(operator), also_inspector(lead)):
        with pytest.raises(Denied):
            review.claim(judge, report_id)
    claimed = review.claim(inspector, report_id)
    turned = replace(inspector, grants=(*inspector.grants, Grant(Role.LEAD, Reach(*operator.unit_ids))))
    for decide in (
        lambda: review.accept(turned, report_id, claimed["version"]),
        lambda: review.return_(turned, report_id, claimed["version"], REASON),
    ):
        with pytest.raises(Denied):
            decide()
    assert stored(report_id).state == State.IN_REVIEW


def test_who_submitted_a_report_never_reviews_it_even_after_leaving_the_unit(
    app: Flask, operator: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    left = replace(operator, grants=(Grant(Role.INSPECTOR, Reach()),))
    with pytest.raises(Denied):
        review.claim(left, report_id)


def test_the_next_report_in_the_queue_is_never_one_of_an_own_unit(app: Flask, operator: Actor) -> None:
    handed_in(operator, "CAR-06", "phase-2")
    newest = QueueFilter(unit_type="carriers", duty_code="CAR-06")
    judge = also_inspector(clerk(*operator.unit_ids, "carriers-lead"))
    while (taken := review.claim_next(judge, newest)) is not None:
        assert stored(taken["id"]).unit_id not in operator.unit_ids
        review.accept(judge, taken["id"], taken["version"])
    assert review.claim_next(actor("inspector"), newest) is not None


def test_an_inspector_outside_the_region_or_type_finds_nothing(app: Flask, operator: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    outside = replace(
        actor("inspector"), grants=(Grant(Role.INSPECTOR, Reach(region_path=f"/410000/{OTHER_CITY}/")),)
    )
    other_type = replace(
        actor("inspector"), grants=(Grant(Role.INSPECTOR, Reach(unit_types=frozenset({"banks"}))),)
    )
    for judge in (outside, other_type, operator):
        with pytest.raises(Missing):
            review.claim(judge, report_id)
    assert stored(report_id).state == State.SUBMITTED


def test_a_claim_keeps_others_out_for_twenty_minutes_and_then_lapses(app: Flask, operator: Actor) -> None:
    first, second = actor("inspector"), actor("fx-inspector-inside")
    report_id = handed_in(operator, "CAR-03", "week-3")
    stale = review.claim(first, report_id)["version"]
    later(timedelta(minutes=CLAIM_MINUTES))
    with pytest.raises(Conflict) as busy:
        review.claim(second, report_id)
    assert first.name in busy.value.message.zh
    with pytest.raises(Conflict):
        review.accept(second, report_id, stale)
    later(SECOND)
    claimed = review.claim(second, report_id)
    assert stored(report_id).claimed_by == second.user_id
    with pytest.raises(Conflict):
        review.accept(first, report_id, stale)
    assert review.accept(second, report_id, claimed["version"])["state"] == "accepted"


def test_claiming_again_lengthens_ones_own_claim(app: Flask, operator: Actor) -> None:
    first, second = actor("inspector"), actor("fx-inspector-inside")
    report_id = handed_in(operator, "CAR-03", "week-3")
    review.claim(first, report_id)
    later(timedelta(minutes=CLAIM_MINUTES))
    review.claim(first, report_id)
    later(timedelta(minutes=CLAIM_MINUTES))
    with pytest.raises(Conflict):
        review.claim(second, report_id)


def test_a_decision_owes_one_notice_and_a_repeated_one_is_refused(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    claimed = review.claim(inspector, report_id)["version"]
    review.accept(inspector, report_id, claimed)
    with pytest.raises(Conflict):
        review.accept(inspector, report_id, claimed)
    with pytest.raises(NotNow):
        review.accept(inspector, report_id, version(report_id))
    assert count(OutboxTask, OutboxTask.job == "notify_decision", OutboxTask.key.contains(report_id)) == 1
    assert count(Notification) == 0


def test_when_the_deed_is_refused_nothing_of_it_is_stored(app: Flask, operator: Actor) -> None:
    """The period that a unit does not owe leaves no draft, no evidence row and no record."""
    before = count(Report), count(EvidenceFile), count(Unit)
    with pytest.raises(NotNow):
        submit(operator, "CAR-03", "week-5")
    assert (count(Report), count(EvidenceFile), count(Unit)) == before
    assert runtime().evidence.hashes(), "bytes may stay for the janitor, rows may not"
    assert evidence_for("CAR-03", 1)


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
