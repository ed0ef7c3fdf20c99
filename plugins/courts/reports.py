"""The procuratorates' and courts' report forms, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import ReportForm, choices, date_field, long_text, metric, text, url, yes_no

CHARGES = (
    ("fraud", "诈骗罪", "Fraud"),
    ("aiding_network_crime", "帮助信息网络犯罪活动罪", "Aiding information-network crime"),
    (
        "concealing_proceeds",
        "掩饰、隐瞒犯罪所得、犯罪所得收益罪",
        "Concealing the proceeds of crime",
    ),
    ("personal_information", "侵犯公民个人信息罪", "Infringing citizens' personal information"),
    ("credit_card_administration", "妨害信用卡管理罪", "Obstructing the administration of bank cards"),
    ("misuse_of_networks", "非法利用信息网络罪", "Illegal use of information networks"),
    ("radio_communication", "扰乱无线电通讯管理秩序罪", "Disturbing the order of radio communication"),
    ("extortion", "敲诈勒索罪", "Extortion"),
    ("border_crossing", "组织、偷越国（边）境犯罪", "Illegal border crossing, or organising it"),
    ("other", "其他", "Other"),
)


class Prosecution(ReportForm):
    """CRT-01: cases reviewed and prosecuted together."""

    example = {
        "cases": "12",
        "defendants": "31",
        "charges": ["fraud", "aiding_network_crime"],
        "prosecuted_on": "2020-11-18",
    }
    cases = metric("起诉案件", "Cases", unit=("件", "cases"))
    defendants = metric("被告人", "Defendants", unit=("人", "people"))
    charges = choices("罪名", "Charges", options=CHARGES)
    prosecuted_on = date_field("集中起诉日期", "Date")


class PublicSentencing(ReportForm):
    """CRT-02: a public sentencing."""

    example = {
        "cases": "4",
        "defendants": "11",
        "heaviest_sentence": "有期徒刑十二年",
        "sentenced_on": "2020-11-20",
        "place": "第一审判庭",
        "broadcast_live": "no",
        "audience": "260",
    }
    cases = metric("宣判案件", "Cases", unit=("件", "cases"))
    defendants = metric("被告人", "Defendants", unit=("人", "people"))
    heaviest_sentence = text(
        "最重刑罚",
        "Heaviest sentence",
        hint=("例如：有期徒刑十二年", "For example: twelve years in prison"),
    )
    sentenced_on = date_field("宣判日期", "Date")
    place = text("宣判地点", "Place")
    broadcast_live = yes_no("是否直播", "Broadcast live")
    audience = metric("旁听、收看人数", "Audience", unit=("人", "people"))


class TypicalCase(ReportForm):
    """CRT-03: a typical case, published for the public to learn from."""

    example = {
        "title": "冒充老板骗财务案",
        "how_it_worked": "潜入企业工作群，冒充负责人要求汇款。",
        "lesson": "大额汇款须当面或电话核实。",
        "published_at": "https://example.org/cases/1",
    }
    title = text("案例名称", "Title of the case")
    how_it_worked = long_text("作案手法", "How the fraud worked")
    lesson = long_text("警示要点", "What to learn")
    published_at = url(
        "发布网址",
        "Where it was published",
        hint=("以 https:// 开头的网址", "An address that begins with https://"),
    )
