"""Parcel companies and their depots: leaflets in every parcel, and a stock of leaflets that must not run out."""

from __future__ import annotations

from collections.abc import Iterable

import click

from core.api import (
    Data,
    Event,
    Evidence,
    EvidenceFact,
    Finding,
    Job,
    Pages,
    Plugin,
    ReportFact,
    ScoreLine,
    UnitRecord,
    UnitType,
    hookimpl,
)
from dudao_parcels import checks, stock
from dudao_parcels.commands import COMMANDS
from dudao_parcels.duties import COMPANY, DEPOT, DUTIES
from dudao_parcels.models import Base
from dudao_parcels.pages import pages

TITLE = ("寄递企业", "Parcel companies")


@hookimpl
def dudao_plugin() -> Plugin:
    parcels = UnitType("parcels", TITLE, [COMPANY, DEPOT], DUTIES)
    summary = (
        "寄递公司和营业点：随件发放宣传单，登记存量。",
        "Parcel companies and depots: leaflets, and their stock.",
    )
    return Plugin("parcels", TITLE, "1.0", unit_types=[parcels], summary=summary, tables=Base)


@hookimpl
def dudao_pages() -> Pages:
    return pages


@hookimpl
def dudao_jobs() -> Iterable[Job]:
    yield Job("low_stock", ("存量不足提醒", "Reminder of low stock"), stock.remind, every="day", at="08:00")


@hookimpl
def dudao_commands() -> Iterable[click.Command]:
    return COMMANDS


@hookimpl
def dudao_check_report(report: ReportFact) -> Iterable[Finding]:
    return checks.of_report(report)


@hookimpl
def dudao_check_evidence(evidence: EvidenceFact, rule: Evidence) -> Iterable[Finding]:
    return checks.of_file(evidence)


@hookimpl
def dudao_score(unit: UnitRecord) -> Iterable[ScoreLine]:
    return checks.score(unit)


@hookimpl
def dudao_on_event(event: Event, data: Data) -> None:
    stock.follow(event, data)
