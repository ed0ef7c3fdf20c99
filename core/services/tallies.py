"""Keeping tallies in step: around every change, the difference of an obligation's contribution goes to its leaf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy.orm import Session

from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.obligations import needed
from core.domain.tallies import Contribution, Tally, contribution
from core.store.models import TallyLeaf, TallyMetric, Unit
from core.store.queries import filings
from core.store.queries.filings import LeafKey
from core.store.upsert import add_up


@contextmanager
def kept(
    session: Session, campaign: CampaignFacts, unit: Unit, duty: DutyRule, period_key: str
) -> Iterator[None]:
    """Keep the leaf of one obligation right over what happens inside. The unit's row must be locked."""
    before = _contribution(session, campaign, unit.id, duty, period_key)
    yield
    session.flush()
    _apply(session, campaign, unit, duty, period_key, before)


@contextmanager
def kept_for_unit(session: Session, campaign: CampaignFacts, unit: Unit) -> Iterator[None]:
    """Keep all leaves of a unit right, e.g. while it is enabled or disabled."""
    duties = {duty.code: duty for duty in campaign.duties}
    touched = [
        (duties[code], period)
        for code, period in filings.obligations_with_reports(session, campaign.id, unit.id)
        if code in duties
    ]
    before = [_contribution(session, campaign, unit.id, duty, period) for duty, period in touched]
    yield
    session.flush()
    for (duty, period), old in zip(touched, before, strict=True):
        _apply(session, campaign, unit, duty, period, old)


def _contribution(
    session: Session, campaign: CampaignFacts, unit_id: int, duty: DutyRule, period_key: str
) -> Contribution:
    period = campaign.period(duty, period_key)
    owes = needed(duty, period, filings.intervals(session, unit_id)) if period else 0
    return contribution(duty, owes, filings.of_obligation(session, campaign.id, unit_id, duty, period_key))


def _apply(
    session: Session,
    campaign: CampaignFacts,
    unit: Unit,
    duty: DutyRule,
    period_key: str,
    before: Contribution,
) -> None:
    change = _contribution(session, campaign, unit.id, duty, period_key) - before
    key = asdict(LeafKey(campaign.id, unit.region_path, unit.unit_type, unit.kind, duty.code, period_key))
    if change.tally != Tally():
        add_up(session, TallyLeaf, key, change.tally.counts())
    for name, by in sorted(change.metrics.items()):
        add_up(session, TallyMetric, key | {"metric": name}, {"total": by})


def recount(session: Session, campaign: CampaignFacts) -> dict[LeafKey, Contribution]:
    """What every leaf should hold, from the reports themselves."""
    duties = {duty.code: duty for duty in campaign.duties}
    intervals = filings.all_intervals(session)
    sums: dict[LeafKey, Contribution] = {}
    for found in filings.everything(session, campaign.id, duties):
        duty = duties[found.leaf.duty_code]
        period = campaign.period(duty, found.leaf.period_key)
        owes = needed(duty, period, intervals[found.unit_id]) if period else 0
        part = contribution(duty, owes, found.reports)
        sums[found.leaf] = sums.get(found.leaf, Contribution()) + part
    return sums


def differences(session: Session, campaign: CampaignFacts) -> list[str]:
    """Each leaf whose stored numbers differ from a recount, in words."""
    counts, sums = filings.leaves(session, campaign.id)
    right = recount(session, campaign)
    found = []
    for key in counts.keys() | right.keys():
        stored = counts.get(key)
        have = Tally(**{n: getattr(stored, n) for n in Tally().counts()}) if stored else Tally()
        want = right.get(key, Contribution()).tally
        if have != want:
            found.append(f"tally {key}: stored {have}, recounted {want}")
    wanted = {(key, name): total for key, part in right.items() for name, total in part.metrics.items()}
    for metric in sums.keys() | wanted.keys():
        if sums.get(metric, 0) != wanted.get(metric, 0):
            found.append(f"metric {metric}: stored {sums.get(metric, 0)}, recounted {wanted.get(metric, 0)}")
    return sorted(found)
