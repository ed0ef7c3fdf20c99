"""Checks of reports and files, and the score of a depot: facts in, values out."""

from __future__ import annotations

from collections.abc import Iterator

from core.api import EvidenceFact, Finding, ReportFact, ScoreLine, UnitRecord


def of_report(report: ReportFact) -> Iterator[Finding]:
    """More leaflets than parcels cannot have gone out with parcels."""
    if report.record["leaflets"] > report.record["parcels"]:
        yield Finding(
            ("宣传单比快件多，请核对", "More leaflets than parcels: check the numbers"), field="leaflets"
        )


def of_file(evidence: EvidenceFact) -> Iterator[Finding]:
    """A photo of a few kilobytes shows nothing."""
    if evidence.size < 10_000:
        yield Finding(("照片很小，可能看不清", "A very small photo; it may not be readable"), level="info")


def score(unit: UnitRecord) -> Iterator[ScoreLine]:
    """100 points for leaflets in all parcels; nothing where no parcel was reported."""
    done = (report for report in unit.reports if report.duty == "PCL-01" and report.state == "accepted")
    accepted = [report.record for report in done]
    parcels = sum(record["parcels"] for record in accepted)
    if parcels:
        leaflets = min(parcels, sum(record["leaflets"] for record in accepted))
        yield ScoreLine(("随件率", "Parcels with a leaflet"), 100 * leaflets // parcels, 100)
