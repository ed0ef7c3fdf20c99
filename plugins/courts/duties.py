"""The procuratorates' and courts' kinds and duties (CRT-01 to CRT-03)."""

from core.api import AnyFiles, Documents, Duty, Evidence, UnitKind, each_phase, once
from plugins.courts.reports import Prosecution, PublicSentencing, TypicalCase

PROCURATORATE = UnitKind("procuratorate", ("检察院", "Procuratorate"))
COURT = UnitKind("court", ("法院", "Court"))

DUTIES = (
    Duty(
        "CRT-01",
        ("集中审查起诉", "Concentrated review and prosecution"),
        who=PROCURATORATE,
        due=once(),
        form=Prosecution,
        evidence=Documents(
            at_least=1,
            hint=(
                "起诉情况说明、案件清单或对外通报，隐去不宜公开的信息。",
                "An account, a list of the cases or the public announcement, without what may not be public.",
            ),
        ),
        clauses=("3.2.37",),
    ),
    Duty(
        "CRT-02",
        ("公开宣判", "Public sentencing"),
        who=COURT,
        due=once(),
        form=PublicSentencing,
        evidence=Evidence(
            at_least=1,
            kinds=["photo", "video", "document"],
            hint=(
                "宣判现场照片、视频，或宣判公告、新闻稿。",
                "A photo or video of the sentencing, or the announcement or press release.",
            ),
        ),
        clauses=("3.2.38",),
    ),
    Duty(
        "CRT-03",
        ("发布典型案例", "Publish typical cases"),
        who=(PROCURATORATE, COURT),
        due=each_phase(),
        form=TypicalCase,
        evidence=AnyFiles(
            hint=(
                "可附发布页面截图或案例全文。",
                "A screenshot of the page or the full text of the case may be added.",
            )
        ),
        clauses=("3.3.03",),
    ),
)
