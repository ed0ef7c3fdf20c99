"""What inspectors look at with procuratorates and courts."""

from core.api import InspectionItem
from plugins.courts.duties import COURT, PROCURATORATE

_BOTH = (PROCURATORATE, COURT)

ITEMS = (
    InspectionItem(
        "hearing_held",
        (
            "集中起诉、公开宣判是否真实开展？",
            "Did the hearing or sentencing take place?",
        ),
        kinds=_BOTH,
    ),
    InspectionItem(
        "publicity_followed",
        ("起诉、宣判后是否开展了宣传？", "Did publicity follow?"),
        kinds=_BOTH,
    ),
)
