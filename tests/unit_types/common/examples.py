"""A complete report for each duty of every unit."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries

EXAMPLES: dict[str, Entries] = {
    "GEN-01": {
        "title": ["防范电信网络诈骗集中宣传月活动方案"],
        "leader": ["分管副局长"],
        "measures": ["成立专班，分三个阶段开展宣传。\n每周检查一次落实情况。"],
    },
    "GEN-02": {
        "leader": ["分管副局长"],
        "members": ["办公室：统筹协调\n宣传科：材料制作"],
        "meeting_date": ["2020-10-27"],
    },
    "GEN-03": {
        "summary": ["今日在中心广场开展反诈宣传，现场讲解“断卡”行动，解答群众咨询。"],
        "activities": ["3"],
        "people_reached": ["1200"],
        "channels": ["wechat_account", "leaflets"],
        "share_to_feed": ["yes"],
    },
    "GEN-04": {
        "done": ["按方案开展宣传，覆盖全部网点。"],
        "results": ["群众知晓率提高，劝阻转账三笔。"],
        "problems": ["无"],
        "next_step": ["转入校园宣传。"],
    },
    "GEN-05": {
        "report": ["宣传月期间，我单位按照通知要求全面完成各项任务。"],
        "honours": ["城区网点宣传小组"],
        "suggestions": ["建议常态化开展。"],
    },
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; none of these forms binds a date to the period."""
    return dict(EXAMPLES[code])
