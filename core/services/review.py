"""An inspector's review: claim, accept, return, put back. Nobody reviews a report of an own unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.domain.access import Actor, Permission
from core.domain.errors import Conflict, Denied, Invalid, Missing
from core.domain.files import FileState
from core.domain.text import Text
from core.domain.workflow import CLAIM_MINUTES, Action, State
from core.services.reports import owe_decision
from core.services.transitions import Held, hold, transition
from core.services.work import Deed, deed
from core.store.models import BagFile, Report, User
from core.store.queries import reviews
from core.store.queries.reviews import QueueFilter

CLAIM_LASTS = timedelta(minutes=CLAIM_MINUTES)
#: How often "the next one" is looked for again when a colleague was quicker.
TRIES = 5
LONGEST_REASON = 500


def claim(actor: Actor, report_id: str) -> dict[str, Any]:
    """Begin a review. Raises Conflict while another inspector is at it."""
    with deed(actor, Permission.REVIEW, "review.claim") as done:
        return _claim(done, report_id)


def claim_next(actor: Actor, chosen: QueueFilter) -> dict[str, Any] | None:
    """Begin the review of the report that has waited longest; None where nothing waits.

    Two inspectors who ask at once may be shown the same report: the second then gets the next one.
    """
    for attempt in range(TRIES):
        try:
            return _claim_next(actor, chosen)
        except Conflict:
            if attempt == TRIES - 1:
                raise
    return None


def _claim_next(actor: Actor, chosen: QueueFilter) -> dict[str, Any] | None:
    with deed(actor, Permission.REVIEW, "review.claim") as done:
        lapsed = done.at - CLAIM_LASTS
        report_id = reviews.next_in_queue(done.session(), chosen, actor.user_id, lapsed, actor.unit_ids)
        if report_id is None:
            done.about("report", "")
            return None
        return _claim(done, report_id)


def _claim(done: Deed, report_id: str) -> dict[str, Any]:
    held = hold(done, report_id, None)
    report = held.report
    if report.state == State.IN_REVIEW and report.claimed_by == done.actor.user_id:
        report.claimed_at = done.at
        return held.answer()
    _refuse_own(done.actor, report)
    if report.state == State.IN_REVIEW and not lapsed(report.claimed_at, done.at):
        who = done.session.scalar(select(User.name).where(User.id == report.claimed_by))
        raise Conflict(Text(f"{who} 正在审核这份报告", f"{who} is reviewing this report"))
    with transition(done, held, Action.CLAIM, Permission.REVIEW):
        report.claimed_at, report.claimed_by = done.at, done.actor.user_id
    return held.answer()


def lapsed(claimed_at: datetime | None, now: datetime) -> bool:
    """Whether a claim is so old that somebody else may take the report."""
    return claimed_at is None or now - claimed_at > CLAIM_LASTS


def release(actor: Actor, report_id: str, version: int) -> dict[str, Any]:
    """Put a report back in the queue undecided."""
    with deed(actor, Permission.REVIEW, "review.release") as done:
        held = _own_claim(done, report_id, version)
        with transition(done, held, Action.RELEASE, Permission.REVIEW):
            held.report.claimed_at = held.report.claimed_by = None
        return held.answer()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an inspector says of a file in one report: "good", "bad" with a reason, or "" for nothing yet."""

    word: str
    reason: str = ""


Verdicts = Mapping[str, Verdict]


def accept(actor: Actor, report_id: str, version: int, verdicts: Verdicts | None = None) -> dict[str, Any]:
    """Accept a report that the actor has claimed. Raises Invalid while too few of its files are good."""
    return _decide(actor, report_id, version, Action.ACCEPT, "", verdicts or {})


def return_(
    actor: Actor, report_id: str, version: int, reason: str, verdicts: Verdicts | None = None
) -> dict[str, Any]:
    """Return a report with a reason that says what to change."""
    return _decide(actor, report_id, version, Action.RETURN, reason.strip(), verdicts or {})


def _decide(
    actor: Actor, report_id: str, version: int, action: Action, reason: str, verdicts: Verdicts
) -> dict[str, Any]:
    with deed(actor, Permission.REVIEW, f"review.{action}") as done:
        held = _own_claim(done, report_id, version)
        report = held.report
        _judge(done, held, verdicts)
        if action is Action.ACCEPT:
            _refuse_too_few(done, held)
        with transition(done, held, action, Permission.REVIEW, reason):
            report.decided_at, report.decided_by, report.reason = done.at, actor.user_id, reason
        owe_decision(done, report)
        return held.answer()


def _judge(done: Deed, held: Held, verdicts: Verdicts) -> None:
    """Write down what is said of each file in this report; other uses of the same file keep their own verdicts.

    Raises Missing for a file of another report, Invalid for a bad one without a reason.
    """
    rows = {row.id: row for row in held.files}
    wrong: dict[str, Text] = {}
    for use_id, verdict in verdicts.items():
        if use_id not in rows or verdict.word not in ("", "good", "bad"):
            raise Missing
        reason = verdict.reason.strip()[:LONGEST_REASON]
        if verdict.word == "bad" and not reason:
            wrong[f"why-{use_id}"] = Text(
                f"“{rows[use_id].name}”不可用，请写明理由", f"Say why “{rows[use_id].name}” is no good"
            )
        row = rows[use_id]
        if (row.verdict, row.verdict_reason) != (verdict.word, reason):
            row.verdict, row.verdict_reason = verdict.word, reason
            row.verdict_by, row.verdict_at = done.actor.user_id, done.at
    if wrong:
        raise Invalid(next(iter(wrong.values())), wrong)
    said = {row.id: row.verdict for row in held.files if row.verdict}
    if said:
        done.detail["verdicts"] = said


def _refuse_too_few(done: Deed, held: Held) -> None:
    """Refuse to accept while fewer files count than the duty asks for: bad ones and refused ones do not."""
    bag_ids = [row.bag_id for row in held.files]
    refused = set(
        done.session.scalars(
            select(BagFile.id).where(BagFile.id.in_(bag_ids), BagFile.state == FileState.REFUSED)
        )
    )
    left = sum(row.verdict != "bad" and row.bag_id not in refused for row in held.files)
    least = held.duty.evidence.at_least
    if left < least:
        message = Text(
            f"还不能通过：可用的佐证材料只有 {left} 个，至少要 {least} 个。请退回，让单位补充",
            f"It cannot be accepted yet: only {left} of the files count as evidence, at least {least} are needed. "
            "Return it, so that the unit adds more",
        )
        raise Invalid(message, {"verdicts": message})


def _own_claim(done: Deed, report_id: str, version: int) -> Held:
    held = hold(done, report_id, version)
    _refuse_own(done.actor, held.report)
    if held.report.state == State.IN_REVIEW and held.report.claimed_by != done.actor.user_id:
        raise Conflict(
            Text("这份报告由他人审核，请先领取", "Another inspector has this report; claim it first")
        )
    return held


def _refuse_own(actor: Actor, report: Report) -> None:
    if report.unit_id in actor.unit_ids or report.submitted_by == actor.user_id:
        raise Denied(Text("不能审核本单位的报告", "Nobody reviews a report of an own unit"))
