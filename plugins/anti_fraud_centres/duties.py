"""The anti-fraud centres' kind and duties (AFC-01 to AFC-06)."""

from core.api import AnyFiles, Duty, Photos, UnitKind, each_phase
from plugins.anti_fraud_centres.reports import (
    Countermeasure,
    FootageAndCases,
    FrequentFrauds,
    MaterialsMade,
    MaterialsPushed,
    TrainingOfPublicists,
)

CENTRE = UnitKind("centre", ("反诈中心", "Anti-fraud centre"))

DUTIES = (
    Duty(
        "AFC-01",
        (
            "梳理本地高发诈骗类型、易受骗人群",
            "Find out which frauds are frequent locally and who is easily deceived",
        ),
        who=CENTRE,
        due=each_phase(),
        form=FrequentFrauds,
        evidence=AnyFiles(
            hint=(
                "可附分析报告或统计表，不含受害人个人信息。",
                "The analysis or a table may be added, without victims' personal data.",
            )
        ),
        clauses=("3.2.02",),
    ),
    Duty(
        "AFC-02",
        ("收集影像资料及典型案例", "Collect footage and typical cases"),
        who=CENTRE,
        due=each_phase(),
        form=FootageAndCases,
        evidence=AnyFiles(
            at_least=1,
            hint=(
                "至少一件有代表性的影像或案例材料，人脸、姓名、账号须作遮盖。",
                "At least one typical piece of footage or case; cover faces, names and account numbers.",
            ),
        ),
        clauses=("3.2.03", "3.2.08"),
    ),
    Duty(
        "AFC-03",
        ("制作宣传册、宣传片、海报", "Make booklets, films and posters"),
        who=CENTRE,
        due=each_phase(),
        form=MaterialsMade,
        evidence=AnyFiles(
            at_least=1,
            hint=(
                "上传宣传品成品（清晰、可直接印制或播放），供各成员单位选用。",
                "Upload the finished material, clear and ready to print or play, for member units to use.",
            ),
        ),
        clauses=("3.2.04", "3.2.08"),
    ),
    Duty(
        "AFC-04",
        ("向成员单位推送宣传品", "Push material to member units"),
        who=CENTRE,
        due=each_phase(),
        form=MaterialsPushed,
        evidence=AnyFiles(
            hint=(
                "可附推送通知、签收回执或截图。",
                "The covering letter, receipts or screenshots may be added.",
            )
        ),
        clauses=("3.2.05",),
    ),
    Duty(
        "AFC-05",
        ("培训宣传人员", "Train the people who do publicity"),
        who=CENTRE,
        due=each_phase(2),
        form=TrainingOfPublicists,
        evidence=Photos(
            at_least=1,
            hint=(
                "培训现场照片，能看清授课人、听讲人员和主题。",
                "A photo of the training that shows the trainer, the audience and the subject.",
            ),
        ),
        clauses=("3.2.25",),
    ),
    Duty(
        "AFC-06",
        ("逐类防范对策和宣传口径", "Counter-measures and wording for each fraud type"),
        who=CENTRE,
        due=each_phase(),
        form=Countermeasure,
        evidence=AnyFiles(
            hint=("可附对策、口径全文。", "The full text of counter-measure and wording may be added.")
        ),
        clauses=("3.2.06",),
    ),
)
