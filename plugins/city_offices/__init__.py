"""Joint-conference offices of cities and counties: they supervise, call back, carry local publicity."""

from core.api import Plugin, UnitType, hookimpl
from plugins.city_offices.duties import DUTIES, OFFICE
from plugins.city_offices.inspection import ITEMS

TITLE = ("省辖市、县联席办", "City and county joint-conference offices")


@hookimpl
def dudao_plugin() -> Plugin:
    offices = UnitType("city_offices", TITLE, [OFFICE], DUTIES, inspection=ITEMS)
    return Plugin(
        "city_offices",
        TITLE,
        "1.0",
        unit_types=[offices],
        summary=(
            "市、县联席办：督导检查、暗访、回访、媒体宣传、“七进”宣传、公益广告、新媒体推送。",
            "City and county offices: inspections, undercover visits, callbacks, the media, publicity in the "
            "seven places, public-service advertisements, WeChat and Douyin.",
        ),
    )
