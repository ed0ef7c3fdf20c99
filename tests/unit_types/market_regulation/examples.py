"""A complete report for each of the market regulation duties."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries

EXAMPLES: dict[str, Entries] = {
    "MKT-01": {
        "enterprises": ["85"],
        "finance_staff_total": ["210"],
        "finance_staff_trained": ["190"],
    },
    "MKT-02": {"enterprises": ["85"], "people_in_charge": ["92"], "method": ["visit"]},
    "MKT-03": {"tested": ["190"], "passed": ["181"]},
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; none of these forms has a date."""
    return dict(EXAMPLES[code])
