"""The banks' report forms, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import ReportForm, at_most_field, decimal, long_text, metric, money, text, whole


class Organisation(ReportForm):
    """BNK-01: how the regulator had the commercial banks do their part."""

    example = {
        "measures": "下发通知，要求各商业银行网点统一播放标语、悬挂横幅。",
        "banks_covered": "甲银行\n乙银行",
    }
    measures = long_text("组织措施", "Measures")
    banks_covered = long_text("已覆盖银行", "Banks covered", hint=("每行一家银行", "One bank a line"))


class ScreenSlogans(ReportForm):
    """BNK-02: slogans on the outlet's screens."""

    example = {
        "screens": "2",
        "hours_a_day": "8.5",
        "slogans": "出租、出借、出售银行卡是违法行为",
    }
    screens = metric("电子屏", "Screens", unit=("块", "screens"))
    hours_a_day = decimal("每日播放时长", "Hours a day", maximum=24, decimals=1, unit=("小时", "hours"))
    slogans = long_text("播放标语", "Slogans", hint=("每行一条", "One a line"))


class Banners(ReportForm):
    """BNK-03: banners at the outlet."""

    example = {
        "banners": "1",
        "slogan": "坚决打击非法开办、贩卖“两卡”",
    }
    banners = metric("悬挂横幅", "Banners", unit=("条", "banners"))
    slogan = text("横幅标语", "Slogan")


class TerminalNotices(ReportForm):
    """BNK-04: notices on the self-service terminals."""

    example = {
        "terminals_total": "12",
        "terminals_done": "12",
    }
    terminals_total = whole("自助终端总数", "Terminals in total", unit=("台", "terminals"))
    terminals_done = metric(
        "已粘贴提示终端",
        "Terminals with a notice",
        unit=("台", "terminals"),
        rules=[at_most_field("terminals_total")],
    )


class TransferQuestions(ReportForm):
    """BNK-05: people asked and warned before they transferred money."""

    example = {
        "customers_asked": "460",
        "transfers_stopped": "2",
        "money_saved": "50000.50",
        "typical_case": "一位老人要向陌生账户汇款，柜员询问后劝阻。",
    }
    customers_asked = metric("询问提醒客户", "Customers asked", unit=("人次", "customers"))
    transfers_stopped = metric("劝阻转账", "Transfers stopped", unit=("笔", "transfers"))
    money_saved = money("避免损失", "Money saved", metric=True)
    typical_case = long_text(
        "典型案例",
        "A typical case",
        required=False,
        hint=("不写客户姓名、账号", "Without the customer's name or account number"),
    )


class OwnOutlets(ReportForm):
    """BNK-06: how many of the bank's outlets take part."""

    example = {
        "outlets_total": "40",
        "outlets_taking_part": "38",
        "measures": "每周抽查网点落实情况。",
    }
    outlets_total = whole("网点总数", "Outlets in total", unit=("个", "outlets"))
    outlets_taking_part = metric(
        "参与网点",
        "Outlets taking part",
        unit=("个", "outlets"),
        rules=[at_most_field("outlets_total")],
    )
    measures = long_text("组织措施", "Measures")
