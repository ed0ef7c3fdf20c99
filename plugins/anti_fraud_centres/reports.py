"""The anti-fraud centres' report forms, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import ReportForm, choice, choices, long_text, metric, money, rows, whole

FRAUD_TYPES = (
    ("fake_order_rebates", "刷单返利", "Fake orders for rebates"),
    ("online_loans", "网络贷款", "Online loans"),
    ("loan_account_closing", "注销校园贷、网贷账户", "Closing of campus or online loan accounts"),
    ("fake_police", "冒充公检法", "Posing as police, prosecutors or courts"),
    ("fake_customer_service", "冒充客服退款", "Posing as customer service with a refund"),
    ("romance_investment", "网络交友诱导投资（“杀猪盘”）", "Online romance that ends in investment"),
    ("fake_investment", "虚假投资理财", "False investments"),
    ("online_gambling", "网络赌博", "Online gambling"),
    ("fake_acquaintance", "冒充领导、熟人", "Posing as a leader or an acquaintance"),
    ("fake_boss", "冒充老板骗财务", "Posing as the boss to deceive finance staff"),
    ("fake_teacher", "冒充教师骗家长", "Posing as a teacher to deceive parents"),
    ("online_shopping", "虚假购物", "False online shopping"),
    ("game_trading", "游戏交易", "Trade in game accounts and items"),
    ("phishing_links", "钓鱼链接、木马短信", "Phishing links and malicious messages"),
    ("nude_chat_blackmail", "裸聊敲诈", "Blackmail after nude chats"),
    ("flight_changes", "机票退改签", "Refund or change of flights"),
    ("prizes", "虚假中奖", "False prizes"),
    ("card_trading", "出租、出借、出售“两卡”", "Renting out, lending or selling phone and bank cards"),
    ("other", "其他", "Other"),
)

GROUPS_AT_RISK = (
    ("university_students", "高校学生", "University students"),
    ("pupils", "中小学生", "School pupils"),
    ("parents", "学生家长", "Parents of students"),
    ("older_people", "老年人", "Older people"),
    ("finance_staff", "财会人员", "Finance staff"),
    ("business_owners", "企业负责人、个体工商户", "Heads of enterprises and the self-employed"),
    ("homemakers", "全职妈妈、家庭主妇", "Full-time mothers and homemakers"),
    ("job_seekers", "求职、待业人员", "Job seekers and people without work"),
    ("borrowers", "有贷款需求人员", "People in need of a loan"),
    ("investors", "投资理财人员", "Investors"),
    ("single_people", "单身、网络交友人员", "Single people and online daters"),
    ("online_shoppers", "网购人员", "Online shoppers"),
    ("gamers", "网络游戏玩家", "Gamers"),
    ("migrant_workers", "外出务工人员", "Migrant workers"),
    ("rural_residents", "农村居民", "Rural residents"),
    ("public_employees", "机关、事业单位人员", "Public employees"),
    ("other", "其他", "Other"),
)


class FrequentFraud(ReportForm):
    """One row of AFC-01: a fraud type with its cases and loss."""

    fraud_type = choice("诈骗类型", "Fraud type", options=FRAUD_TYPES)
    cases = whole("发案", "Cases", unit=("起", "cases"))
    loss = money("损失金额", "Loss")


class FrequentFrauds(ReportForm):
    """AFC-01: the locally frequent frauds and the groups at risk."""

    example = {
        "frauds-0-fraud_type": "fake_order_rebates",
        "frauds-0-cases": "46",
        "frauds-0-loss": "1280000.00",
        "frauds-1-fraud_type": "fake_police",
        "frauds-1-cases": "9",
        "frauds-1-loss": "2045000.55",
        "groups_at_risk": ["university_students", "homemakers"],
    }
    frauds = rows(
        "本地高发诈骗类型",
        "Locally frequent fraud types",
        row=FrequentFraud,
        at_most=5,
        hint=("最多 5 类，按发案多少排列", "At most five, the most frequent first"),
    )
    groups_at_risk = choices("易受骗人群", "Groups at risk", options=GROUPS_AT_RISK)


class FootageAndCases(ReportForm):
    """AFC-02: footage and typical cases collected."""

    example = {
        "pieces": "18",
        "summary": "刷单、冒充公检法两类典型案例的影像和笔录摘要。",
    }
    pieces = metric("收集资料", "Pieces collected", unit=("件", "pieces"))
    summary = long_text("内容概述", "Summary")


class MaterialsMade(ReportForm):
    """AFC-03: booklets, films and posters made."""

    example = {
        "booklets": "2",
        "films": "1",
        "posters": "4",
    }
    booklets = metric("宣传册", "Booklets", unit=("种", "booklets"))
    films = metric("宣传片", "Films", unit=("部", "films"))
    posters = metric("海报", "Posters", unit=("种", "posters"))


class MaterialsPushed(ReportForm):
    """AFC-04: material pushed to member units."""

    example = {
        "units_reached": "56",
        "items": "7",
    }
    units_reached = metric("推送单位", "Units pushed to", unit=("家", "units"))
    items = metric("推送宣传品", "Items pushed", unit=("件", "items"))


class TrainingOfPublicists(ReportForm):
    """AFC-05: training of the people who do publicity."""

    example = {
        "sessions": "3",
        "trainees": "140",
    }
    sessions = metric("培训场次", "Sessions", unit=("场", "sessions"))
    trainees = metric("参训人员", "Trainees", unit=("人", "people"))


class Countermeasure(ReportForm):
    """AFC-06: the counter-measure and the wording for one fraud type."""

    example = {
        "fraud_type": "fake_boss",
        "countermeasure": "企业转账实行双人复核、电话核实。",
        "wording": "老板微信要汇款，先打电话问一声。",
    }
    fraud_type = choice("诈骗类型", "Fraud type", options=FRAUD_TYPES)
    countermeasure = long_text("防范对策", "Counter-measure")
    wording = long_text("宣传口径", "Wording")
