"""What an inspector says of each file: of its use in one report, in the same deed as the decision."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from core.domain.access import Actor
from core.domain.errors import Invalid, Missing
from core.domain.workflow import State
from core.services import review
from core.services.review import Verdict
from core.store.db import db
from core.store.models import AuditRecord, BagFile, EvidenceFile
from core.store.queries import reports as queries
from tests.services.helpers import files, handed_in, photo, stored, submit, version

BAD = Verdict("bad", "  看不清日期  ")


def claimed(inspector: Actor, report_id: str) -> int:
    return int(review.claim(inspector, report_id)["version"])


def verdict(use_id: str) -> tuple[str, str, int | None]:
    db.session.expire_all()
    row = db.session.get_one(EvidenceFile, use_id)
    return row.verdict, row.verdict_reason, row.verdict_by


def test_verdicts_are_kept_with_the_decision_and_shown(app: Flask, operator: Actor, inspector: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3", uploads=[photo(1), photo(2)])
    first, second = files(report_id)
    version = claimed(inspector, report_id)
    review.accept(inspector, report_id, version, {first: Verdict("good"), second: BAD})
    assert verdict(first) == ("good", "", inspector.user_id)
    assert verdict(second) == ("bad", "看不清日期", inspector.user_id)
    found = queries.view(db.session(), report_id, as_submitted=True)
    assert found is not None
    assert [(f.verdict, f.verdict_reason) for f in found.files] == [("good", ""), ("bad", "看不清日期")]
    detail = db.session.scalars(
        select(AuditRecord.detail).where(
            AuditRecord.object_id == report_id, AuditRecord.action == "review.accept"
        )
    ).one()
    assert detail["verdicts"] == {first: "good", second: "bad"}


def test_one_file_is_judged_for_each_report_by_itself(app: Flask, operator: Actor, inspector: Actor) -> None:
    one = handed_in(operator, "CAR-03", "week-3", uploads=[photo(1), photo(2)])
    (first, _second) = files(one)
    bag_id = db.session.get_one(EvidenceFile, first).bag_id
    saved = submit(operator, "CAR-03", "week-3", 2, uploads=[], bag=[bag_id])
    other = saved.answer["id"]
    (again,) = files(other)
    review.return_(inspector, other, claimed(inspector, other), "材料不对", {again: BAD})
    review.accept(inspector, one, claimed(inspector, one), {first: Verdict("good")})
    assert verdict(again)[0] == "bad" and verdict(first)[0] == "good"


def test_a_bad_file_needs_a_reason_and_nothing_is_kept_without(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3", uploads=[photo(1), photo(2)])
    first, second = files(report_id)
    at = claimed(inspector, report_id)
    with pytest.raises(Invalid) as refused:
        review.return_(
            inspector, report_id, at, "请补", {first: Verdict("good"), second: Verdict("bad", " ")}
        )
    assert list(refused.value.fields) == [f"why-{second}"]
    assert verdict(first)[0] == "" and stored(report_id).state == State.IN_REVIEW


@pytest.mark.parametrize("why", ["bad", "refused"])
def test_too_few_good_files_are_not_accepted_but_may_be_returned(
    app: Flask, operator: Actor, inspector: Actor, why: str
) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3", uploads=[photo(1)])
    (only,) = files(report_id)
    said = {}
    if why == "bad":
        said = {only: BAD}
    else:
        db.session.get_one(BagFile, db.session.get_one(EvidenceFile, only).bag_id).state = "refused"
        db.session.commit()
    at = claimed(inspector, report_id)
    with pytest.raises(Invalid, match="至少要 1 个") as refused:
        review.accept(inspector, report_id, at, said)
    assert list(refused.value.fields) == ["verdicts"]
    assert verdict(only)[0] == "" and version(report_id) == at
    review.return_(inspector, report_id, at, "请补充", said)
    assert stored(report_id).state == State.RETURNED


def test_files_of_other_reports_and_unknown_words_are_refused(
    app: Flask, operator: Actor, inspector: Actor
) -> None:
    mine = handed_in(operator, "CAR-03", "week-3", uploads=[photo(1)])
    other = handed_in(operator, "CAR-03", "week-3", 2, uploads=[photo(2)])
    (own,), (foreign,) = files(mine), files(other)
    at = claimed(inspector, mine)
    for said in ({foreign: Verdict("good")}, {"0" * 32: Verdict("good")}, {own: Verdict("perfect")}):
        with pytest.raises(Missing):
            review.accept(inspector, mine, at, said)
    assert verdict(foreign)[0] == verdict(own)[0] == ""
    review.accept(inspector, mine, at)
    assert stored(mine).state == State.ACCEPTED
