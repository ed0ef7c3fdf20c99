"""A complete report for each of the education duties."""

from core.domain.calendar import Span
from tests.unit_types.helpers import Entries, moved

EXAMPLES: dict[str, Entries] = {
    "EDU-01": {
        "measures": ["印发通知，要求各校第二阶段至少开展一次集中宣传。"],
        "schools_total": ["120"],
        "schools_taking_part": ["118"],
    },
    "EDU-02": {
        "held_on": ["2020-11-12"],
        "forms": ["lecture", "display"],
        "fraud_types": ["part_time_fake_orders", "campus_loans"],
        "students": ["900"],
        "staff": ["45"],
    },
    "EDU-03": {
        "team_name": ["校园反诈宣传队"],
        "leader": ["学生处负责人"],
        "members": ["24"],
    },
    "EDU-04": {
        "trainer_organisation": ["区反诈中心"],
        "trainees": ["60"],
        "hours": ["1.5"],
    },
    "EDU-05": {
        "topics": ["part_time_fake_orders", "card_trading", "fake_teacher"],
        "teachers": ["40"],
        "parents": ["860"],
    },
    "EDU-06": {
        "groups": ["30"],
        "police": ["6"],
        "teachers": ["30"],
        "parents": ["1100"],
        "students": ["1150"],
        "pushes": ["15"],
    },
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; a publicity event is held on the span's first day."""
    return moved(EXAMPLES[code], "held_on", span) if code == "EDU-02" else dict(EXAMPLES[code])
