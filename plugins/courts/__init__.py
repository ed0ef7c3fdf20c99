"""Procuratorates and courts: prosecution, public sentencing, typical cases."""

from core.api import Plugin, UnitType, hookimpl
from plugins.courts.duties import COURT, DUTIES, PROCURATORATE
from plugins.courts.inspection import ITEMS

TITLE = ("检察院、法院", "Procuratorates and courts")


@hookimpl
def dudao_plugin() -> Plugin:
    courts = UnitType("courts", TITLE, [PROCURATORATE, COURT], DUTIES, inspection=ITEMS)
    return Plugin(
        "courts",
        TITLE,
        "1.0",
        unit_types=[courts],
        summary=(
            "检察院、法院：集中审查起诉、公开宣判、发布典型案例。",
            "Procuratorates and courts: concentrated prosecution, public sentencing, typical cases.",
        ),
    )
