"""Anti-fraud centres: they find out what is frequent locally and supply material, training and wording."""

from core.api import Plugin, UnitType, hookimpl
from plugins.anti_fraud_centres.duties import CENTRE, DUTIES
from plugins.anti_fraud_centres.inspection import ITEMS

TITLE = ("反诈中心", "Anti-fraud centres")


@hookimpl
def dudao_plugin() -> Plugin:
    centres = UnitType("anti_fraud_centres", TITLE, [CENTRE], DUTIES, inspection=ITEMS)
    return Plugin(
        "anti_fraud_centres",
        TITLE,
        "1.0",
        unit_types=[centres],
        summary=(
            "市、县反诈中心：梳理高发类案，收集案例，制作并推送宣传品，培训宣传人员，研究对策和口径。",
            "City and county anti-fraud centres: frequent fraud types, typical cases, publicity material and "
            "its delivery, training, counter-measures and wording.",
        ),
    )
