"""What can be seen wrong in a report of a sent message, for the inspector to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

from core.api import Finding, ReportFact
from plugins.carriers.messages import DUTY, moment

#: Duties whose report is about a message that was sent: both forms have these fields under the same names.
MESSAGES = ("CAR-02", DUTY)
NIGHT_FROM, NIGHT_TO = time(22), time(8)
#: A text without any of these hardly warns of fraud; 96110 is the police's number against it.
WARNING_WORDS = (
    "骗", "诈", "警惕", "警方", "谨防", "防范", "提防", "不轻信", "转账", "汇款", "验证码", "刷单", "96110",
)  # fmt: skip


def check(report: ReportFact) -> Iterator[Finding]:
    if report.duty in MESSAGES:
        yield from _time(report.record)
        yield from _numbers(report.record)
    if report.duty == DUTY:
        yield from _wording(report.record)


def _time(record: Mapping[str, Any]) -> Iterator[Finding]:
    at = moment(record.get("sent_at"))
    if at and (at.time() >= NIGHT_FROM or at.time() < NIGHT_TO):
        yield Finding(
            (
                f"发送时间是 {at:%H:%M}，在夜间（22:00 至次日 8:00）：请核对时间是否填错、是否扰民",
                f"Sent at {at:%H:%M}, at night (22:00 to 8:00): check the time, and whether people were disturbed",
            ),
            level="info",
            field="sent_at",
        )


def _numbers(record: Mapping[str, Any]) -> Iterator[Finding]:
    recipients, messages = record.get("recipients"), record.get("messages")
    if recipients == 0:
        yield Finding(
            ("接收用户是 0 户：没有人收到", "No recipients: nobody received it"), field="recipients"
        )
    if messages == 0:
        yield Finding(("发送短信是 0 条：没有发出", "No messages: nothing was sent"), field="messages")
    elif isinstance(recipients, int) and isinstance(messages, int) and messages < recipients:
        yield Finding(
            (
                f"发送短信 {messages} 条，少于接收用户 {recipients} 户：请核对两个数字",
                f"Messages {messages}, fewer than recipients {recipients}: check both numbers",
            ),
            field="messages",
        )


def _wording(record: Mapping[str, Any]) -> Iterator[Finding]:
    wording = str(record.get("wording") or "")
    if wording and not any(word in wording for word in WARNING_WORDS):
        yield Finding(
            (
                "短信内容里没有常见的防骗用语（如“诈骗”“转账”“验证码”“96110”）：请核对是不是防骗提醒",
                "The wording has none of the usual words of a fraud warning (such as 诈骗, 转账, 96110): "
                "check that it is one",
            ),
            level="info",
            field="wording",
        )
