"""The figures for a machine to read, and a short table for people."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import core
from core.bench.measure import Effort, Report
from core.bench.servers import THREADS, WORKERS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: Grows when the meaning of a figure changes.
FORMAT = 1


def circumstances(effort: Effort) -> dict[str, Any]:
    """What one must know to compare two runs."""
    return {
        "format": FORMAT,
        "product": core.__version__,
        "effort": asdict(effort),
        "load": {"before": os.getloadavg()},
        "server": {"kind": "gunicorn gthread", "workers": WORKERS, "threads": THREADS},
        "machine": {
            "processors": os.cpu_count(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": sys.platform,
        },
    }


def as_json(known: dict[str, Any], report: DataclassInstance) -> dict[str, Any]:
    load = {"load": known["load"] | {"after": os.getloadavg()}}
    return {name: _rounded(value) for name, value in (known | load | asdict(report)).items()}


def _rounded(value: Any) -> Any:
    """Three digits after the point say more than is known already."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def table(report: Report) -> Iterator[str]:
    """Line by line."""
    yield (
        f"{'operation':10} {'clients':>7} {'median ms':>10} {'p95 ms':>8} {'CPU ms':>7} {'per s':>7}"
        f" {'base ms':>8} {'ratio':>6} {'rounds':>13} {'CPU ratio':>9}"
    )
    for result in report.results:
        figures, ratio = result.figures, result.ratio
        yield (
            f"{result.operation:10} {result.clients:7} {figures.median_ms:10.1f} {figures.p95_ms:8.1f}"
            f" {figures.cpu_ms:7.1f} {figures.per_second:7.1f} {result.baseline.median_ms:8.2f}"
            f" {ratio.median:6.1f} {_range(ratio.rounds):>13} {_shown(ratio.cpu):>9}"
        )
    for flat in report.flatness:
        few, many = flat.reports
        yield (
            f"{flat.operation}, {flat.clients} client(s): {flat.median_ms[0]:.1f} ms with {few} reports, "
            f"{flat.median_ms[1]:.1f} ms with {many}: {flat.median:.2f} times ({_range(flat.rounds)}), "
            f"CPU {_shown(flat.cpu)} times"
        )


def _range(ratios: list[float]) -> str:
    return f"{min(ratios):.1f}–{max(ratios):.1f}"


def _shown(value: float | None) -> str:
    return "?" if value is None else f"{value:.1f}"
