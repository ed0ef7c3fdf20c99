"""The duties of every unit (GEN-01 to GEN-05)."""

from core.api import (
    AnyFiles,
    Documents,
    Duty,
    Everyone,
    PhotosOrVideos,
    campaign_end,
    campaign_start,
    daily,
    each_phase,
    once,
)
from plugins.common.reports import DailyWork, FinalReport, PhaseSummary, Plan, Team

#: 10-30 in the notice's campaign.
_FIFTH_DAY = campaign_start(days=4)

DUTIES = (
    Duty(
        "GEN-01",
        ("制定宣传活动方案", "Draw up the plan of the publicity activities"),
        who=Everyone(),
        due=once(by=_FIFTH_DAY),
        form=Plan,
        evidence=Documents(
            at_least=1,
            hint=(
                "上传正式印发的方案全文（PDF、Word），最好带文号和印章。",
                "Upload the full plan as issued (PDF or Word), best with its number and seal.",
            ),
        ),
        clauses=("3.1.06", "3.4.12", "3.4.13"),
    ),
    Duty(
        "GEN-02",
        (
            "成立反诈宣传专班、责任人亲自部署",
            "Set up the anti-fraud publicity team; the person responsible deploys its work in person",
        ),
        who=Everyone(),
        due=once(by=_FIFTH_DAY),
        form=Team,
        evidence=Documents(
            at_least=1,
            photos=True,
            hint=(
                "成立专班的文件、会议纪要，或部署会现场照片（能看清会标和讲话人）。",
                "The document that sets up the team, the minutes, or a photo of the meeting that shows the "
                "banner and the speaker.",
            ),
        ),
        clauses=("3.1.03", "3.1.04"),
    ),
    Duty(
        "GEN-03",
        ("每日工作情况报送（进宣传矩阵）", "Daily work report, shared in the publicity matrix"),
        who=Everyone(front_line=False),
        due=daily(),
        form=DailyWork,
        evidence=PhotosOrVideos(
            at_most=9,
            hint=(
                "当天的活动照片或短视频，最多 9 个；能看清活动内容，不出现群众的身份证号、电话。",
                "Photos or short videos of the day, at most 9; they show what was done and no one's "
                "identity or phone number.",
            ),
        ),
        clauses=("3.2.07", "3.4.15"),
    ),
    Duty(
        "GEN-04",
        ("阶段工作小结", "Summary of the phase's work"),
        who=Everyone(),
        due=each_phase(),
        form=PhaseSummary,
        evidence=AnyFiles(
            hint=(
                "可附小结全文、统计表或代表性照片。",
                "The full summary, a table of figures or typical photos may be added.",
            )
        ),
        clauses=("3.4.17",),
    ),
    Duty(
        "GEN-05",
        ("活动总结报告", "Final report on the activities"),
        who=Everyone(),
        due=once(by=campaign_end(days=5)),
        form=FinalReport,
        evidence=Documents(
            at_least=1,
            hint=(
                "上传总结报告全文（PDF、Word），最好经负责人签字或盖章。",
                "Upload the full report (PDF or Word), best signed by the person in charge or sealed.",
            ),
        ),
        clauses=("3.4.17",),
    ),
)
