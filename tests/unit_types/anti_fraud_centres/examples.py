"""A complete report for each of the anti-fraud centres' duties."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries

EXAMPLES: dict[str, Entries] = {
    "AFC-01": {
        "frauds-0-fraud_type": ["fake_order_rebates"],
        "frauds-0-cases": ["46"],
        "frauds-0-loss": ["1280000.00"],
        "frauds-1-fraud_type": ["fake_police"],
        "frauds-1-cases": ["9"],
        "frauds-1-loss": ["2045000.55"],
        "groups_at_risk": ["university_students", "homemakers"],
    },
    "AFC-02": {"pieces": ["18"], "summary": ["刷单、冒充公检法两类典型案例的影像和笔录摘要。"]},
    "AFC-03": {"booklets": ["2"], "films": ["1"], "posters": ["4"]},
    "AFC-04": {"units_reached": ["56"], "items": ["7"]},
    "AFC-05": {"sessions": ["3"], "trainees": ["140"]},
    "AFC-06": {
        "fraud_type": ["fake_boss"],
        "countermeasure": ["企业转账实行双人复核、电话核实。"],
        "wording": ["老板微信要汇款，先打电话问一声。"],
    },
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; none of these forms has a date."""
    return dict(EXAMPLES[code])
