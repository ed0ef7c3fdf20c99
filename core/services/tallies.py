"""Keeping tallies in step: around every change, the difference of an obligation's contribution goes to its leaf."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, astuple
from typing import Any

from sqlalchemy.orm import Session

from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.obligations import Interval, needed
from core.domain.tallies import Contribution, Tally, contribution
from core.store.models import Report, TallyLeaf, TallyMetric, Unit
from core.store.queries import filings
from core.store.queries.filings import LeafKey
from core.store.queries.switching import in_parts
from core.store.upsert import add_up


@contextmanager
def kept(
    session: Session,
    campaign: CampaignFacts,
    unit: Unit,
    intervals: list[Interval],
    duty: DutyRule,
    report: Report,
) -> Iterator[None]:
    """Keep the leaf of a report's obligation right over what happens to it. The unit's row must be locked."""
    owes = _needed(campaign, duty, report.period_key, intervals)
    before = filings.of_obligation(session, campaign.id, unit.id, duty, report.period_key)
    yield
    after = {key: value for key, value in before.items() if key != report.id}
    if report.state not in filings.UNCOUNTED:
        after[report.id] = filings.counted(duty, report.state, report.late, report.topics, report.record)
    change = contribution(duty, owes, after.values()) - contribution(duty, owes, before.values())
    _add(session, campaign, unit, duty, report.period_key, change)


#: What a unit was enabled on before a change, and is after it.
Switches = Mapping[int, tuple[list[Interval], list[Interval]]]


def follow(session: Session, campaign: CampaignFacts, switched: Switches) -> None:
    """Bring all leaves of units in step with their changed intervals. The units' rows must be locked.

    What reports count does not hang on being enabled, metrics least of all: only what is owed and filled changes.
    """
    duties = {duty.code: duty for duty in campaign.duties}
    changes: defaultdict[LeafKey, Tally] = defaultdict(Tally)
    for part in in_parts(switched):
        for found in filings.standings(session, campaign.id, duties, Report.unit_id.in_(part)):
            duty, period = duties[found.leaf.duty_code], found.leaf.period_key
            old, new = (
                contribution(duty, _needed(campaign, duty, period, intervals), found.reports).tally
                for intervals in switched[found.unit_id]
            )
            changes[found.leaf] += new - old
    # One order for all: whoever switches other units of a region at the same time touches the same leaves.
    ordered = sorted((astuple(leaf), leaf, change) for leaf, change in changes.items() if change != Tally())
    add_up(session, TallyLeaf, [asdict(leaf) | change.counts() for _key, leaf, change in ordered])


def _needed(campaign: CampaignFacts, duty: DutyRule, period_key: str, intervals: list[Interval]) -> int:
    period = campaign.period(duty, period_key)
    return needed(duty, period, intervals) if period else 0


def _add(
    session: Session,
    campaign: CampaignFacts,
    unit: Unit,
    duty: DutyRule,
    period_key: str,
    change: Contribution,
) -> None:
    key = asdict(LeafKey(campaign.id, unit.region_path, unit.unit_type, unit.kind, duty.code, period_key))
    if change.tally != Tally():
        add_up(session, TallyLeaf, [key | change.tally.counts()])
    add_up(
        session,
        TallyMetric,
        [key | {"metric": name, "total": by} for name, by in sorted(change.metrics.items())],
    )


def recount(session: Session, campaign: CampaignFacts) -> dict[LeafKey, Contribution]:
    """What every leaf should hold, from the reports themselves."""
    duties = {duty.code: duty for duty in campaign.duties}
    intervals = filings.all_intervals(session)
    sums: dict[LeafKey, Contribution] = {}
    for found in filings.everything(session, campaign.id, duties):
        duty = duties[found.leaf.duty_code]
        owes = _needed(campaign, duty, found.leaf.period_key, intervals[found.unit_id])
        part = contribution(duty, owes, found.reports)
        sums[found.leaf] = sums.get(found.leaf, Contribution()) + part
    return sums


def write_anew(session: Session, campaign: CampaignFacts) -> None:
    """Write all leaves of a campaign that has none yet, from its reports: for data that was loaded in bulk."""
    leaves: list[dict[str, Any]] = []
    sums: list[dict[str, Any]] = []
    for leaf, part in recount(session, campaign).items():
        key = asdict(leaf)
        leaves.append(key | part.tally.counts())
        sums += [key | {"metric": name, "total": total} for name, total in part.metrics.items()]
    add_up(session, TallyLeaf, leaves)
    add_up(session, TallyMetric, sums)


def differences(session: Session, campaign: CampaignFacts) -> list[str]:
    """Each leaf whose stored numbers differ from a recount, in words."""
    counts, sums = filings.leaves(session, campaign.id)
    right = recount(session, campaign)
    stored = {key: Tally(**{n: getattr(row, n) for n in Tally().counts()}) for key, row in counts.items()}
    tallies = {key: part.tally for key, part in right.items()}
    metrics = {(key, name): total for key, part in right.items() for name, total in part.metrics.items()}
    return sorted([*_unequal("tally", stored, tallies, Tally()), *_unequal("metric", sums, metrics, 0)])


def _unequal(
    what: str, stored: Mapping[Any, Any], right: Mapping[Any, Any], nothing: object
) -> Iterator[str]:
    for key in stored.keys() | right.keys():
        have, want = stored.get(key, nothing), right.get(key, nothing)
        if have != want:
            yield f"{what} {key}: stored {have}, recounted {want}"
