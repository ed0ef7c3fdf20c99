"""Closing periods: once each, in the order of their deadlines, with the numbers of that moment (check Q6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from core.domain.access import Everything, Role
from core.domain.calendar import Period, due_at, periods
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.progress import Progress
from core.domain.text import Text
from core.jobs.queue import owe, owed_keys
from core.services import campaigns, notices, plugins, progress
from core.services.runtime import runtime
from core.services.work import Deed, chore, reading
from core.store.models import PeriodClosing
from core.store.queries import closings, people

Due = tuple[datetime, DutyRule, Period]


def closable(campaign: CampaignFacts, now: datetime) -> Iterator[Due]:
    """Every period of every duty whose deadline has passed, by deadline, then by code."""
    zone = runtime().clock.zone
    found = [
        (due_at(period, duty.grace, zone), duty, period)
        for duty in campaign.duties
        for period in periods(duty.cadence, campaign.calendar)
    ]
    yield from sorted(
        (due for due in found if due[0] <= now), key=lambda due: (due[0], due[1].code, due[2].number)
    )


def owe_closings() -> int:
    """Owe a job for each deadline that has passed and is not closed; says how many are new."""
    campaign = campaigns.current()
    if campaign is None:
        return 0
    now = runtime().clock.now()
    with reading(Everything("the schedule")) as session:
        closed = closings.closed(session(), campaign.id)
        moments = {
            at for at, duty, period in closable(campaign, now) if (duty.code, period.key) not in closed
        }
        keys = {f"{campaign.id}:{at.isoformat()}": at for at in sorted(moments)}
        owed = owed_keys(session(), "close_periods", keys)
    new = {key: at for key, at in keys.items() if key not in owed}
    if not new:
        return 0
    with chore("task.run", "the schedule") as done:
        for key, at in new.items():
            owe(done.session(), "close_periods", key, {"until": at.isoformat()}, done.at)
        done.about("schedule", "close_periods", moments=len(new))
    return len(new)


def close_until(done: Deed, until: datetime) -> int:
    """Close, in order, what was due by `until` and is still open; tell the offices. Says how many were closed."""
    campaign = campaigns.current()
    if campaign is None:
        return 0
    session = done.session()
    closed = closings.closed(session, campaign.id)
    still_open = [d for d in closable(campaign, until) if (d[1].code, d[2].key) not in closed]
    if not still_open:
        return 0
    # Duties of a plugin that is off are owed by nobody.
    duties = campaign.duties_of(plugins.on())
    found = progress.by_period(session, campaign, duties, progress.heads(session), "/")
    sums = {(item.duty.code, item.period.key): item.progress for item in found}
    first = closings.last_number(session) + 1
    for number, (at, duty, period) in enumerate(still_open, first):
        part = sums.get((duty.code, period.key), Progress())
        session.add(_row(campaign.id, number, at, duty, period, done.at, part))
        if part.owed:
            _tell(done, campaign.id, duty, period, part)
    return len(still_open)


def _row(
    campaign_id: int,
    number: int,
    due: datetime,
    duty: DutyRule,
    period: Period,
    now: datetime,
    part: Progress,
) -> PeriodClosing:
    return PeriodClosing(
        campaign_id=campaign_id,
        duty_code=duty.code,
        period_key=period.key,
        number=number,
        due_at=due,
        closed_at=now,
        owed=part.owed,
        filed=part.filed,
        done=part.done,
        late=part.late,
    )


def _tell(done: Deed, campaign_id: int, duty: DutyRule, period: Period, part: Progress) -> None:
    offices = people.with_role(done.session(), [Role.OFFICE], everywhere=True)
    missing = part.owed - part.filed
    notices.send(
        done,
        offices,
        key=f"closed:{campaign_id}:{duty.code}:{period.key}",
        title=Text(
            f"{duty.code} {duty.title.zh}：一期已截止",
            f"{duty.code} {duty.title.pick('en')}: a period has closed",
        ),
        body=Text(
            f"{period.starts} 至 {period.ends}：应报 {part.owed}，已报 {part.filed}，未报 {missing}，迟报 {part.late}",
            f"{period.starts} to {period.ends}: {part.owed} owed, {part.filed} filed, {missing} missing, {part.late} late",
        ),
        url=f"/office/reports?duty={duty.code}",
        tone="info" if missing == 0 else "warning",
    )
