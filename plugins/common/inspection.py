"""The callback question about the campaign as a whole."""

from core.api import CallbackQuestion

CALLBACKS = (
    CallbackQuestion(
        "heard_of_month",
        (
            "您听说过这次反诈宣传月活动吗？是从哪里知道的？",
            "Had you heard of the publicity month at all, and where?",
        ),
    ),
)
