"""Regular work that keeps an installation tidy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.domain.access import Everything
from core.jobs.queue import owe, owed_keys
from core.services import comparing
from core.services.evidence import GRACE
from core.services.runtime import runtime
from core.services.work import Deed, chore, reading
from core.store.models import Blob, Upload

#: How often evidence that nobody holds is swept away, in minutes.
SWEEP_EVERY = 5
#: How often evidence that waits is brought to its place, in seconds, and leftovers there are looked for, in minutes.
SETTLE_EVERY = 20
LOOK_EVERY = 30
#: A part file that nobody added to for so long belongs to no upload.
STALE = timedelta(hours=24)
#: So many candidates are looked up at once, right before they go.
_BATCH = 200


def owe_sweep() -> int:
    """Owe one sweep of the evidence for each such span; says whether it is new."""
    now = runtime().clock.now()
    return _owe_once("sweep_evidence", f"{now:%Y-%m-%dT%H}:{now.minute // SWEEP_EVERY}")


def owe_settle() -> int:
    """Owe the way from the spool to the S3 store where something waits; now and then in any case."""
    if not runtime().settings.evidence_url.startswith("s3://"):
        return 0
    now = runtime().clock.now()
    key = f"{now:%Y-%m-%dT%H}:{now.minute // LOOK_EVERY}"
    if runtime().evidence.waiting():
        key = f"{now:%Y-%m-%dT%H:%M}:{now.second // SETTLE_EVERY}"
    return _owe_once("settle_evidence", key)


def _owe_once(job: str, key: str) -> int:
    with reading(Everything("the schedule")) as session:
        if owed_keys(session(), job, [key]):
            return 0
    with chore("task.run", "the schedule") as done:
        done.about("schedule", job)
        return int(owe(done.session(), job, key, {}, done.at))


def sweep(_payload: dict[str, Any]) -> dict[str, int]:
    """Remove bytes that no row came to name, e.g. of a refused form, and parts of uploads that were given up.

    Outside of any transaction: listing takes long. Bytes are young while their row is to come, and whether a row
    names those that are old is looked up right before they go.
    """
    store, grace = runtime().evidence, GRACE.total_seconds()
    with reading(Everything("the evidence of everybody")) as session:
        rows = set(session.scalars(select(Blob.sha256)))
        session.rollback()
    strays = sorted(store.strays(rows, grace))
    removed = 0
    for start in range(0, len(strays), _BATCH):
        some = strays[start : start + _BATCH]
        known = set(some) - comparing.unknown(some)
        removed += store.sweep(known, grace, among=some)
    with reading(Everything("uploads under way")) as session:
        growing = set(session.scalars(select(Upload.id).where(Upload.ended_at.is_(None))))
        session.rollback()
    return {"removed": removed, "parts": store.sweep_parts(growing, STALE.total_seconds())}


def settle(_payload: dict[str, Any]) -> dict[str, int]:
    """Bring what waits to its place; says how much still waits."""
    return {"waiting": runtime().evidence.settle()}


def note(done: Deed, _payload: dict[str, Any], figures: dict[str, int]) -> None:
    """Write down what came of such work."""
    done.detail |= figures
