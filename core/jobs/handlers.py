"""The jobs there are, by name.

`prepare` asks plugins and looks into files, outside of any transaction; `effect` works inside the deed that marks the
job done, so that it happens once. A job without foreign code or files needs no preparation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.services import (
    checks,
    closing,
    examining,
    likeness,
    masking,
    notices,
    plugin_jobs,
    scanner,
    scores,
    scrub,
    upkeep,
    uploads,
)
from core.services.work import Deed


def _nothing(_payload: dict[str, Any]) -> None:
    """Most jobs need no preparation."""


@dataclass(frozen=True)
class Handler:
    """What a job does: with the deed, its payload, and what was prepared for it."""

    effect: Callable[[Deed, dict[str, Any], Any], None]
    prepare: Callable[[dict[str, Any]], Any] = _nothing


def _notify_decision(done: Deed, payload: dict[str, Any], _prepared: None) -> None:
    notices.decision(done, payload["report_id"], payload["version"])


def _close_periods(done: Deed, payload: dict[str, Any], _prepared: None) -> None:
    closing.close_until(done, datetime.fromisoformat(payload["until"]))


def _sweep_evidence(done: Deed, payload: dict[str, Any], figures: dict[str, int]) -> None:
    upkeep.note(done, payload, figures)
    uploads.expire(done)


HANDLERS: dict[str, Handler] = {
    "notify_decision": Handler(_notify_decision),
    "close_periods": Handler(_close_periods),
    "sweep_evidence": Handler(_sweep_evidence, upkeep.sweep),
    "settle_evidence": Handler(upkeep.note, upkeep.settle),
    scrub.JOB: Handler(scrub.effect, scrub.prepare),
    "examine_file": Handler(examining.keep, examining.examine),
    likeness.JOB: Handler(likeness.keep, likeness.find),
    masking.JOB: Handler(masking.keep, masking.make),
    "scan_again": Handler(scanner.keep_again, scanner.scan_again),
    "check_report": Handler(checks.keep, checks.run),
    "score_units": Handler(scores.keep, scores.run),
    "plugin_job": Handler(plugin_jobs.keep_job, plugin_jobs.run_job),
    "plugin_event": Handler(plugin_jobs.keep_event, plugin_jobs.tell_event),
}
