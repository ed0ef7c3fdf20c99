"""A complete report for each of the banks' duties."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries

EXAMPLES: dict[str, Entries] = {
    "BNK-01": {
        "measures": ["下发通知，要求各商业银行网点统一播放标语、悬挂横幅。"],
        "banks_covered": ["甲银行\n乙银行"],
    },
    "BNK-02": {
        "screens": ["2"],
        "hours_a_day": ["8.5"],
        "slogans": ["出租、出借、出售银行卡是违法行为"],
    },
    "BNK-03": {"banners": ["1"], "slogan": ["坚决打击非法开办、贩卖“两卡”"]},
    "BNK-04": {"terminals_total": ["12"], "terminals_done": ["12"]},
    "BNK-05": {
        "customers_asked": ["460"],
        "transfers_stopped": ["2"],
        "money_saved": ["50000.50"],
        "typical_case": ["一位老人要向陌生账户汇款，柜员询问后劝阻。"],
    },
    "BNK-06": {
        "outlets_total": ["40"],
        "outlets_taking_part": ["38"],
        "measures": ["每周抽查网点落实情况。"],
    },
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; none of these forms has a date."""
    return dict(EXAMPLES[code])
