"""The city and county offices' kind and duties (CTY-01 to CTY-06)."""

from core.api import NO_EVIDENCE, AnyFiles, Duty, Photos, UnitKind, each_phase, weekly
from plugins.city_offices.reports import (
    Advertisements,
    Callbacks,
    Inspections,
    Media,
    SevenPlaces,
    SocialMedia,
)

OFFICE = UnitKind("office", ("联席办", "Joint-conference office"))

DUTIES = (
    Duty(
        "CTY-01",
        ("督导检查、暗访", "Inspections and undercover visits"),
        who=OFFICE,
        due=weekly(1),
        form=Inspections,
        evidence=AnyFiles(
            hint=(
                "可附检查记录、现场照片；暗访材料不得泄露检查人员身份。",
                "Inspection records and photos may be added; nothing may give away who made an undercover "
                "visit.",
            )
        ),
        clauses=("3.4.05",),
    ),
    Duty(
        "CTY-02",
        ("受骗群众随机回访", "Random callbacks to victims"),
        who=OFFICE,
        due=weekly(1),
        form=Callbacks,
        evidence=NO_EVIDENCE,
        clauses=("3.4.05", "3.4.07"),
    ),
    Duty(
        "CTY-03",
        ("广播电视报刊系列宣传", "Series on radio, on television and in the press"),
        who=OFFICE,
        due=each_phase(),
        form=Media,
        evidence=AnyFiles(
            at_least=1,
            hint=(
                "节目视频、播出截图或报刊版面，能看清媒体名称和日期。",
                "The programme, a screenshot of it or the printed page; the medium and the date can be read.",
            ),
        ),
        clauses=("3.3.02", "3.3.03"),
    ),
    Duty(
        "CTY-04",
        (
            "“七进”宣传（社区、农村、网络、企业、校园、场所、家庭）",
            "Publicity in the seven places (communities, villages, networks, enterprises, campuses, public "
            "venues, families)",
        ),
        who=OFFICE,
        due=weekly(1),
        form=SevenPlaces,
        evidence=Photos(
            at_least=1,
            hint=(
                "活动现场照片，能看清地点、群众和宣传内容。",
                "A photo of an activity that shows the place, the people and the content.",
            ),
        ),
        clauses=("3.4.02",),
    ),
    Duty(
        "CTY-05",
        (
            "公益广告、城市广告牌、楼宇显示屏",
            "Public-service advertisements, city billboards, screens on buildings",
        ),
        who=OFFICE,
        due=each_phase(),
        form=Advertisements,
        evidence=Photos(
            at_least=1,
            hint=(
                "广告牌、显示屏的现场照片，能看清广告内容和所在位置。",
                "A photo of a billboard or screen that shows the advertisement and where it is.",
            ),
        ),
        clauses=("3.4.03",),
    ),
    Duty(
        "CTY-06",
        ("微信公众号、抖音号推送", "Posts on the WeChat official account and on Douyin"),
        who=OFFICE,
        due=weekly(1),
        form=SocialMedia,
        evidence=AnyFiles(
            hint=(
                "可附后台数据截图或推送文章截图。",
                "A screenshot of the account's figures or of a post may be added.",
            )
        ),
        clauses=("3.3.04", "3.3.05", "3.3.08"),
    ),
)
