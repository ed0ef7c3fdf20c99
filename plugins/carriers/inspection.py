"""What inspectors look at with carriers, and what victims are asked about them."""

from core.api import CallbackQuestion, InspectionItem
from plugins.carriers.duties import HALL, OPERATOR

ITEMS = (
    InspectionItem(
        "clerk_warned",
        ("窗口人员办理业务时是否提醒客户防骗？", "Did the clerk warn the customer?"),
        kinds=[HALL],
    ),
    InspectionItem(
        "leaflets",
        ("宣传页是否随手发放或摆放在显眼处？", "Are leaflets handed out or on show?"),
        kinds=[HALL],
    ),
    InspectionItem(
        "explanation",
        ("营业厅内是否正在讲解反诈知识？", "Is explanation going on in the hall?"),
        kinds=[HALL],
    ),
    InspectionItem(
        "staff_know_frauds",
        ("工作人员能否说出两种当前高发的诈骗类型？", "Can staff name two current frauds?"),
        kinds=[HALL],
    ),
    InspectionItem(
        "sms_on_platform",
        (
            "能否在短信平台上查到每周三次的提醒短信？",
            "Can the three weekly messages be shown on the platform?",
        ),
        kinds=[OPERATOR],
    ),
    InspectionItem(
        "sms_wording",
        ("短信内容是否贴近当前案情、通俗易懂？", "Is the wording current and plain?"),
        kinds=[OPERATOR],
    ),
)

CALLBACKS = (
    CallbackQuestion(
        "carrier_sms",
        (
            "最近一个月，您收到过运营商发的防骗提醒短信吗？",
            "Had you received an anti-fraud message from your operator in the last month?",
        ),
        kinds=[OPERATOR],
    ),
    CallbackQuestion(
        "carrier_counter",
        ("您办理电话卡时，工作人员提醒过您吗？", "Did staff warn you when you bought the card?"),
        kinds=[HALL],
    ),
)
