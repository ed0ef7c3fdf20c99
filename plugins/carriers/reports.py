"""The carriers' report forms, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import (
    ReportForm,
    all_chosen,
    choice,
    choices,
    date_field,
    datetime_field,
    decimal,
    inside_period,
    long_text,
    metric,
    whole,
)

OPERATORS = (
    ("mobile", "移动", "China Mobile"),
    ("unicom", "联通", "China Unicom"),
    ("telecom", "电信", "China Telecom"),
)

FRAUD_TYPES = (
    ("fake_order_rebates", "刷单返利", "Fake orders for rebates"),
    ("online_loans", "网络贷款", "Online loans"),
    ("fake_police", "冒充公检法", "Posing as police, prosecutors or courts"),
    ("fake_customer_service", "冒充客服退款", "Posing as customer service with a refund"),
    ("romance_investment", "网络交友诱导投资（“杀猪盘”）", "Online romance that ends in investment"),
    ("fake_investment", "虚假投资理财", "False investments"),
    ("fake_acquaintance", "冒充领导、熟人", "Posing as a leader or an acquaintance"),
    ("fake_boss", "冒充老板骗财务", "Posing as the boss to deceive finance staff"),
    ("fake_teacher", "冒充教师骗家长", "Posing as a teacher to deceive parents"),
    ("online_shopping", "虚假购物", "False online shopping"),
    ("game_trading", "游戏交易", "Trade in game accounts and items"),
    ("phishing_links", "钓鱼链接、木马短信", "Phishing links and malicious messages"),
    ("card_trading", "出租、出借、出售“两卡”", "Renting out, lending or selling phone and bank cards"),
    ("other", "其他", "Other"),
)

TOOLS = (
    ("mobile_call_blocking", "移动高频拦截", "China Mobile frequent-call blocking"),
    ("unicom_phone_manager", "联通手机管家", "China Unicom phone manager"),
    ("telecom_tianyi", "电信天翼", "China Telecom Tianyi"),
    ("personal_amulet", "个人护身符", "Personal Amulet (mini program)"),
    ("golden_bell", "金钟罩", "Golden Bell (mini program)"),
    ("built_in", "手机自带拦截系统", "The phone's own blocking"),
    ("other", "其他", "Other"),
)


class Coordination(ReportForm):
    """CAR-01: how the regulator had the three operators do their part."""

    example = {
        "measures": "召集三家运营商部署，明确短信、窗口、营业厅三项任务。",
        "meeting_date": "2020-10-27",
        "operators": ["mobile", "unicom", "telecom"],
    }
    measures = long_text("协调措施", "Measures")
    meeting_date = date_field("会议日期", "Date of the meeting")
    operators = choices(
        "已覆盖运营商",
        "Operators covered",
        options=OPERATORS,
        rules=[all_chosen()],
        hint=("三家须全部覆盖", "All three are needed"),
    )


class CardBreakMessage(ReportForm):
    """CAR-02: the message on whom the “Card Break” operation punishes, and how."""

    example = {
        "sent_at": "2020-10-28T10:00",
        "wording": "出租、出借、出售电话卡、银行卡将被惩戒，五年内不得新开户。",
        "recipients": "2500000",
        "messages": "2600000",
    }
    sent_at = datetime_field("发送时间", "Sent at")
    wording = long_text("短信内容", "Wording", max_length=500)
    recipients = metric("接收用户", "Recipients", unit=("户", "users"))
    messages = metric("发送短信", "Messages", unit=("条", "messages"))


class WarningMessage(ReportForm):
    """CAR-03: one sending of a fraud warning message."""

    example = {
        "sent_at": "2020-11-10T09:30",
        "fraud_type": "fake_order_rebates",
        "wording": "凡是刷单都是诈骗，不要垫付任何资金。",
        "recipients": "2500000",
        "messages": "2500000",
        "share_of_users": "62.5",
    }
    sent_at = datetime_field(
        "发送时间",
        "Sent at",
        rules=[inside_period()],
        hint=("须在本周之内", "Inside this week"),
    )
    fraud_type = choice("诈骗类型", "Fraud type", options=FRAUD_TYPES)
    wording = long_text(
        "短信内容",
        "Wording",
        max_length=500,
        hint=("简明扼要、通俗易懂，不超过 500 字", "Short and easy to understand, at most 500 characters"),
    )
    recipients = metric("接收用户", "Recipients", unit=("户", "users"))
    messages = metric("发送短信", "Messages", unit=("条", "messages"))
    share_of_users = decimal("占全部用户比例", "Share of all users", maximum=100, decimals=1, unit="%")


class CounterReminders(ReportForm):
    """CAR-04: reminders and leaflets at the counter."""

    example = {
        "customers_reminded": "320",
        "leaflets": "280",
        "staff_trained": "6",
    }
    customers_reminded = metric("提醒客户", "Customers reminded", unit=("人", "customers"))
    leaflets = metric("发放宣传页", "Leaflets handed out", unit=("份", "leaflets"))
    staff_trained = whole("已培训窗口人员", "Staff trained", unit=("人", "people"))


class HallExplanation(ReportForm):
    """CAR-05: explanation going on in the hall."""

    example = {
        "sessions": "10",
        "audience": "150",
        "screen_hours": "9.5",
    }
    sessions = metric("讲解场次", "Sessions", unit=("场", "sessions"))
    audience = metric("听讲人次", "Audience", unit=("人次", "people"))
    screen_hours = decimal(
        "大屏每日播放时长", "Screen hours a day", maximum=24, decimals=1, unit=("小时", "hours")
    )


class BlockingTools(ReportForm):
    """CAR-06: a blocking tool promoted to users."""

    example = {
        "tool": "mobile_call_blocking",
        "newly_enabled": "12000",
        "users_total": "480000",
    }
    tool = choice("拦截工具", "Tool", options=TOOLS)
    newly_enabled = metric("新增开通用户", "Users newly enabled", unit=("户", "users"))
    users_total = whole("累计用户", "Users in total", unit=("户", "users"))
