"""The market regulation kind and duties (MKT-01 to MKT-03)."""

from core.api import AnyFiles, Documents, Duty, Sheets, UnitKind, each_phase, weekly
from plugins.market_regulation.reports import FakeBossTest, FinanceTraining, HeadsOfEnterprises

AUTHORITY = UnitKind("authority", ("市场监管部门", "Market regulation authority"))

DUTIES = (
    Duty(
        "MKT-01",
        ("财会人员防骗宣传培训", "Train finance staff in fraud prevention"),
        who=AUTHORITY,
        due=weekly(1),
        form=FinanceTraining,
        evidence=Documents(
            at_least=1,
            photos=True,
            hint=(
                "培训现场照片，或培训通知、签到表。",
                "A photo of the training, or the invitation and the attendance list.",
            ),
        ),
        clauses=("3.2.33", "3.2.34"),
    ),
    Duty(
        "MKT-02",
        ("企业负责人防骗宣传", "Publicity among heads of enterprises"),
        who=AUTHORITY,
        due=each_phase(),
        form=HeadsOfEnterprises,
        evidence=AnyFiles(
            hint=(
                "可附座谈、走访照片或宣传材料。",
                "Photos of meetings and visits, or the material used, may be added.",
            )
        ),
        clauses=("3.2.34",),
    ),
    Duty(
        "MKT-03",
        ("识别“冒充老板骗财务”测验", "Test: recognise the fake boss who deceives finance staff"),
        who=AUTHORITY,
        due=each_phase(3),
        form=FakeBossTest,
        evidence=Sheets(
            at_least=1,
            hint=(
                "成绩表（xlsx、csv 或 pdf）：每人一行，列明企业和是否合格，不写身份证号、电话。",
                "The score sheet (xlsx, csv or pdf): one line a person with enterprise and result, without "
                "identity or phone numbers.",
            ),
        ),
        clauses=("3.2.35",),
    ),
)
