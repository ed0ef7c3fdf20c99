"""The education kinds and duties (EDU-01 to EDU-06)."""

from core.api import Documents, Duty, Example, Photos, UnitKind, each_phase, once, phase_end, weekly
from plugins.education.reports import (
    Deployment,
    PublicityEvent,
    PublicityTeam,
    ThreeTopics,
    Training,
    WeChatGroups,
)

AUTHORITY = UnitKind("authority", ("教育行政部门", "Education authority"))
UNIVERSITY = UnitKind("university", ("高校", "University"), front_line=True)
SCHOOL = UnitKind("school", ("中小学", "School"), front_line=True)
CAMPUSES = (UNIVERSITY, SCHOOL)

#: The second phase is the one on campuses.
_CAMPUS_PHASE = 2

DUTIES = (
    Duty(
        "EDU-01",
        ("部署反诈宣传进校园", "Deploy anti-fraud publicity on campuses"),
        who=AUTHORITY,
        due=each_phase(_CAMPUS_PHASE),
        form=Deployment,
        evidence=Documents(
            at_least=1,
            hint=(
                "部署通知、方案或会议纪要，能看出对学校的要求。",
                "The notice, plan or minutes, showing what is asked of the schools.",
            ),
        ),
        clauses=("3.2.22",),
    ),
    Duty(
        "EDU-02",
        ("集中宣传活动", "Publicity event"),
        who=CAMPUSES,
        due=each_phase(_CAMPUS_PHASE),
        form=PublicityEvent,
        evidence=Photos(
            at_least=2,
            hint=(
                "至少 2 张现场照片：一张全景，一张能看清宣传内容。",
                "At least two photos of the event: one of the whole scene, one that shows the content.",
            ),
            good=Example(
                ("全景：宣传内容和听众都在画面里", "The whole scene: the content and the audience"),
                "class-good.jpg",
            ),
            bad=Example(
                ("只有黑板，看不到有人听", "Only the blackboard: nobody can be seen listening"), "class-bad.jpg"
            ),
        ),
        clauses=("3.2.22",),
    ),
    Duty(
        "EDU-03",
        ("建立反诈宣传队伍", "Form an anti-fraud publicity team"),
        who=CAMPUSES,
        due=once(by=phase_end(_CAMPUS_PHASE)),
        form=PublicityTeam,
        evidence=Documents(
            at_least=1,
            hint=(
                "队伍名册（Word、PDF、表格）：姓名、班级或部门、分工。",
                "The team's roster (Word, PDF or a table): name, class or department, task.",
            ),
        ),
        clauses=("3.2.23",),
    ),
    Duty(
        "EDU-04",
        ("反诈中心防骗知识培训", "Training in fraud prevention by the anti-fraud centre"),
        who=CAMPUSES,
        due=once(by=phase_end(_CAMPUS_PHASE)),
        form=Training,
        evidence=Photos(
            at_least=1,
            hint=(
                "培训现场照片，能看清授课人、听讲人员和主题。",
                "A photo of the training that shows the trainer, the audience and the subject.",
            ),
        ),
        clauses=("3.2.26",),
    ),
    Duty(
        "EDU-05",
        (
            "对班主任、辅导员及家长集中讲解",
            "Explain the three topics to class teachers, counsellors and parents",
        ),
        who=CAMPUSES,
        due=each_phase(_CAMPUS_PHASE),
        form=ThreeTopics,
        evidence=Photos(
            at_least=1,
            hint=(
                "讲解现场或线上家长会的照片、截图，能看清主题。",
                "A photo of the talk, or a screenshot of the online parents' meeting, that shows the topic.",
            ),
        ),
        clauses=("3.2.28",),
        covers="topics",
    ),
    Duty(
        "EDU-06",
        (
            "民警+班主任+家长+学生微信宣传矩阵",
            "WeChat groups of police, class teachers, parents and students",
        ),
        who=CAMPUSES,
        due=weekly(1),
        form=WeChatGroups,
        evidence=Photos(
            at_least=1,
            hint=(
                "群内推送的截图，能看清日期和内容，遮盖学生姓名、头像和电话。",
                "A screenshot of a push in a group that shows date and content; cover students' names, "
                "pictures and phone numbers.",
            ),
        ),
        clauses=("3.2.24", "3.2.29", "3.2.30", "3.2.31"),
    ),
)
