"""Taking a report from one state to the next: lock, version, workflow, history, tally. Every change goes through here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.domain.access import Permission
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.errors import Conflict, Missing, NotNow
from core.domain.obligations import Interval
from core.domain.text import Text
from core.domain.workflow import Action, State, Step, step
from core.services import campaigns, plugin_jobs, plugins, tallies
from core.services.work import Deed
from core.store.db import lock_row
from core.store.models import EvidenceFile, Report, ReportStep, Unit
from core.store.queries import filings


@dataclass
class Held:
    """A report, locked and read anew, with what it belongs to and the files that are attached to it now."""

    campaign: CampaignFacts
    duty: DutyRule
    unit: Unit
    intervals: list[Interval]
    report: Report
    files: list[EvidenceFile]

    def answer(self) -> dict[str, Any]:
        """What a client is told of the report: id, version, state, and the hash of each file."""
        return {
            "id": self.report.id,
            "version": self.report.version,
            "state": self.report.state,
            "files": [{"id": row.id, "name": row.name, "sha256": row.sha256} for row in self.files],
        }


def hold(done: Deed, report_id: str, version: int | None) -> Held:
    """Lock a report in the deed's scope. Raises Missing outside it, Conflict where it changed since it was read."""
    found = done.session.scalars(select(Report).where(Report.id == report_id)).first()
    if found is None:
        raise Missing
    unit = hold_unit(done, found.unit_id)
    done.session.refresh(found)
    done.about("report", found.id, unit_id=unit.id, duty=found.duty_code, period=found.period_key)
    if version is not None and version != found.version:
        raise Conflict(
            Text(
                "这份报告在您打开之后已被更改，请核对最新内容后再操作",
                "This report was changed after you opened it; check the latest content and try again",
            )
        )
    campaign = campaigns.current()
    duty = campaign.duty(found.duty_code) if campaign and campaign.id == found.campaign_id else None
    if campaign is None or duty is None:
        raise Missing
    if duty.plugin not in plugins.on():
        raise NotNow(
            Text("这一类单位已停用，只能查看", "This unit type is switched off; its reports can only be read")
        )
    intervals = filings.intervals(done.session(), unit.id)
    return Held(campaign, duty, unit, intervals, found, _attached(done, found.id))


def hold_unit(done: Deed, unit_id: int) -> Unit:
    """Lock a unit: all that changes its reports goes one after the other."""
    lock_row(done.session(), Unit, unit_id)
    unit = done.session.scalars(select(Unit).where(Unit.id == unit_id)).first()
    if unit is None:
        raise Missing
    return unit


def edited(done: Deed, held: Held) -> None:
    """Count and note a change that leaves the report in its state."""
    held.report.version += 1
    _note_step(done, held, Action.EDIT)
    done.detail |= {"state": held.report.state, "version": held.report.version}


@contextmanager
def transition(
    done: Deed, held: Held, action: Action, permission: Permission, reason: str = ""
) -> Iterator[Step]:
    """Take a step; the caller sets what comes with it inside. Raises NotNow or Invalid where the workflow says no."""
    report = held.report
    taken = step(State(report.state), action, done.actor.roles_for(permission), reason)
    with tallies.kept(done.session(), held.campaign, held.unit, held.intervals, held.duty, report):
        report.state = taken.leads_to
        report.version += 1
        yield taken
        _note_step(done, held, action, reason)
    plugin_jobs.owe_report_event(
        done,
        action,
        held.duty.plugin,
        report.id,
        report.version,
        unit_id=held.unit.id,
        duty=report.duty_code,
        period=report.period_key,
    )
    done.detail |= {"state": report.state, "version": report.version}
    if reason:
        done.detail["reason"] = reason


def _note_step(done: Deed, held: Held, action: Action, reason: str = "") -> None:
    """Add a step to the report's history; a submission keeps its content and files."""
    report, submitted = held.report, action is Action.SUBMIT
    done.session.add(
        ReportStep(
            report_id=report.id,
            version=report.version,
            at=done.at,
            user_id=done.actor.user_id,
            user_name=done.actor.name,
            action=action,
            state=report.state,
            reason=reason,
            form_version=report.form_version if submitted else None,
            record=report.record if submitted else None,
            files=[row.id for row in held.files] if submitted else None,
        )
    )


def _attached(done: Deed, report_id: str) -> list[EvidenceFile]:
    """The files of a report in the order in which they came."""
    statement = select(EvidenceFile).where(
        EvidenceFile.report_id == report_id, EvidenceFile.removed_at.is_(None)
    )
    return list(done.session.scalars(statement.order_by(EvidenceFile.added_at, EvidenceFile.id)))


def new_id() -> str:
    """An id that nobody can guess or walk along."""
    return uuid.uuid4().hex
