"""Market regulation: fraud prevention with finance staff and heads of enterprises."""

from core.api import Plugin, UnitType, hookimpl
from plugins.market_regulation.duties import AUTHORITY, DUTIES
from plugins.market_regulation.inspection import CALLBACKS, ITEMS

TITLE = ("市场监管", "Market regulation")


@hookimpl
def dudao_plugin() -> Plugin:
    market_regulation = UnitType(
        "market_regulation", TITLE, [AUTHORITY], DUTIES, inspection=ITEMS, callbacks=CALLBACKS
    )
    return Plugin(
        "market_regulation",
        TITLE,
        "1.0",
        unit_types=[market_regulation],
        summary=(
            "市场监管部门：财会人员培训、企业负责人宣传、“冒充老板骗财务”测验。",
            "Market regulation authorities: training of finance staff, publicity among heads of enterprises, "
            "the test on the fake boss.",
        ),
    )
