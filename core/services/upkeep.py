"""Regular work that keeps an installation tidy."""

from __future__ import annotations

from core.domain.access import Everything
from core.jobs.queue import owe, owed_keys
from core.services.runtime import runtime
from core.services.work import chore, reading

#: How often evidence that nobody holds is swept away, in minutes.
SWEEP_EVERY = 5


def owe_sweep() -> int:
    """Owe one sweep of the evidence folder for each such span; says whether it is new."""
    now = runtime().clock.now()
    key = f"{now:%Y-%m-%dT%H}:{now.minute // SWEEP_EVERY}"
    with reading(Everything("the schedule")) as session:
        if owed_keys(session(), "sweep_evidence", [key]):
            return 0
    with chore("task.run", "the schedule") as done:
        done.about("schedule", "sweep_evidence")
        return int(owe(done.session(), "sweep_evidence", key, {}, done.at))
