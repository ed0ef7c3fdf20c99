"""What the service tests share: a clock that stands still, real photographs, filled forms, people."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import delete, func, select

from core.domain.access import Actor, Everything, Grant, Reach, Role
from core.domain.campaigns import CampaignFacts
from core.domain.clock import Clock
from core.services import campaigns, places, reports, review, samples, tallies
from core.services.evidence import Upload
from core.services.places import NewUnit
from core.services.reports import Filled, Saved, form_class
from core.services.runtime import runtime
from core.store.db import begin_writing, db
from core.store.models import AuditRecord, BagFile, EvidenceFile, Report, ReportStep, TallyLeaf, TallyMetric
from core.store.scope import set_scope
from tests.conftest import NOW, ZONE, actor

CITY, OTHER_CITY = "410100", "410200"


@dataclass(frozen=True, slots=True)
class StoppedClock(Clock):
    """A clock that stands still, so that an edge of one second is one second on a busy machine too."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


def at(moment: datetime) -> None:
    """Stop the application's clock at a moment."""
    runtime().clock = StoppedClock(ZONE, moment=moment)


def later(by: timedelta) -> None:
    at(runtime().clock.now() + by)


def day(month: int, number: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment of 2020 in Shanghai."""
    return datetime(2020, month, number, hour, minute, second, tzinfo=ZONE)


@contextmanager
def context(app: Flask) -> Iterator[None]:
    """An application context of a thread's own."""
    with app.app_context():
        set_scope(db.session, Everything("a test's thread"))
        try:
            yield
        finally:
            db.session.remove()


def campaign() -> CampaignFacts:
    found = campaigns.current()
    assert found is not None
    return found


def jpeg(seed: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """A real photograph's bytes; the same seed gives the same."""
    noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
    stream = io.BytesIO()
    Image.frombytes("RGB", size, noise).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def photo(seed: int, name: str = "现场.jpg") -> Upload:
    return Upload(name, io.BytesIO(jpeg(seed)))


def document(seed: int, name: str = "方案.txt") -> Upload:
    return Upload(name, io.BytesIO(f"宣传活动方案，第 {seed} 稿\n".encode()))


def evidence_for(code: str, seed: int) -> list[Upload]:
    """As many files as a duty asks for, of a kind that it accepts."""
    duty = campaign().duty(code)
    assert duty is not None
    make = photo if "photo" in duty.evidence.kinds else document
    return [make(seed * 10 + number) for number in range(duty.evidence.at_least)]


def typed(code: str, period: str, seed: int = 1) -> dict[str, list[str]]:
    """What somebody might type into a duty's form for a period."""
    facts = campaign()
    duty = facts.duty(code)
    assert duty is not None
    found = facts.period(duty, period)
    assert found is not None
    return samples.entries(form_class(duty), found.span, seed)


def add_unit(
    code: str,
    kind: str = "operator",
    unit_type: str = "carriers",
    region: str = CITY,
    since: date = date(2020, 10, 26),
) -> int:
    """A unit that has reported nothing yet."""
    return places.add_units([NewUnit(code, f"{code}（测试）", unit_type, kind, region)], since)[code]


def clerk(unit_id: int, login: str = "carriers-reporter", role: Role = Role.REPORTER) -> Actor:
    """A person of an account at hand, but of this unit."""
    return replace(actor(login), grants=(Grant(role, Reach(unit_id=unit_id)),))


def quiet() -> None:
    """A world in which nobody has reported anything yet, so that a recount takes no time."""
    begin_writing(db.session())
    for table in (EvidenceFile, BagFile, ReportStep, Report, TallyLeaf, TallyMetric):
        db.session.execute(delete(table))
    db.session.commit()


def home(who: Actor) -> int:
    """The person's one unit."""
    (unit_id,) = who.unit_ids
    return unit_id


def filled(unit_id: int, code: str, period: str, seed: int = 1, **changes: Any) -> Filled:
    """A whole report, ready to be submitted."""
    plain: dict[str, Any] = {"entries": typed(code, period, seed), "uploads": evidence_for(code, seed)}
    return Filled(unit_id, code, period, **(plain | changes))


def submit(who: Actor, code: str, period: str, seed: int = 1, **changes: Any) -> Saved:
    """Submit a whole report for the person's one unit."""
    return reports.save(who, filled(home(who), code, period, seed, **changes), submit=True)


def handed_in(who: Actor, code: str, period: str, seed: int = 1, **changes: Any) -> str:
    """The id of a report that was submitted without problems."""
    saved = submit(who, code, period, seed, **changes)
    assert saved.ok, (saved.fields, saved.problems)
    return str(saved.answer["id"])


def accepted(report_id: str, who: Actor) -> None:
    """Claim and accept."""
    review.accept(who, report_id, review.claim(who, report_id)["version"])


def returned(report_id: str, who: Actor, reason: str = "请补充") -> None:
    """Claim and return."""
    review.return_(who, report_id, review.claim(who, report_id)["version"], reason)


def stored(report_id: str) -> Report:
    """The report as the database has it."""
    db.session.expire_all()
    found = db.session.get(Report, report_id)
    assert found is not None
    return found


def version(report_id: str) -> int:
    return stored(report_id).version


def steps(report_id: str) -> Sequence[ReportStep]:
    return db.session.scalars(
        select(ReportStep).where(ReportStep.report_id == report_id).order_by(ReportStep.version)
    ).all()


def files(report_id: str) -> list[str]:
    """Ids of the files attached now."""
    return list(
        db.session.scalars(
            select(EvidenceFile.id).where(
                EvidenceFile.report_id == report_id, EvidenceFile.removed_at.is_(None)
            )
        )
    )


def count(table: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def audited(report_id: str) -> list[tuple[str, str]]:
    """Action and outcome of each record about a report."""
    rows = db.session.execute(
        select(AuditRecord.action, AuditRecord.outcome)
        .where(AuditRecord.object_id == report_id)
        .order_by(AuditRecord.id)
    )
    return [(row.action, row.outcome) for row in rows]


def disagreements() -> list[str]:
    """Where tallies and a recount differ."""
    return tallies.differences(db.session(), campaign())
