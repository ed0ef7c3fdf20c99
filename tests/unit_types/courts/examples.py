"""A complete report for each of the procuratorates' and courts' duties."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries

EXAMPLES: dict[str, Entries] = {
    "CRT-01": {
        "cases": ["12"],
        "defendants": ["31"],
        "charges": ["fraud", "aiding_network_crime"],
        "prosecuted_on": ["2020-11-18"],
    },
    "CRT-02": {
        "cases": ["4"],
        "defendants": ["11"],
        "heaviest_sentence": ["有期徒刑十二年"],
        "sentenced_on": ["2020-11-20"],
        "place": ["第一审判庭"],
        "broadcast_live": ["no"],
        "audience": ["260"],
    },
    "CRT-03": {
        "title": ["冒充老板骗财务案"],
        "how_it_worked": ["潜入企业工作群，冒充负责人要求汇款。"],
        "lesson": ["大额汇款须当面或电话核实。"],
        "published_at": ["https://example.org/cases/1"],
    },
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; none of these forms binds a date to the period."""
    return dict(EXAMPLES[code])
