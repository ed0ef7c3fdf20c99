"""What happens by the clock. Each tick looks at the database, so that restarts and outages lose nothing."""

from __future__ import annotations

from core.services import closing, examining, plugin_jobs, scanner, scores, scrub, upkeep


def tick() -> int:
    """Owe what the clock demands now; says how many jobs are new."""
    reports = closing.owe_closings() + plugin_jobs.owe_turns() + scores.owe_scores()
    files = examining.owe_missing() + scanner.owe_again() + scrub.owe_scrub()
    return reports + files + upkeep.owe_sweep() + upkeep.owe_settle()
