"""A complete report for each of the city and county offices' duties."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries

EXAMPLES: dict[str, Entries] = {
    "CTY-01": {
        "announced": ["6"],
        "undercover": ["4"],
        "problems": ["3"],
        "remarks": ["两处网点未更换横幅，已责令整改。"],
    },
    "CTY-02": {
        "tried": ["30"],
        "answered": ["22"],
        "negative_answers": ["5"],
        "remarks": ["集中反映未收到提醒短信。"],
    },
    "CTY-03": {"media": ["television", "newspaper"], "programmes": ["4"], "audience": ["300000"]},
    "CTY-04": {
        "communities": ["12"],
        "villages": ["9"],
        "networks": ["5"],
        "enterprises": ["7"],
        "campuses": ["6"],
        "venues": ["8"],
        "families": ["40"],
        "people_reached": ["15600"],
    },
    "CTY-05": {"places": ["35"], "screens": ["60"]},
    "CTY-06": {"posts": ["14"], "reads": ["98000"], "followers": ["56000"]},
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; none of these forms has a date."""
    return dict(EXAMPLES[code])
