"""Banks: the financial regulators, commercial banks and their outlets."""

from core.api import Pages, Plugin, UnitType, hookimpl
from plugins.banks import pages
from plugins.banks.duties import BANK, DUTIES, OUTLET, REGULATOR
from plugins.banks.inspection import CALLBACKS, ITEMS

TITLE = ("银行机构", "Banks")


@hookimpl
def dudao_plugin() -> Plugin:
    banks = UnitType("banks", TITLE, [REGULATOR, BANK, OUTLET], DUTIES, inspection=ITEMS, callbacks=CALLBACKS)
    return Plugin(
        "banks",
        TITLE,
        "1.0",
        unit_types=[banks],
        summary=(
            "人行/银保监、商业银行、营业网点：电子屏标语、横幅、终端提示、转账询问提醒。",
            "The financial regulators, commercial banks and outlets: slogans on screens, banners, notices on "
            "terminals, questions before a transfer.",
        ),
    )


@hookimpl
def dudao_pages() -> Pages:
    return pages.pages
