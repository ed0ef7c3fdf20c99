"""What happens by the clock. Each tick looks at the database, so that restarts and outages lose nothing."""

from __future__ import annotations

from core.services import closing, plugin_jobs, scores, upkeep


def tick() -> int:
    """Owe what the clock demands now; says how many jobs are new."""
    return closing.owe_closings() + upkeep.owe_sweep() + plugin_jobs.owe_turns() + scores.owe_scores()
