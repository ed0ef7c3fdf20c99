"""A complete report for each of the carriers' duties."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries, moved

EXAMPLES: dict[str, Entries] = {
    "CAR-01": {
        "measures": ["召集三家运营商部署，明确短信、窗口、营业厅三项任务。"],
        "meeting_date": ["2020-10-27"],
        "operators": ["mobile", "unicom", "telecom"],
    },
    "CAR-02": {
        "sent_at": ["2020-10-28T10:00"],
        "wording": ["出租、出借、出售电话卡、银行卡将被惩戒，五年内不得新开户。"],
        "recipients": ["2500000"],
        "messages": ["2600000"],
    },
    "CAR-03": {
        "sent_at": ["2020-11-10T09:30"],
        "fraud_type": ["fake_order_rebates"],
        "wording": ["凡是刷单都是诈骗，不要垫付任何资金。"],
        "recipients": ["2500000"],
        "messages": ["2500000"],
        "share_of_users": ["62.5"],
    },
    "CAR-04": {
        "customers_reminded": ["320"],
        "leaflets": ["280"],
        "staff_trained": ["6"],
    },
    "CAR-05": {
        "sessions": ["10"],
        "audience": ["150"],
        "screen_hours": ["9.5"],
    },
    "CAR-06": {
        "tool": ["mobile_call_blocking"],
        "newly_enabled": ["12000"],
        "users_total": ["480000"],
    },
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; a warning message is sent on the span's first day."""
    return moved(EXAMPLES[code], "sent_at", span) if code == "CAR-03" else dict(EXAMPLES[code])
