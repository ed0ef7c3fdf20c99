"""What inspectors look at in an outlet, and what victims are asked about their bank."""

from core.api import CallbackQuestion, InspectionItem
from plugins.banks.duties import OUTLET

ITEMS = (
    InspectionItem(
        "screen_slogans",
        ("电子屏是否在播放“断卡”标语？", "Does the screen show the slogans?"),
        kinds=[OUTLET],
    ),
    InspectionItem("banner", ("横幅是否悬挂？", "Is the banner up?"), kinds=[OUTLET]),
    InspectionItem(
        "terminal_notices",
        ("每台自助终端是否都贴有防骗提示？", "Does every terminal have its notice?"),
        kinds=[OUTLET],
    ),
    InspectionItem(
        "teller_asked",
        ("办理转账时，柜员是否主动询问、提醒？", "Did the teller ask about the transfer?"),
        kinds=[OUTLET],
        undercover=True,
    ),
    InspectionItem(
        "staff_can_stop",
        (
            "工作人员是否知道怎样劝阻、止付可疑转账？",
            "Do staff know how to stop a suspicious transfer?",
        ),
        kinds=[OUTLET],
    ),
)

CALLBACKS = (
    CallbackQuestion(
        "bank_asked",
        (
            "您转账时，银行工作人员提醒或询问过您吗？",
            "When you transferred the money, did bank staff warn or question you?",
        ),
        kinds=[OUTLET],
    ),
)
