"""The notice as a map: each clause with who owes it and who did it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from core.domain.access import Actor, Permission
from core.domain.campaigns import CampaignFacts, ClauseFacts
from core.domain.duties import DutyRule
from core.domain.progress import Progress
from core.services import plugins, progress
from core.services.work import reading

Coverage = Literal["covered", "uncovered", "product", "planned", "background"]
#: Where clauses live that the product itself answers today; the others are not there yet, and the page says so.
BUILT = frozenset({"phases", "reports"})


@dataclass(frozen=True)
class ClauseRow:
    """A clause, the duties that answer it with their progress, and whether anything answers it at all."""

    clause: ClauseFacts
    coverage: Coverage
    duties: tuple[tuple[DutyRule, Progress], ...]
    total: Progress


def coverage(clause: ClauseFacts, duties: tuple[DutyRule, ...]) -> Coverage:
    """Whether a clause is answered: by a duty that is on, by the product itself, now or later, or by nobody."""
    if any(clause.key in duty.clauses for duty in duties):
        return "covered"
    if clause.requires == "product":
        return "product" if clause.lives_in in BUILT else "planned"
    return "uncovered" if clause.requires == "duty" else "background"


def trace(actor: Actor, campaign: CampaignFacts) -> list[ClauseRow]:
    """Every clause in the notice's order, with the progress of the units in the actor's scope."""
    duties = campaign.duties_of(plugins.on())
    with reading(actor.scope(Permission.DASHBOARD)) as session:
        census = progress.heads(session())
        sums: defaultdict[str, Progress] = defaultdict(Progress)
        for item in progress.by_period(session(), campaign, duties, census, "/"):
            sums[item.duty.code] = sums[item.duty.code] + item.progress
    rows = []
    for clause in campaign.clauses:
        answering = tuple((duty, sums[duty.code]) for duty in duties if clause.key in duty.clauses)
        total = sum((part for _duty, part in answering), Progress())
        rows.append(ClauseRow(clause, coverage(clause, duties), answering, total))
    return rows
