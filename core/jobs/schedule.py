"""What happens by the clock. Each tick looks at the database, so that restarts and outages lose nothing."""

from __future__ import annotations

from core.services import closing, upkeep


def tick() -> int:
    """Owe what the clock demands now; says how many jobs are new."""
    return closing.owe_closings() + upkeep.owe_sweep()
