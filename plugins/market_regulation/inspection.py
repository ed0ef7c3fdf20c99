"""What inspectors look at with market regulation, and what finance workers are asked."""

from core.api import CallbackQuestion, InspectionItem
from plugins.market_regulation.duties import AUTHORITY

ITEMS = (
    InspectionItem(
        "training_records",
        ("财会人员培训记录是否齐全？", "Are there training records?"),
        kinds=[AUTHORITY],
    ),
    InspectionItem(
        "finance_worker_recognises",
        (
            "现场抽问的财会人员能否识别“冒充老板”？",
            "Does a finance worker, asked on the spot, recognise the fake boss?",
        ),
        kinds=[AUTHORITY],
    ),
)

CALLBACKS = (
    CallbackQuestion(
        "finance_training",
        (
            "您参加过识别“冒充老板骗财务”的培训吗？",
            "Had you been trained on the fake boss?",
        ),
        kinds=[AUTHORITY],
        asked_of=("财会人员", "Finance workers"),
    ),
)
