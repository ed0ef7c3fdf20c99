"""Education: the authorities, universities and schools."""

from core.api import Pages, Plugin, UnitType, hookimpl
from plugins.education import pages
from plugins.education.duties import AUTHORITY, DUTIES, SCHOOL, UNIVERSITY
from plugins.education.inspection import CALLBACKS, ITEMS

TITLE = ("教育", "Education")


@hookimpl
def dudao_plugin() -> Plugin:
    education = UnitType(
        "education", TITLE, [AUTHORITY, UNIVERSITY, SCHOOL], DUTIES, inspection=ITEMS, callbacks=CALLBACKS
    )
    return Plugin(
        "education",
        TITLE,
        "1.0",
        unit_types=[education],
        summary=(
            "教育行政部门、高校、中小学：集中宣传、宣传队伍、培训、三个专题讲解、微信宣传矩阵。",
            "Education authorities, universities and schools: publicity events, teams, training, the three "
            "topics, WeChat groups.",
        ),
    )


@hookimpl
def dudao_pages() -> Pages:
    return pages.pages
