"""Reports of a demo: most accepted, some waiting, some returned, some missing.

They are written in bulk, and the tallies by a recount: one by one through the services, thousands would take minutes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from core.domain.campaigns import CampaignFacts
from core.domain.declare import Evidence
from core.domain.obligations import Obligation, owed
from core.domain.workflow import State
from core.services import examining, samples, tallies
from core.services.evidence import Kept, Upload, keep
from core.services.examining import Found
from core.services.runtime import runtime
from core.services.transitions import new_id
from core.services.work import Deed, chore
from core.store.models import (
    BagFile,
    Blob,
    EvidenceFile,
    FormVersion,
    Region,
    Report,
    ReportStep,
    Unit,
    User,
)
from core.store.queries import filings
from core.store.upsert import insert_or_ignore

SAMPLE_FILES = Path(__file__).resolve().parent.parent / "data" / "demo"


def fill(campaign: CampaignFacts, seed: int, cities: int) -> int:
    """Fill the campaign up to now: most of it done, some waiting, some returned, some missing."""
    now = runtime().clock.now()
    files = [kept_and_examined(path) for path in sorted(SAMPLE_FILES.glob("*.*"))]
    with chore("seed", "demo data") as done:
        regions = list(
            done.session.scalars(select(Region.path).where(Region.level == "city").order_by(Region.code))
        )
        writer = _Writer(done, campaign, seed, now)
        for kept, found in files:
            writer.know(kept, found)
        for unit in done.session.scalars(select(Unit).order_by(Unit.id)).all():
            place = next(
                (n for n, path in enumerate(regions[:cities]) if unit.region_path.startswith(path)), None
            )
            if place is not None or unit.region_path.count("/") == 2:
                writer.unit(unit, diligence=0.97 - 0.07 * ((place or 0) % 5))
        writer.flush()
        tallies.write_anew(done.session(), campaign)
        done.about("seed", campaign.key, reports=writer.count)
        return writer.count


def kept_and_examined(path: Path) -> tuple[Kept, Found]:
    """A file stored and looked into, before any transaction; its rows are written by `write_blob`."""
    with path.open("rb") as stream:
        (kept,), _refused = keep([Upload(path.name, stream)], Evidence())
    return kept, examining.look_into(kept.stored.sha256, kept.name, kept.stored.type.media_type)


def write_blob(done: Deed, kept: Kept, found: Found) -> None:
    """The rows of bytes and of what is known of them."""
    stored = kept.stored
    row = {"sha256": stored.sha256, "size": stored.size, "media_type": stored.type.media_type}
    insert_or_ignore(done.session(), Blob, row | {"created_at": done.at})
    examining.keep_facts(done, found)


class _Writer:
    """Collects rows of reports, steps and files and writes them in bulk."""

    def __init__(self, done: Deed, campaign: CampaignFacts, seed: int, now: datetime) -> None:
        self.done, self.campaign, self.now = done, campaign, now
        self.rng = random.Random(seed)
        self.rows: dict[type[Any], list[dict[str, Any]]] = {
            table: [] for table in (Report, ReportStep, BagFile, EvidenceFile)
        }
        self.count = 0
        self._samples: dict[tuple[str, str, int], tuple[dict[str, list[str]], dict[str, Any]]] = {}
        self._versions: set[str] = set()
        self._files: dict[str, list[tuple[str, Found]]] = {}
        logins = dict(done.session.execute(select(User.login, User.id)).all())
        self.inspector = logins["inspector"]
        self._reporters = {
            unit_type: logins[f"{unit_type}-reporter"] for unit_type in runtime().registry.unit_types
        }
        self._intervals = filings.all_intervals(done.session())

    def know(self, kept: Kept, found: Found) -> None:
        """Use a stored and examined file as evidence from now on."""
        write_blob(self.done, kept, found)
        self._files.setdefault(kept.stored.type.kind, []).append((kept.name, found))

    def unit(self, unit: Unit, diligence: float) -> None:
        kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
        for obligation in owed(self.campaign.duties, kind, self._intervals[unit.id], self.campaign.calendar):
            if obligation.period.starts <= self.now.date():
                self._obligation(unit, obligation, diligence)
        if len(self.rows[Report]) > 2000:
            self.flush()

    def _obligation(self, unit: Unit, obligation: Obligation, diligence: float) -> None:
        open_now = obligation.period.ends >= self.now.date()
        for number in range(obligation.needed):
            if self.rng.random() < (0.45 if open_now else diligence):
                self._report(unit, obligation, open_now, number)

    def _report(self, unit: Unit, obligation: Obligation, open_now: bool, number: int) -> None:
        duty, period = obligation.duty, obligation.period
        last = min(period.ends, self.now.date())
        day = period.starts + timedelta(days=self.rng.randrange((last - period.starts).days + 1))
        zone = runtime().clock.zone
        at = datetime(
            day.year, day.month, day.day, self.rng.randint(9, 19), self.rng.randrange(60), tzinfo=zone
        )
        at = min(at, self.now - timedelta(minutes=self.rng.randint(5, 300)))
        late = not open_now and self.rng.random() < 0.05
        if late:
            at = min(obligation.due_at(zone) + timedelta(hours=self.rng.randint(1, 30)), self.now)
            late = at >= obligation.due_at(zone)
        entries, record = self._sample(duty.code, period.key, self.rng.randrange(6), period)
        state = self._state(open_now)
        reporter = self._reporters[unit.unit_type]
        report_id = new_id()
        decided = state in (State.ACCEPTED, State.RETURNED)
        reason = "照片看不清宣传内容，请补充清晰的现场照片" if state == State.RETURNED else ""
        version = 3 if decided else 1
        self.rows[Report].append(
            {
                "id": report_id,
                "campaign_id": self.campaign.id,
                "unit_id": unit.id,
                "unit_type": unit.unit_type,
                "unit_kind": unit.kind,
                "region_code": unit.region_code,
                "region_path": unit.region_path,
                "duty_code": duty.code,
                "period_key": period.key,
                "state": state,
                "version": version,
                "form_version": self._form_version(duty.code),
                "entries": entries,
                "record": record,
                "topics": record.get(duty.covers) or [] if duty.covers else [],
                "late": late,
                "created_at": at,
                "created_by": reporter,
                "submitted_at": at,
                "submitted_by": reporter,
                "claimed_at": at + timedelta(hours=1) if decided else None,
                "claimed_by": self.inspector if decided else None,
                "decided_at": min(at + timedelta(hours=2), self.now) if decided else None,
                "decided_by": self.inspector if decided else None,
                "reason": reason,
            }
        )
        files = list(self._evidence(report_id, unit, duty.evidence, at, reporter))
        self._steps(report_id, at, reporter, state, reason, record, [row["id"] for row in files])
        self.rows[EvidenceFile] += files
        self.count += 1

    def _state(self, open_now: bool) -> State:
        weights = (3, 5, 1) if open_now else (20, 1, 1)
        return self.rng.choices((State.ACCEPTED, State.SUBMITTED, State.RETURNED), weights)[0]

    def _sample(
        self, code: str, period_key: str, number: int, period: Any
    ) -> tuple[dict[str, list[str]], Any]:
        known = self._samples.get((code, period_key, number))
        if known is None:
            form = runtime().registry.form(code)
            assert form is not None, f"{code} was declared a moment ago"
            known = self._samples[code, period_key, number] = samples.record(form, period.span, number)
        return known

    def _form_version(self, code: str) -> str:
        duty = self.campaign.duty(code)
        assert duty is not None
        version = duty.schema.version
        if version not in self._versions:
            self._versions.add(version)
            row = {"version": version, "schema": duty.schema.to_json()}
            insert_or_ignore(self.done.session(), FormVersion, row)
        return version

    def _evidence(
        self, report_id: str, unit: Unit, rule: Any, at: datetime, reporter: int
    ) -> Iterator[dict[str, Any]]:
        kinds = [kind for kind in rule.kinds if kind in self._files]
        for _number in range(rule.at_least if kinds else 0):
            kind = self.rng.choice(kinds)
            name, found = self.rng.choice(self._files[kind])
            file_id = new_id()
            use = {
                "id": file_id,
                "bag_id": file_id,
                "report_id": report_id,
                "unit_id": unit.id,
                "unit_type": unit.unit_type,
                "region_path": unit.region_path,
                "sha256": found.sha256,
                "name": name,
                "kind": kind,
                "added_at": at,
                "added_by": reporter,
            }
            self.rows[BagFile].append(examining.put_in_bulk(use, found))
            yield use

    def _steps(
        self,
        report_id: str,
        at: datetime,
        reporter: int,
        state: State,
        reason: str,
        record: dict[str, Any],
        files: list[str],
    ) -> None:
        form = self.rows[Report][-1]["form_version"]
        clerk, checker = (reporter, "填报员（演示）"), (self.inspector, "督导员（演示）")
        steps: list[tuple[tuple[int, str], str, State, int]] = [(clerk, "submit", State.SUBMITTED, 0)]
        if state in (State.ACCEPTED, State.RETURNED):
            verb = "accept" if state == State.ACCEPTED else "return"
            steps += [(checker, "claim", State.IN_REVIEW, 1), (checker, verb, state, 2)]
        for version, ((user_id, name), action, then, hours) in enumerate(steps, 1):
            submitted = action == "submit"
            self.rows[ReportStep].append(
                {
                    "report_id": report_id,
                    "version": version,
                    "at": min(at + timedelta(hours=hours), self.now),
                    "user_id": user_id,
                    "user_name": name,
                    "action": action,
                    "state": then,
                    "reason": reason if action == "return" else "",
                    "form_version": form if submitted else None,
                    "record": record if submitted else None,
                    "files": files if submitted else None,
                }
            )

    def flush(self) -> None:
        for table, rows in self.rows.items():
            if rows:
                self.done.session.execute(insert(table), rows)
                rows.clear()
        self.done.session.flush()
