"""How often a duty is due, in words: ``weekly(3)``, ``each_phase(2)``, ``once(by=phase_end(1))``."""

from __future__ import annotations

from core.domain.calendar import Cadence, Deadline


def daily() -> Cadence:
    """One report for each day of the campaign."""
    return Cadence("day")


def weekly(times: int = 1) -> Cadence:
    """`times` reports a week, Monday to Sunday; fewer, rounded up, in a week that the campaign cuts."""
    return Cadence("week", times)


def each_phase(*phases: int, times: int = 1) -> Cadence:
    """`times` reports in each phase, or in the phases named."""
    return Cadence("phase", times, phases)


def once(by: Deadline | None = None) -> Cadence:
    """One report, by the deadline or else by the campaign's end."""
    return Cadence("once", by=by)


def campaign_start(days: int = 0) -> Deadline:
    """The campaign's first day, or so many days after it."""
    return Deadline("start", None, days)


def campaign_end(days: int = 0) -> Deadline:
    """The campaign's last day, or so many days after it."""
    return Deadline("end", None, days)


def phase_start(phase: int, days: int = 0) -> Deadline:
    """A phase's first day, or so many days after it."""
    return Deadline("start", phase, days)


def phase_end(phase: int, days: int = 0) -> Deadline:
    """A phase's last day, or so many days after it."""
    return Deadline("end", phase, days)
