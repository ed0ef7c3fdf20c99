"""Every state × action × person, through the services: what the workflow allows happens, all else changes nothing (W2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.domain.access import Actor, Role
from core.domain.errors import DudaoError
from core.services import reports, review
from core.store.db import db
from core.store.models import AuditRecord, EvidenceFile, OutboxTask, Report, ReportStep, TallyLeaf
from tests.conftest import actor
from tests.services.helpers import (
    OTHER_CITY,
    accepted,
    add_unit,
    clerk,
    filled,
    handed_in,
    home,
    quiet,
    returned,
    stored,
    version,
)

STATES = ("draft", "submitted", "in_review", "accepted", "returned", "withdrawn")
ACTIONS = ("save", "submit", "withdraw", "claim", "release", "accept", "return", "reopen")
PEOPLE = (
    "reporter",
    "lead",
    "stranger",
    "inspector",
    "second inspector",
    "office",
    "city office",
    "auditor",
    "admin",
)

EDITABLE = ("draft", "returned", "withdrawn")
#: What is allowed, written down once more, independently of the product's own table.
ALLOWED = (
    {
        (state, action, who)
        for state in EDITABLE
        for action in ("save", "submit")
        for who in ("reporter", "lead")
    }
    | {("submitted", "withdraw", who) for who in ("reporter", "lead")}
    | {("submitted", "claim", who) for who in ("inspector", "second inspector")}
    | {("in_review", action, "inspector") for action in ("claim", "release", "accept", "return")}
    | {("accepted", "reopen", who) for who in ("office", "city office")}
)


@dataclass
class Stage:
    """A unit with its people, and reports of it in any state."""

    people: dict[str, Actor]

    def report(self, state: str) -> str:
        """A new report in this state."""
        who, inspector = self.people["reporter"], self.people["inspector"]
        if state == "draft":
            wish = filled(home(who), "CAR-03", "week-3")
            return str(reports.save(who, wish, submit=False).answer["id"])
        report_id = handed_in(who, "CAR-03", "week-3")
        if state == "in_review":
            review.claim(inspector, report_id)
        elif state == "accepted":
            accepted(report_id, inspector)
        elif state == "returned":
            returned(report_id, inspector)
        elif state == "withdrawn":
            reports.withdraw(who, report_id, version(report_id))
        assert stored(report_id).state == state
        return report_id

    def act(self, action: str, who: Actor, report_id: str) -> object:
        now, reason = version(report_id), "请补充"
        wish = filled(home(self.people["reporter"]), "CAR-03", "week-3", 2, report_id=report_id, version=now)
        deeds: dict[str, Callable[[], object]] = {
            "save": lambda: reports.save(who, wish, submit=False),
            "submit": lambda: reports.save(who, wish, submit=True),
            "withdraw": lambda: reports.withdraw(who, report_id, now),
            "claim": lambda: review.claim(who, report_id),
            "release": lambda: review.release(who, report_id, now),
            "accept": lambda: review.accept(who, report_id, now),
            "return": lambda: review.return_(who, report_id, now, reason),
            "reopen": lambda: reports.reopen(who, report_id, now, reason),
        }
        return deeds[action]()


@pytest.fixture
def stage(app: Flask) -> Stage:
    quiet()
    unit_id = add_unit("one")
    return Stage(
        {
            "reporter": clerk(unit_id),
            "lead": clerk(unit_id, "carriers-lead", Role.LEAD),
            "stranger": clerk(add_unit("other", region=OTHER_CITY), "education-reporter"),
            "inspector": actor("inspector"),
            "second inspector": actor("fx-inspector-inside"),
            "office": actor("office"),
            "city office": actor("zz-office"),
            "auditor": actor("auditor"),
            "admin": actor("admin"),
        }
    )


def everything(report_id: str) -> object:
    """All that an action could have changed."""
    db.session.rollback()
    db.session.expire_all()
    row = db.session.execute(select(*Report.__table__.columns).where(Report.id == report_id)).one()
    sums = db.session.execute(
        select(func.sum(TallyLeaf.reports_waiting), func.sum(TallyLeaf.reports_accepted))
    ).one()
    tables = (Report, ReportStep, EvidenceFile, AuditRecord, OutboxTask)
    return (
        str(row),
        tuple(sums),
        [db.session.scalar(select(func.count()).select_from(table)) for table in tables],
    )


@pytest.mark.parametrize("state", STATES)
def test_only_what_the_workflow_allows_happens_in_each_state(stage: Stage, state: str) -> None:
    """Illegal tries share a report, since each must leave it as it was; each legal one gets a report of its own."""
    shared = stage.report(state)
    before = everything(shared)
    done = set()
    for action in ACTIONS:
        for name in PEOPLE:
            who = stage.people[name]
            if (state, action, name) in ALLOWED:
                own = stage.report(state)
                stage.act(action, who, own)
                done.add((state, action, name))
                before = everything(shared)
            else:
                with pytest.raises(DudaoError):
                    stage.act(action, who, shared)
                assert everything(shared) == before, (state, action, name)
    assert done == {step for step in ALLOWED if step[0] == state}


@pytest.mark.parametrize("action", ["return", "reopen"])
@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_what_needs_a_reason_does_not_happen_without(stage: Stage, action: str, reason: str) -> None:
    state = "in_review" if action == "return" else "accepted"
    report_id = stage.report(state)
    before = everything(report_id)
    with pytest.raises(DudaoError):
        if action == "return":
            review.return_(stage.people["inspector"], report_id, version(report_id), reason)
        else:
            reports.reopen(stage.people["office"], report_id, version(report_id), reason)
    assert everything(report_id) == before
