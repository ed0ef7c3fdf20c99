"""Other member units: publicity among their own staff and customers."""

from core.api import Plugin, UnitType, hookimpl
from plugins.other_members.duties import DUTIES, MEMBER

TITLE = ("其他成员单位", "Other member units")


@hookimpl
def dudao_plugin() -> Plugin:
    return Plugin(
        "other_members",
        TITLE,
        "1.0",
        unit_types=[UnitType("other_members", TITLE, [MEMBER], DUTIES)],
        summary=(
            "其他成员单位：发动职工及客户开展反诈宣传。",
            "All other member units: anti-fraud publicity among staff and customers.",
        ),
    )
