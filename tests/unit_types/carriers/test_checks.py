"""What the automatic check of a message finds, and what it leaves alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from core.api import Finding, Member, ReportFact
from core.domain.calendar import Span
from plugins.carriers import dudao_check_report
from tests.unit_types.helpers import NOTICE

GOOD: dict[str, Any] = {
    "sent_at": "2020-11-10T09:30",
    "fraud_type": "online_loans",
    "wording": "凡是先交钱的贷款都是诈骗",
    "recipients": 100,
    "messages": 120,
}


def found(duty: str = "CAR-03", **changes: Any) -> list[Finding]:
    unit = Member(1, "op-1", "运营商公司", "carriers", "operator", "410100", "郑州市")
    days = Span(NOTICE.span.starts, NOTICE.span.ends)
    record = MappingProxyType({**GOOD, **changes})
    report = ReportFact("r1", unit, duty, "week-3", days, "submitted", 1, False, None, record)
    return list(dudao_check_report(report))


def test_a_good_report_gives_no_finding() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("at", "hint"),
    [("22:00", True), ("23:59", True), ("00:00", True), ("07:59", True), ("08:00", False), ("21:59", False)],
)
def test_a_message_at_night_is_pointed_out(at: str, hint: bool) -> None:
    [*findings] = found(sent_at=f"2020-11-10T{at}")
    assert [(finding.field, finding.level) for finding in findings] == [("sent_at", "info")] * hint


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"recipients": 0}, ["recipients"]),
        ({"messages": 0}, ["messages"]),
        ({"recipients": 0, "messages": 0}, ["recipients", "messages"]),
        ({"messages": 99}, ["messages"]),
        ({"messages": 100}, []),
        ({"recipients": None}, []),
        ({"messages": None}, []),
        ({"sent_at": None}, []),
        ({"sent_at": "soon"}, []),
    ],
)
def test_numbers_that_do_not_fit_are_pointed_out(changes: dict[str, Any], fields: list[str]) -> None:
    findings = found(**changes)
    assert [finding.field for finding in findings] == fields
    assert all(finding.level == "attention" for finding in findings)


def test_a_wording_that_warns_of_nothing_is_pointed_out() -> None:
    [finding] = found(wording="双十一流量优惠，回复即可办理")
    assert (finding.field, finding.level) == ("wording", "info")
    assert found(wording="有疑问请拨打96110") == []


def test_the_message_on_penalties_is_checked_for_time_and_numbers_only() -> None:
    assert [f.field for f in found("CAR-02", wording="出租电话卡将被惩戒", recipients=0)] == ["recipients"]


def test_reports_of_other_duties_are_left_alone() -> None:
    assert found("CAR-04", recipients=0, sent_at="2020-11-10T03:00") == []


def test_every_finding_is_said_in_both_languages() -> None:
    findings = found(sent_at="2020-11-10T03:00", recipients=0, messages=0, wording="优惠")
    assert len(findings) == 4
    assert all(finding.message.zh and finding.message.en != finding.message.zh for finding in findings)
