"""Carriers: the communications regulator, the three operators and their business halls."""

from collections.abc import Iterator

from core.api import Finding, Pages, Plugin, ReportFact, UnitType, hookimpl
from plugins.carriers import pages
from plugins.carriers.checks import check
from plugins.carriers.duties import DUTIES, HALL, OPERATOR, REGULATOR
from plugins.carriers.inspection import CALLBACKS, ITEMS

TITLE = ("电信运营商", "Carriers")


@hookimpl
def dudao_plugin() -> Plugin:
    carriers = UnitType(
        "carriers", TITLE, [REGULATOR, OPERATOR, HALL], DUTIES, inspection=ITEMS, callbacks=CALLBACKS
    )
    return Plugin(
        "carriers",
        TITLE,
        "1.0",
        unit_types=[carriers],
        summary=(
            "省通管局、运营商公司、营业厅：提醒短信、窗口提醒、营业厅讲解、拦截工具推广。",
            "The communications regulator, operators and business halls: warning messages, reminders at the "
            "counter, explanation in the halls, promotion of blocking tools.",
        ),
    )


@hookimpl
def dudao_pages() -> Pages:
    return pages.pages


@hookimpl
def dudao_check_report(report: ReportFact) -> Iterator[Finding]:
    return check(report)
