"""A complete report for the other member units' duty."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries

EXAMPLES: dict[str, Entries] = {
    "OTH-01": {
        "done": ["组织职工学习防骗知识，在服务大厅设置宣传台。"],
        "staff": ["75"],
        "customers": ["640"],
    },
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; the form has no date."""
    return dict(EXAMPLES[code])
