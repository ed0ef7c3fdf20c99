"""Publishing a notice as a campaign, and the campaign that is under way."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.domain.access import Everything
from core.domain.calendar import Calendar, Span, periods
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.errors import Conflict, Invalid
from core.domain.text import Text
from core.services.origin import origin
from core.services.runtime import runtime
from core.services.work import Deed, chore, reading
from core.store.db import lock_row
from core.store.models import Campaign, CampaignDuty, CampaignPhase, Clause
from core.store.queries import campaigns as queries
from core.store.upsert import insert_or_ignore

NOTICE = Path(__file__).resolve().parent.parent / "data" / "notice-henan-2020.toml"


def current() -> CampaignFacts | None:
    """The campaign published last, or None on a fresh installation; asked for once a request."""
    asked = origin().known
    if "campaign" not in asked:
        with reading(Everything("every signed-in person sees the campaign")) as session:
            asked["campaign"] = _newest(session())
    found: CampaignFacts | None = asked["campaign"]
    return found


def _newest(session: Session) -> CampaignFacts | None:
    known = runtime().campaigns
    newest = queries.newest(session)
    if newest is None:
        return None
    if newest not in known:
        known[newest] = queries.load(session, newest[0])
    return known[newest]


def read_notice(path: Path = NOTICE) -> dict[str, Any]:
    """A notice as data: see ``core/data/README.md``."""
    return tomllib.loads(path.read_text("utf-8"))


def publish(notice: dict[str, Any], *, weeks_later: int = 0) -> int:
    """Publish a notice with a frozen copy of all declared duties. `weeks_later` moves it for a demo."""
    shift = timedelta(weeks=weeks_later)
    calendar = Calendar(
        Span(notice["starts"], notice["ends"]), tuple(Span(p["starts"], p["ends"]) for p in notice["phases"])
    ).moved(weeks_later)
    rules = runtime().registry.duty_rules()
    for rule in rules:
        _refuse_unfit(rule, calendar)
    with chore("campaign.publish", "a campaign concerns every unit") as done:
        if done.session.scalar(select(Campaign.id).where(Campaign.key == notice["key"])) is not None:
            raise Conflict(Text("这份通知已经发布过了", "This notice has been published already"))
        row = Campaign(
            key=notice["key"],
            number=notice["number"],
            issued=notice["issued"] + shift,
            starts=calendar.span.starts,
            ends=calendar.span.ends,
            published_at=done.at,
            **{name: _pair(notice[name]) for name in ("title", "issuer", "addressees", "purpose")},
        )
        done.session.add(row)
        done.session.flush()
        done.session.add_all(_phases(row.id, notice, shift))
        done.session.add_all(_clauses(row.id, notice))
        done.session.add_all(
            CampaignDuty(campaign_id=row.id, code=rule.code, position=position, rule=rule.to_json())
            for position, rule in enumerate(rules)
        )
        done.about("campaign", row.id, key=notice["key"])
        return row.id


def missing_duties(plugin: str) -> tuple[DutyRule, ...]:
    """The duties of a plugin that the campaign under way does not have: they join it when the plugin is switched on."""
    campaign = current()
    if campaign is None:
        return ()
    known = {duty.code for duty in campaign.duties}
    rules = runtime().registry.duty_rules()
    return tuple(rule for rule in rules if rule.plugin == plugin and rule.code not in known)


def join(done: Deed, plugin: str) -> tuple[str, ...]:
    """Let a plugin's new duties join the campaign under way, from today on; answers with their codes.

    Raises Invalid where a deadline is not in the campaign. What the campaign has already stays as it was frozen.
    """
    campaign, joining = current(), missing_duties(plugin)
    if campaign is None or not joining or runtime().clock.today() > campaign.calendar.span.ends:
        return ()
    session, today = done.session(), runtime().clock.today()
    lock_row(session, Campaign, campaign.id)
    row = session.get_one(Campaign, campaign.id)
    last = session.scalar(
        select(func.max(CampaignDuty.position)).where(CampaignDuty.campaign_id == campaign.id)
    )
    first = 0 if last is None else last + 1
    since = max(today, campaign.calendar.span.starts)
    for position, rule in enumerate(joining, first):
        _refuse_unfit(rule, campaign.calendar)
        joined = replace(rule, cadence=replace(rule.cadence, since=since)).to_json()
        row_of = {"campaign_id": campaign.id, "code": rule.code, "position": position, "rule": joined}
        insert_or_ignore(session, CampaignDuty, row_of)
    row.revision += 1
    origin().known.pop("campaign", None)
    return tuple(rule.code for rule in joining)


def _refuse_unfit(rule: DutyRule, calendar: Calendar) -> None:
    """A duty's deadline must be a day that this campaign has."""
    try:
        periods(rule.cadence, calendar)
    except (IndexError, ValueError):
        raise Invalid(
            Text(
                f"职责 {rule.code} 的期限不在本活动之内，请检查插件 {rule.plugin}",
                f"Duty {rule.code} has a deadline that this campaign does not know: check plugin {rule.plugin}",
            )
        ) from None


def _pair(value: dict[str, str]) -> list[str]:
    return [value["zh"], value["en"]]


def _phases(campaign_id: int, notice: dict[str, Any], shift: timedelta) -> list[CampaignPhase]:
    def moved(day: date) -> date:
        return day + shift

    return [
        CampaignPhase(
            campaign_id=campaign_id,
            number=phase["number"],
            starts=moved(phase["starts"]),
            ends=moved(phase["ends"]),
            theme=_pair(phase["theme"]),
            focus=_pair(phase["focus"]),
        )
        for phase in notice["phases"]
    ]


def _clauses(campaign_id: int, notice: dict[str, Any]) -> list[Clause]:
    return [
        Clause(
            campaign_id=campaign_id,
            key=clause["key"],
            position=position,
            part=clause["part"],
            zh=clause["text"]["zh"],
            en=clause["text"]["en"],
            requires=clause["requires"],
            lives_in=clause.get("lives_in"),
        )
        for position, clause in enumerate(notice["clauses"])
    ]
