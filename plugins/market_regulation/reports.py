"""The market regulation report forms, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import ReportForm, at_most_field, choice, metric, whole

PUBLICITY_FORMS = (
    ("meeting", "座谈会、工作会议", "Meeting"),
    ("training", "集中培训、讲座", "Training or talk"),
    ("visit", "上门走访", "Visit to the enterprise"),
    ("service_window", "办事窗口提醒", "Reminder at the service window"),
    ("letter", "告知书、公开信", "Letter or written notice"),
    ("wechat", "微信群、公众号推送", "WeChat groups or official account"),
    ("message", "短信、电话", "Text message or phone call"),
    ("other", "其他", "Other"),
)


class FinanceTraining(ReportForm):
    """MKT-01: training of finance staff."""

    example = {
        "enterprises": "85",
        "finance_staff_total": "210",
        "finance_staff_trained": "190",
    }
    enterprises = metric("覆盖企业", "Enterprises reached", unit=("家", "enterprises"))
    finance_staff_total = whole("财会人员总数", "Finance staff in total", unit=("人", "people"))
    finance_staff_trained = metric(
        "已培训财会人员",
        "Finance staff trained",
        unit=("人", "people"),
        rules=[at_most_field("finance_staff_total")],
    )


class HeadsOfEnterprises(ReportForm):
    """MKT-02: publicity among the people in charge of enterprises."""

    example = {
        "enterprises": "85",
        "people_in_charge": "92",
        "method": "visit",
    }
    enterprises = metric("覆盖企业", "Enterprises", unit=("家", "enterprises"))
    people_in_charge = metric("企业负责人", "People in charge", unit=("人", "people"))
    method = choice("宣传形式", "Form", options=PUBLICITY_FORMS)


class FakeBossTest(ReportForm):
    """MKT-03: how many finance staff recognise the fake boss."""

    example = {
        "tested": "190",
        "passed": "181",
    }
    tested = metric("参加测验", "Tested", unit=("人", "people"))
    passed = metric(
        "合格", "Passed", unit=("人", "people"), share_of="tested", rules=[at_most_field("tested")]
    )
