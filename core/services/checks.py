"""Automatic checks of submissions by the plugin that declared the duty: run in the worker, shown to the inspector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import func, select

from core.domain.access import Everything
from core.domain.facts import ReportFact
from core.domain.findings import NOT_RUN, Finding
from core.extend.host import HookFailed
from core.jobs.queue import is_owed, owe
from core.services import campaigns, failures, plugins
from core.services.runtime import runtime
from core.services.transitions import Held
from core.services.work import Deed, reading
from core.store.models import CheckResult, EvidenceFile, ReportStep
from core.store.queries import facts
from core.store.upsert import insert_or_ignore

HOOKS = ("dudao_check_report", "dudao_check_evidence")


def owe_check(done: Deed, held: Held) -> None:
    """Owe the check of what was just submitted, where the duty's plugin has one."""
    plugin = held.duty.plugin
    if any(plugin in runtime().registry.answering(hook) for hook in HOOKS):
        payload = {"plugin": plugin, "report_id": held.report.id, "version": held.report.version}
        owe(done.session(), "check_report", f"{held.report.id}:{held.report.version}", payload, done.at)


@dataclass(frozen=True)
class _Result:
    """What came of one check: of the report, or of the file with this id."""

    evidence_id: str
    findings: tuple[Finding, ...] = ()
    failed: HookFailed | None = None
    ran: bool = True


def run(payload: dict[str, Any]) -> list[_Result]:
    """Ask the plugin about the report and each of its files, outside of any transaction."""
    plugin, campaign = payload["plugin"], campaigns.current()
    if campaign is None or plugin not in plugins.on():
        return []
    with reading(Everything("a check sees the report that it is owed for")) as session:
        submitted = select(func.max(ReportStep.version)).where(
            ReportStep.report_id == payload["report_id"], ReportStep.action == "submit"
        )
        if session.scalar(submitted) != payload["version"]:
            return []  # withdrawn and submitted again meanwhile: that submission has its own check
        report = facts.report(session(), campaign, payload["report_id"], _reader)
        session.rollback()
    if report is None:
        return []
    return _asked(plugin, report)


def _asked(plugin: str, report: ReportFact) -> list[_Result]:
    host, answering = runtime().host, runtime().registry.answering
    campaign = campaigns.current()
    duty = campaign.duty(report.duty) if campaign else None
    asks: list[tuple[str, Callable[[], tuple[Finding, ...]]]] = []
    if plugin in answering("dudao_check_report"):
        asks.append(("", lambda: host.check_report(plugin, report)))
    if plugin in answering("dudao_check_evidence") and duty is not None:
        rule = duty.evidence
        asks += [(file.id, partial(host.check_evidence, plugin, file, rule)) for file in report.files]
    found: list[_Result] = []
    for evidence_id, ask in asks:
        # A check of files that is out of time is not asked nine times more: the job itself has a minute.
        late = any(r.evidence_id and r.failed is not None and r.failed.out_of_time for r in found)
        found.append(_Result(evidence_id, ran=False) if late else _one(plugin, evidence_id, ask))
    return found


def _one(plugin: str, evidence_id: str, ask: Callable[[], tuple[Finding, ...]]) -> _Result:
    if "checks" in plugins.parked(plugin):
        return _Result(evidence_id, ran=False)
    try:
        return _Result(evidence_id, ask())
    except HookFailed as failed:
        return _Result(evidence_id, failed=failed, ran=False)


def _reader(sha256: str) -> Callable[[], bytes]:
    store = runtime().evidence

    def read() -> bytes:
        with store.open(sha256) as file:
            return file.read()

    return read


def keep(done: Deed, payload: dict[str, Any], results: list[_Result]) -> None:
    """Store what was found, and where a check failed, that it did not run."""
    for result in results:
        row = {
            "report_id": payload["report_id"],
            "report_version": payload["version"],
            "evidence_id": result.evidence_id,
            "plugin": payload["plugin"],
            "at": done.at,
            "ran": result.ran,
            "findings": [finding.to_json() for finding in result.findings],
            "incident": result.failed.incident if result.failed else "",
        }
        insert_or_ignore(done.session(), CheckResult, row)
        if result.failed is not None:
            failures.note(done, result.failed)


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check as a page shows it. `file` is the name of the file that it was about, empty for the report."""

    file: str
    findings: tuple[Finding, ...]
    ran: bool
    incident: str


def of_report(report_id: str) -> tuple[CheckView, ...]:
    """The checks of the last submission; the caller has found the report in its scope."""
    newest = select(func.max(CheckResult.report_version)).where(CheckResult.report_id == report_id)
    with reading(Everything("the page has found the report in its scope")) as session:
        rows = session.execute(
            select(CheckResult, EvidenceFile.name)
            .outerjoin(EvidenceFile, EvidenceFile.id == CheckResult.evidence_id)
            .where(CheckResult.report_id == report_id, CheckResult.report_version == newest.scalar_subquery())
            .order_by(CheckResult.id)
        )
        return tuple(_view(row, name or "") for row, name in rows)


def is_waiting(report_id: str, version: int) -> bool:
    """Whether a check of the submission with this version is owed and not done yet."""
    if not any(runtime().registry.answering(hook) for hook in HOOKS):
        return False
    with reading(Everything("the page has found the report in its scope")) as session:
        return is_owed(session(), "check_report", f"{report_id}:{version}")


def _view(row: CheckResult, name: str) -> CheckView:
    found = tuple(Finding.from_json(finding) for finding in row.findings)
    return CheckView(name, found if row.ran else (Finding(NOT_RUN),), row.ran, row.incident)
