"""A report's way through the services: filled, submitted, returned, mended, accepted, opened again."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask

from core.domain.access import Actor, Role
from core.domain.errors import Conflict, Denied, Invalid, Missing, NotNow
from core.domain.workflow import State
from core.services import reports, review, switching
from core.services.runtime import runtime
from core.store.models import EvidenceFile, Notification, OutboxTask, Report, Unit
from tests.conftest import actor
from tests.services.helpers import (
    OTHER_CITY,
    accepted,
    add_unit,
    audited,
    clerk,
    count,
    disagreements,
    evidence_for,
    files,
    filled,
    handed_in,
    home,
    jpeg,
    photo,
    quiet,
    returned,
    steps,
    stored,
    submit,
    typed,
    version,
)

REASON = "照片看不清日期，请重新拍摄"


def test_a_report_goes_from_draft_over_a_return_to_acceptance(any_app: Flask) -> None:
    """The whole path with real photographs; each step is in the history, in the audit trail and in the tally."""
    quiet()
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


def test_a_disabled_unit_neither_submits_nor_withdraws(app: Flask, operator: Actor) -> None:
    (unit_id,) = operator.unit_ids
    kept = handed_in(operator, "CAR-03", "week-2")
    draft = reports.save(operator, filled(unit_id, "CAR-03", "week-3"), submit=False).answer
    switching.switch_unit(actor("office"), unit_id, False, "机构撤并")
    for wish in ({}, {"report_id": draft["id"], "version": draft["version"]}):
        with pytest.raises(Denied):
            submit(operator, "CAR-03", "week-3", **wish)
    with pytest.raises(Denied):
        reports.withdraw(operator, kept, version(kept))
    assert stored(kept).state == State.SUBMITTED
    switching.switch_unit(actor("office"), unit_id, True, "恢复")
    assert submit(operator, "CAR-03", "week-3", report_id=draft["id"], version=draft["version"]).ok


def test_the_second_writer_gets_a_conflict_and_overwrites_nothing(any_app: Flask) -> None:
    """K8: nothing that the first one saved is lost, and the second one's text was never stored."""
    reporter = clerk(add_unit("test-operator"))
    lead = clerk(home(reporter), "carriers-lead", Role.LEAD)
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
    kept = stored(draft["id"])
    assert (kept.version, kept.entries) == (draft["version"] + 1, ours)
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
    for decide in (False, True):
        if decide:
            accepted(report_id, inspector)
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
