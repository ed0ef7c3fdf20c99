"""The education report forms, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import (
    ReportForm,
    at_most_field,
    choices,
    date_field,
    decimal,
    inside_period,
    long_text,
    metric,
    text,
    whole,
)

EVENT_FORMS = (
    ("lecture", "专题讲座、报告会", "Talk or lecture"),
    ("class_meeting", "主题班会", "Class meeting on the theme"),
    ("first_lesson", "国旗下讲话、开学一课", "Speech at the flag or first lesson"),
    ("display", "展板、海报、横幅", "Display boards, posters, banners"),
    ("leaflets", "发放宣传册", "Handing out booklets"),
    ("performance", "情景剧、文艺演出", "Play or performance"),
    ("film", "播放宣传片", "Showing a film"),
    ("broadcast", "校园广播、电子屏", "Campus radio or screens"),
    ("online", "线上课堂、网络直播", "Online lesson or live stream"),
    ("contest", "知识竞赛、答题", "Quiz or contest"),
    ("parents_letter", "致家长一封信", "Letter to parents"),
    ("pledge", "签名、承诺", "Signing a pledge"),
    ("other", "其他", "Other"),
)

FRAUD_TYPES = (
    ("part_time_fake_orders", "兼职刷单", "Part-time jobs placing fake orders"),
    ("campus_loans", "校园贷、注销贷款账户", "Campus loans and closing of loan accounts"),
    ("card_trading", "开办出卖电话卡、银行卡", "Opening and selling phone cards and bank cards"),
    ("fake_teacher", "冒充教师骗家长", "Posing as a teacher to deceive parents"),
    ("fake_customer_service", "冒充客服退款", "Posing as customer service with a refund"),
    ("online_shopping", "虚假购物、代购", "False online shopping"),
    ("game_trading", "游戏交易", "Trade in game accounts and items"),
    ("fan_clubs", "追星、粉丝群返利", "Fan groups with rebates"),
    ("fake_acquaintance", "冒充熟人、同学", "Posing as an acquaintance or a fellow student"),
    ("fake_police", "冒充公检法", "Posing as police, prosecutors or courts"),
    ("romance_investment", "网络交友诱导投资（“杀猪盘”）", "Online romance that ends in investment"),
    ("nude_chat_blackmail", "裸聊敲诈", "Blackmail after nude chats"),
    ("other", "其他", "Other"),
)

TOPICS = (
    ("part_time_fake_orders", "兼职刷单", "Part-time jobs placing fake orders"),
    ("card_trading", "开办出卖电话卡银行卡", "Opening and selling phone cards and bank cards"),
    ("fake_teacher", "冒充教师诈骗家长", "Posing as a teacher to deceive parents"),
)


class Deployment(ReportForm):
    """EDU-01: how the authority had its schools do their part."""

    example = {
        "measures": "印发通知，要求各校第二阶段至少开展一次集中宣传。",
        "schools_total": "120",
        "schools_taking_part": "118",
    }
    measures = long_text("部署措施", "Measures")
    schools_total = whole("学校总数", "Schools in total", unit=("所", "schools"))
    schools_taking_part = metric(
        "参与学校",
        "Schools taking part",
        unit=("所", "schools"),
        rules=[at_most_field("schools_total")],
    )


class PublicityEvent(ReportForm):
    """EDU-02: a publicity event on campus."""

    example = {
        "held_on": "2020-11-12",
        "forms": ["lecture", "display"],
        "fraud_types": ["part_time_fake_orders", "campus_loans"],
        "students": "900",
        "staff": "45",
    }
    held_on = date_field(
        "活动日期", "Date", rules=[inside_period()], hint=("须在本阶段之内", "Inside this phase")
    )
    forms = choices("活动形式", "Form of activity", options=EVENT_FORMS)
    fraud_types = choices("宣传的诈骗类型", "Fraud types", options=FRAUD_TYPES)
    students = metric("参加学生", "Students", unit=("人", "students"))
    staff = metric("参加教职工", "Staff", unit=("人", "people"))


class PublicityTeam(ReportForm):
    """EDU-03: the campus's own publicity team."""

    example = {
        "team_name": "校园反诈宣传队",
        "leader": "学生处负责人",
        "members": "24",
    }
    team_name = text("队伍名称", "Name of the team")
    leader = text("负责人", "Leader", max_length=60, hint=("姓名和职务", "Name and post"))
    members = metric("队员", "Members", unit=("人", "people"))


class Training(ReportForm):
    """EDU-04: training by the anti-fraud centre."""

    example = {
        "trainer_organisation": "区反诈中心",
        "trainees": "60",
        "hours": "1.5",
    }
    trainer_organisation = text("授课单位", "Trainer's organisation")
    trainees = metric("参训人员", "Trainees", unit=("人", "people"))
    hours = decimal("培训时长", "Hours", decimals=1, unit=("小时", "hours"))


class ThreeTopics(ReportForm):
    """EDU-05: topics explained to teachers and parents; the phase's reports together must cover all three."""

    example = {
        "topics": ["part_time_fake_orders", "card_trading", "fake_teacher"],
        "teachers": "40",
        "parents": "860",
    }
    topics = choices(
        "讲解专题",
        "Topics",
        options=TOPICS,
        hint=(
            "可分多次填报，阶段结束前三个专题须全部讲到",
            "In one report or in several; all three by the end of the phase",
        ),
    )
    teachers = metric("班主任、辅导员", "Class teachers and counsellors", unit=("人", "people"))
    parents = metric("家长", "Parents", unit=("人", "people"))


class WeChatGroups(ReportForm):
    """EDU-06: the WeChat groups and what was pushed in them."""

    example = {
        "groups": "30",
        "police": "6",
        "teachers": "30",
        "parents": "1100",
        "students": "1150",
        "pushes": "15",
    }
    groups = metric("微信群", "Groups", unit=("个", "groups"))
    police = whole("群内民警", "Police officers in them", unit=("人", "people"))
    teachers = whole("群内班主任、辅导员", "Class teachers and counsellors in them", unit=("人", "people"))
    parents = whole("群内家长", "Parents in them", unit=("人", "people"))
    students = whole("群内学生", "Students in them", unit=("人", "people"))
    pushes = metric("推送", "Pushes", unit=("条", "pushes"))
