"""Every deed has its audit record in its own transaction, and a deed that cannot be recorded does not happen (L3)."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core.domain.access import Actor, Permission
from core.domain.errors import DudaoError
from core.jobs import entry
from core.services import people, plugins, reports, review, switching
from core.services.work import chore, deed
from core.store.db import db
from core.store.models import (
    AuditRecord,
    EvidenceFile,
    Notification,
    OutboxTask,
    Report,
    ReportStep,
    TallyLeaf,
    UnitInterval,
    User,
)
from tests.conftest import PASSWORD, actor
from tests.services.helpers import (
    accepted,
    add_unit,
    clerk,
    count,
    document,
    handed_in,
    home,
    submit,
    version,
)

FULL = {
    "sqlite": [
        """CREATE TRIGGER audit_full BEFORE INSERT ON audit_record
        BEGIN SELECT RAISE(ABORT, 'the audit trail is full'); END"""
    ],
    "postgresql": [
        """CREATE FUNCTION audit_full() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit trail is full'; END $$""",
        "CREATE TRIGGER audit_full BEFORE INSERT ON audit_record FOR EACH ROW EXECUTE FUNCTION audit_full()",
    ],
}


def fill_the_audit_trail() -> None:
    """From now on the database takes no record any more."""
    db.session.rollback()
    for statement in FULL[db.engine.dialect.name]:
        db.session.execute(text(statement))
    db.session.commit()


def state() -> list[object]:
    """Everything that a deed might have changed."""
    db.session.rollback()
    tables = (Report, ReportStep, EvidenceFile, OutboxTask, UnitInterval, User, AuditRecord)
    sums = db.session.execute(
        select(func.sum(TallyLeaf.reports_waiting), func.sum(TallyLeaf.units_filed))
    ).one()
    versions = db.session.scalar(select(func.sum(Report.version)))
    off = db.session.scalar(select(func.count(User.id)).where(User.disabled_at.is_not(None)))
    return [*(count(table) for table in tables), tuple(sums), versions, off, plugins.on()]


def test_with_a_full_audit_trail_nothing_can_be_done(any_app: Flask) -> None:
    """Whatever the deed: it fails, and everything that it had changed is undone."""
    who = clerk(add_unit("one"))
    report_id, waiting = handed_in(who, "CAR-03", "week-3"), handed_in(who, "CAR-03", "week-3", 2)
    inspector, office = actor("inspector"), actor("office")
    claimed = review.claim(inspector, waiting)["version"]
    first = version(report_id)
    fill_the_audit_trail()
    before = state()
    for act in (
        lambda: submit(who, "CAR-06", "phase-2"),
        lambda: submit(who, "GEN-03", "day-18", entries={}, uploads=[document(1)]),
        lambda: reports.withdraw(who, report_id, first),
        lambda: review.claim(inspector, report_id),
        lambda: review.accept(inspector, waiting, claimed),
        lambda: review.return_(inspector, waiting, claimed, "请补充"),
        lambda: switching.switch_unit(office, home(who), False, "撤并"),
        lambda: plugins.switch(office, "carriers", False, "试点"),
        lambda: people.set_disabled("carriers-lead", True, actor("admin")),
        lambda: people.change_password(actor("carriers-lead"), PASSWORD, "a quite different sentence"),
        lambda: people.reset_password("carriers-lead", "a quite different sentence"),
        lambda: add_unit("two"),
    ):
        with pytest.raises(DBAPIError, match="the audit trail is full"):
            act()
        assert state() == before
    assert people.verify("carriers-lead", PASSWORD)


def test_a_job_that_cannot_be_recorded_leaves_no_effect_and_stays_owed(any_app: Flask) -> None:
    """The effect, the mark and the record are one transaction."""
    report_id = handed_in(actor("carriers-reporter"), "CAR-03", "week-3")
    accepted(report_id, actor("inspector"))
    (task_id,) = db.session.scalars(select(OutboxTask.id).where(OutboxTask.job == "notify_decision"))
    fill_the_audit_trail()
    with pytest.raises(DBAPIError, match="the audit trail is full"):
        entry.run(task_id)
    db.session.rollback()
    task = db.session.get_one(OutboxTask, task_id)
    assert (task.done_at, task.failed_at, count(Notification)) == (None, None, 0)


def test_a_deed_that_is_refused_leaves_no_record_of_having_been_done(app: Flask, operator: Actor) -> None:
    before = state()
    with pytest.raises(DudaoError):
        submit(operator, "CAR-03", "week-5")
    with pytest.raises(DudaoError):
        switching.switch_unit(actor("office"), home(operator), True, "已启用")
    assert state() == before


def test_an_error_in_the_middle_undoes_deed_and_record(any_app: Flask) -> None:
    before = state()
    with pytest.raises(ZeroDivisionError), chore("unit.add", "a test") as done:
        done.session.add(User(login="half", name="half", password_hash="", created_at=done.at))
        done.session.flush()
        raise ZeroDivisionError
    assert state() == before


def test_a_deed_of_an_unknown_name_is_a_mistake_of_the_programmer(app: Flask) -> None:
    before = state()
    with (
        pytest.raises(ValueError, match=r"no\.such\.deed"),
        deed(actor("office"), Permission.DASHBOARD, "no.such.deed"),
    ):
        pass
    assert state() == before


def test_a_record_says_who_did_what_to_what_and_when(app: Flask, operator: Actor) -> None:
    report_id = handed_in(operator, "CAR-03", "week-3")
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.object_id == report_id)).one()
    assert (record.actor, record.actor_id) == (operator.login, operator.user_id)
    assert (record.action, record.outcome, record.object_type) == ("report.submit", "done", "report")
    assert record.unit_id == home(operator)
    assert record.detail == {"duty": "CAR-03", "period": "week-3", "state": "submitted", "version": 1}
    report = db.session.get(Report, report_id)
    assert report is not None and record.at == report.submitted_at
