"""The carriers' kinds and duties (CAR-01 to CAR-06)."""

from core.api import AnyFiles, Documents, Duty, Example, Photos, PhotosOrVideos, UnitKind, each_phase, weekly
from plugins.carriers.reports import (
    BlockingTools,
    CardBreakMessage,
    Coordination,
    CounterReminders,
    HallExplanation,
    WarningMessage,
)

REGULATOR = UnitKind("regulator", ("省通管局", "Communications regulator"))
OPERATOR = UnitKind("operator", ("运营商公司", "Operator"))
HALL = UnitKind("hall", ("营业厅", "Business hall"), front_line=True)

_SENT = (
    "短信平台的发送记录导出件，或能看清内容、时间、发送量的截图。",
    "The platform's exported sending record, or a screenshot that shows wording, time and number sent.",
)
_GOOD_RECORD = Example(
    ("发送时间、短信内容、接收和成功条数都看得清", "Time, wording and numbers sent and received can be read"),
    "record-good.jpg",
)
_BAD_RECORD = Example(
    ("只截了一角，看不到发送时间和条数", "Only a corner: neither the time nor the numbers show"),
    "record-bad.jpg",
)

DUTIES = (
    Duty(
        "CAR-01",
        ("协调三大运营商落实", "Coordinate the three operators"),
        who=REGULATOR,
        due=each_phase(),
        form=Coordination,
        evidence=Documents(
            at_least=1,
            hint=(
                "部署通知、会议纪要等，能看出三家运营商的任务。",
                "The notice or the minutes, showing what each of the three operators is to do.",
            ),
        ),
        clauses=("3.2.10",),
    ),
    Duty(
        "CAR-02",
        ("编发“断卡”惩戒提醒短信", "Send the message on “Card Break” penalties"),
        who=OPERATOR,
        due=each_phase(1),
        form=CardBreakMessage,
        evidence=Documents(at_least=1, photos=True, hint=_SENT, good=_GOOD_RECORD, bad=_BAD_RECORD),
        clauses=("3.2.11",),
    ),
    Duty(
        "CAR-03",
        ("发送防骗提醒短信，每周不少于3次", "Send fraud warning messages, at least three times a week"),
        who=OPERATOR,
        due=weekly(3),
        form=WarningMessage,
        evidence=Documents(at_least=1, photos=True, hint=_SENT, good=_GOOD_RECORD, bad=_BAD_RECORD),
        clauses=("3.2.12", "3.2.13"),
    ),
    Duty(
        "CAR-04",
        ("窗口提醒客户、发放宣传页", "Remind customers at the counter and hand out leaflets"),
        who=HALL,
        due=weekly(1),
        form=CounterReminders,
        evidence=Photos(
            at_least=1,
            hint=(
                "窗口提醒或发放宣传页的现场照片，能看清营业厅名称，不出现客户证件。",
                "A photo of a reminder at the counter or of leaflets being handed out; it shows the hall's "
                "name and no customer's papers.",
            ),
            good=Example(
                ("窗口、横幅和宣传页都在画面里", "The counter, the banner and the leaflet are in the picture"),
                "counter-good.jpg",
            ),
            bad=Example(
                ("太暗，看不出在做什么宣传", "Too dark: no telling what is being done"), "counter-bad.jpg"
            ),
        ),
        clauses=("3.2.14",),
    ),
    Duty(
        "CAR-05",
        ("营业厅不间断讲解反诈知识", "Explain fraud prevention in the hall without a break"),
        who=HALL,
        due=weekly(1),
        form=HallExplanation,
        evidence=PhotosOrVideos(
            at_least=1,
            hint=(
                "讲解现场或大屏播放的照片、短视频，能看清讲解人、听众或播放内容。",
                "A photo or short video of the explanation or of the screen; it shows the speaker, the "
                "audience or what is playing.",
            ),
        ),
        clauses=("3.2.15",),
    ),
    Duty(
        "CAR-06",
        (
            "推广拦截工具（高频拦截、手机管家、天翼等）",
            "Promote blocking tools (frequent-call blocking, phone managers, Tianyi and others)",
        ),
        who=OPERATOR,
        due=each_phase(),
        form=BlockingTools,
        evidence=AnyFiles(
            hint=(
                "可附推广页面截图、开通数统计表。",
                "A screenshot of the promotion or a table of the numbers enabled may be added.",
            )
        ),
        clauses=("3.3.10",),
    ),
)
