"""The city and county offices' report forms, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import ReportForm, choices, long_text, metric, whole

MEDIA = (
    ("television", "电视", "Television"),
    ("radio", "广播", "Radio"),
    ("newspaper", "报纸", "Newspaper"),
    ("magazine", "期刊", "Magazine"),
    ("news_site", "新闻网站、客户端", "News website or app"),
    ("other", "其他", "Other"),
)


class Inspections(ReportForm):
    """CTY-01: the week's inspections and undercover visits."""

    example = {
        "announced": "6",
        "undercover": "4",
        "problems": "3",
        "remarks": "两处网点未更换横幅，已责令整改。",
    }
    announced = metric("明查", "Announced inspections", unit=("次", "visits"))
    undercover = metric("暗访", "Undercover visits", unit=("次", "visits"))
    problems = metric("发现问题", "Problems found", unit=("个", "problems"))
    remarks = long_text("备注", "Remarks", required=False)


class Callbacks(ReportForm):
    """CTY-02: the week's callbacks to victims."""

    example = {
        "tried": "30",
        "answered": "22",
        "negative_answers": "5",
        "remarks": "集中反映未收到提醒短信。",
    }
    tried = metric("拨打回访", "Callbacks tried", unit=("人", "people"))
    answered = metric("接听回访", "Callbacks answered", unit=("人", "people"))
    negative_answers = metric(
        "回答“否”",
        "Answers of “no”",
        unit=("项", "answers"),
        hint=(
            "受骗群众回答单位未提醒、未宣传的项数",
            "How many answers said that a unit had not warned or held publicity",
        ),
    )
    remarks = long_text("备注", "Remarks", required=False)


class Media(ReportForm):
    """CTY-03: a series on radio, on television or in the press."""

    example = {
        "media": ["television", "newspaper"],
        "programmes": "4",
        "audience": "300000",
    }
    media = choices("媒体", "Medium", options=MEDIA)
    programmes = metric("节目、稿件", "Programmes and articles", unit=("期", "programmes"))
    audience = whole("受众", "Audience", unit=("人次", "people"))


class SevenPlaces(ReportForm):
    """CTY-04: activities in each of the seven places."""

    example = {
        "communities": "12",
        "villages": "9",
        "networks": "5",
        "enterprises": "7",
        "campuses": "6",
        "venues": "8",
        "families": "40",
        "people_reached": "15600",
    }
    communities = metric("进社区", "In communities", unit=("场", "activities"))
    villages = metric("进农村", "In villages", unit=("场", "activities"))
    networks = metric("进网络", "On networks", unit=("场", "activities"))
    enterprises = metric("进企业", "In enterprises", unit=("场", "activities"))
    campuses = metric("进校园", "On campuses", unit=("场", "activities"))
    venues = metric("进场所", "In public venues", unit=("场", "activities"))
    families = metric("进家庭", "In families", unit=("场", "activities"))
    people_reached = metric("覆盖群众", "People reached", unit=("人次", "people"))


class Advertisements(ReportForm):
    """CTY-05: advertisements, billboards and screens in the city."""

    example = {
        "places": "35",
        "screens": "60",
    }
    places = metric("投放点位", "Places", unit=("处", "places"))
    screens = metric("显示屏", "Screens", unit=("块", "screens"))


class SocialMedia(ReportForm):
    """CTY-06: the office's own accounts."""

    example = {
        "posts": "14",
        "reads": "98000",
        "followers": "56000",
    }
    posts = metric("推送", "Posts", unit=("条", "posts"))
    reads = metric("阅读、播放", "Reads", unit=("次", "reads"))
    followers = whole("粉丝", "Followers", unit=("人", "people"))
