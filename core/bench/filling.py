"""Many waiting reports at once, in bulk as the seed writes its own, with history, evidence and tallies."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import insert, select

from core.domain.campaigns import CampaignFacts
from core.domain.obligations import Obligation, owed
from core.domain.workflow import State
from core.services import examining, samples, tallies
from core.services.evidence import Kept
from core.services.examining import Found
from core.services.reports import form_class
from core.services.runtime import runtime
from core.services.seed_reports import kept_and_examined, write_blob
from core.services.transitions import new_id
from core.services.work import Deed, chore
from core.store.models import (
    BagFile,
    EvidenceFile,
    FormVersion,
    Report,
    ReportStep,
    Unit,
    User,
)
from core.store.queries import filings
from core.store.upsert import insert_or_ignore

#: Forms are filled so many times for each duty and period; a larger number would only take longer.
_VARIETY = 4

LeaveOut = Callable[[Unit, Obligation], bool]


def fill(campaign: CampaignFacts, count: int, leave_out: LeaveOut) -> list[str]:
    """Write so many waiting reports, spread over units and duties; answers with their ids, oldest first."""
    photograph = _photograph()
    with chore("seed", "a benchmark's installation") as done:
        reports = list(_Writer(done, campaign).reports(count, leave_out))
        _write(done, Report, reports)
        _write(done, ReportStep, [_step(report) for report in reports])
        write_blob(done, *photograph)
        files = [
            _file(report, photograph[0])
            for report in reports
            for _number in range(_files_of(campaign, report["duty_code"]))
        ]
        _write(done, BagFile, [examining.put_in_bulk(file, photograph[1]) for file in files])
        _write(done, EvidenceFile, files)
        tallies.write_anew(done.session(), campaign)
        done.about("seed", campaign.key, reports=count)
    return [report["id"] for report in sorted(reports, key=lambda report: report["submitted_at"])]


def _write(done: Deed, table: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        done.session.execute(insert(table), rows)


class _Writer:
    """Makes the rows of reports."""

    def __init__(self, done: Deed, campaign: CampaignFacts) -> None:
        self.done, self.campaign = done, campaign
        self.clerk = done.session.scalars(select(User.id).order_by(User.id)).first()
        self.rng = random.Random(1)  # noqa: S311 (made-up data, the same in every run)
        self._samples: dict[tuple[str, str, int], tuple[dict[str, list[str]], dict[str, Any]]] = {}
        self._versions: set[str] = set()

    def reports(self, count: int, leave_out: LeaveOut) -> Iterator[dict[str, Any]]:
        """Obligations in a fixed random order, and again from the start where there are not enough."""
        todo = [(unit, each) for unit, each in self._obligations() if not leave_out(unit, each)]
        self.rng.shuffle(todo)
        for number in range(count):
            yield self._report(number, *todo[number % len(todo)])

    def _obligations(self) -> Iterator[tuple[Unit, Obligation]]:
        intervals = filings.all_intervals(self.done.session())
        today = self.done.at.date()
        for unit in self.done.session.scalars(select(Unit).order_by(Unit.id)):
            kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
            for each in owed(self.campaign.duties, kind, intervals[unit.id], self.campaign.calendar):
                if each.period.starts <= today:
                    yield from ((unit, each) for _ in range(each.needed))

    def _report(self, number: int, unit: Unit, todo: Obligation) -> dict[str, Any]:
        duty, period = todo.duty, todo.period
        typed, record = self._sample(todo, number % _VARIETY)
        at = self.done.at - timedelta(minutes=self.rng.randrange(10, 14 * 24 * 60))
        return {
            "id": new_id(),
            "campaign_id": self.campaign.id,
            "unit_id": unit.id,
            "unit_type": unit.unit_type,
            "unit_kind": unit.kind,
            "region_code": unit.region_code,
            "region_path": unit.region_path,
            "duty_code": duty.code,
            "period_key": period.key,
            "state": State.SUBMITTED,
            "version": 1,
            "form_version": self._form_version(todo),
            "entries": typed,
            "record": record,
            "topics": record.get(duty.covers) or [] if duty.covers else [],
            "late": False,
            "created_at": at,
            "created_by": self.clerk,
            "submitted_at": at,
            "submitted_by": self.clerk,
            "reason": "",
        }

    def _sample(self, todo: Obligation, number: int) -> tuple[dict[str, list[str]], dict[str, Any]]:
        key = (todo.duty.code, todo.period.key, number)
        if key not in self._samples:
            self._samples[key] = samples.record(form_class(todo.duty), todo.period.span, number)
        return self._samples[key]

    def _form_version(self, todo: Obligation) -> str:
        schema = todo.duty.schema
        if schema.version not in self._versions:
            self._versions.add(schema.version)
            row = {"version": schema.version, "schema": schema.to_json()}
            insert_or_ignore(self.done.session(), FormVersion, row)
        return schema.version


def _step(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "report_id": report["id"],
        "version": 1,
        "at": report["submitted_at"],
        "user_id": report["submitted_by"],
        "user_name": "",
        "action": "submit",
        "state": report["state"],
        "reason": "",
        "form_version": report["form_version"],
        "record": report["record"],
        "files": [],
    }


def _photograph() -> tuple[Kept, Found]:
    """One stored and examined file that all of the reports show."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        Image.effect_noise((640, 480), 90).convert("RGB").save(path, "JPEG")
        return kept_and_examined(path)


def _files_of(campaign: CampaignFacts, code: str) -> int:
    """As many as the duty asks for, so that the report can be accepted; one where it asks for none."""
    duty = campaign.duty(code)
    return max(1, duty.evidence.at_least) if duty else 1


def _file(report: dict[str, Any], photograph: Kept) -> dict[str, Any]:
    file_id = new_id()
    return {
        "id": file_id,
        "bag_id": file_id,
        "report_id": report["id"],
        "unit_id": report["unit_id"],
        "unit_type": report["unit_type"],
        "region_path": report["region_path"],
        "sha256": photograph.stored.sha256,
        "name": photograph.name,
        "kind": photograph.stored.type.kind,
        "added_at": report["submitted_at"],
        "added_by": report["submitted_by"],
    }
