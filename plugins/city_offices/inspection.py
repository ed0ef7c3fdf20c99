"""What the office above looks at in a city or county office."""

from core.api import InspectionItem
from plugins.city_offices.duties import OFFICE

ITEMS = (
    InspectionItem(
        "plan",
        ("宣传工作方案是否真实存在？", "Does the plan exist and is it true?"),
        kinds=[OFFICE],
    ),
    InspectionItem(
        "team",
        ("反诈宣传专班是否真实存在？", "Does the team exist and is it true?"),
        kinds=[OFFICE],
    ),
    InspectionItem(
        "inspection_records",
        ("督导检查记录是否齐全、真实？", "Do the inspection records exist and are they true?"),
        kinds=[OFFICE],
    ),
    InspectionItem(
        "callback_records",
        ("回访记录是否齐全、真实？", "Do the callback records exist and are they true?"),
        kinds=[OFFICE],
    ),
)
