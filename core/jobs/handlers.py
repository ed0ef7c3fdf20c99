"""The jobs there are, by name. Each works inside the deed that marks it done, so that its effect happens once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.services import closing, evidence, notices
from core.services.work import Deed

Handler = Callable[[Deed, dict[str, Any]], None]


def _notify_decision(done: Deed, payload: dict[str, Any]) -> None:
    notices.decision(done, payload["report_id"], payload["version"])


def _close_periods(done: Deed, payload: dict[str, Any]) -> None:
    closing.close_until(done, datetime.fromisoformat(payload["until"]))


def _sweep_evidence(done: Deed, payload: dict[str, Any]) -> None:
    evidence.sweep(done)


HANDLERS: dict[str, Handler] = {
    "notify_decision": _notify_decision,
    "close_periods": _close_periods,
    "sweep_evidence": _sweep_evidence,
}
