"""The banks' kinds and duties (BNK-01 to BNK-06)."""

from core.api import (
    AnyFiles,
    Documents,
    Duty,
    Example,
    Photos,
    PhotosOrVideos,
    UnitKind,
    each_phase,
    once,
    phase_end,
    weekly,
)
from plugins.banks.reports import (
    Banners,
    Organisation,
    OwnOutlets,
    ScreenSlogans,
    TerminalNotices,
    TransferQuestions,
)

REGULATOR = UnitKind("regulator", ("人行/银保监", "People's Bank or banking regulator"))
BANK = UnitKind("bank", ("商业银行", "Commercial bank"))
OUTLET = UnitKind("outlet", ("营业网点", "Bank outlet"), front_line=True)

DUTIES = (
    Duty(
        "BNK-01",
        ("组织辖区商业银行开展宣传", "Organise publicity by the commercial banks of the area"),
        who=REGULATOR,
        due=each_phase(),
        form=Organisation,
        evidence=Documents(
            at_least=1,
            hint=(
                "部署通知、会议纪要等，能看出对各商业银行的要求。",
                "The notice or the minutes, showing what is asked of the commercial banks.",
            ),
        ),
        clauses=("3.2.17",),
    ),
    Duty(
        "BNK-02",
        ("电子屏滚动播放“断卡”标语", "Run the “Card Break” slogans on the electronic screens"),
        who=OUTLET,
        due=weekly(1),
        form=ScreenSlogans,
        evidence=PhotosOrVideos(
            at_least=1,
            hint=(
                "电子屏正在播放标语的照片或短视频，能看清标语和网点名称。",
                "A photo or short video of the screen as it shows the slogan; slogan and outlet can be read.",
            ),
        ),
        clauses=("3.2.18",),
    ),
    Duty(
        "BNK-03",
        ("悬挂“断卡”宣传横幅", "Put up the “Card Break” banners"),
        who=OUTLET,
        due=once(by=phase_end(1)),
        form=Banners,
        evidence=Photos(
            at_least=1,
            hint=(
                "横幅悬挂后的现场照片，能看清标语和网点门头。",
                "A photo of the banner as it hangs; slogan and outlet can be recognised.",
            ),
        ),
        clauses=("3.2.19",),
    ),
    Duty(
        "BNK-04",
        ("网点、ATM 等自助终端粘贴防骗提示", "Put notices on ATMs and other self-service terminals"),
        who=OUTLET,
        due=once(by=phase_end(1)),
        form=TerminalNotices,
        evidence=Photos(
            at_least=1,
            hint=(
                "终端上防骗提示的照片，近景能看清文字，远景能看清是哪台终端。",
                "A photo of the notice on a terminal: the text can be read and the terminal recognised.",
            ),
            good=Example(
                ("整台终端和提示的文字都看得清", "The whole terminal shows, and the notice can be read"),
                "notice-good.jpg",
            ),
            bad=Example(
                ("只拍到模糊的一角，看不出是哪台终端", "A blurred corner: no telling which terminal it is"),
                "notice-bad.jpg",
            ),
        ),
        clauses=("3.2.20",),
    ),
    Duty(
        "BNK-05",
        ("汇款转账主动询问、提醒", "Ask and warn people who transfer money"),
        who=OUTLET,
        due=weekly(1),
        form=TransferQuestions,
        evidence=AnyFiles(
            hint=(
                "可附询问登记、劝阻现场照片等，请遮盖客户姓名、账号。",
                "A register or a photo may be added; cover customers' names and account numbers.",
            )
        ),
        clauses=("3.2.21",),
    ),
    Duty(
        "BNK-06",
        ("本行宣传组织情况", "How the bank organised its own publicity"),
        who=BANK,
        due=weekly(1),
        form=OwnOutlets,
        evidence=AnyFiles(
            hint=(
                "可附本行通知、各网点落实情况统计表。",
                "The bank's own notice or a table of its outlets may be added.",
            )
        ),
        clauses=("3.2.18", "3.2.20"),
    ),
)
