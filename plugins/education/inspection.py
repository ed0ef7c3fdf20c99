"""What inspectors look at on a campus, and what students and parents are asked."""

from core.api import CallbackQuestion, InspectionItem
from plugins.education.duties import CAMPUSES

ITEMS = (
    InspectionItem("event_held", ("集中宣传活动是否真实开展？", "Did the event take place?"), kinds=CAMPUSES),
    InspectionItem("team_exists", ("反诈宣传队伍是否真实存在？", "Does the team exist?"), kinds=CAMPUSES),
    InspectionItem(
        "teachers_know_topics",
        (
            "班主任、辅导员能否讲清三个专题？",
            "Can class teachers explain the three topics?",
        ),
        kinds=CAMPUSES,
    ),
    InspectionItem("groups_alive", ("微信群是否经常推送？", "Are the WeChat groups alive?"), kinds=CAMPUSES),
)

CALLBACKS = (
    CallbackQuestion(
        "school_publicity",
        ("学校开展过反诈宣传吗？", "Did the school hold anti-fraud publicity?"),
        kinds=CAMPUSES,
        asked_of=("学生、家长", "Students and parents"),
    ),
)
