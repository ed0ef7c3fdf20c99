"""What inspectors look at in an anti-fraud centre."""

from core.api import InspectionItem
from plugins.anti_fraud_centres.duties import CENTRE

ITEMS = (
    InspectionItem(
        "materials_pushed",
        ("宣传品是否真实存在并已推送？", "Do the materials exist and were they pushed?"),
        kinds=[CENTRE],
    ),
    InspectionItem(
        "scripts_current",
        ("防范对策和宣传口径是否及时更新？", "Are the scripts current?"),
        kinds=[CENTRE],
    ),
)
