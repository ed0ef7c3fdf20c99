"""Notices on terminals: for an outlet, for the bank and the regulator above it, and for the office."""

from __future__ import annotations

from core.api import Pages, View, Visit, view
from plugins.banks import terminals as figures

pages = Pages()
#: How many outlets a page lists; the least covered come first.
MOST_OUTLETS = 200


@pages.page("/terminals", ("终端提示覆盖", "Notices on terminals"), menu="credit-card-2-front", below=True)
def terminals(visit: Visit) -> View:
    return _page(visit, linked=False)


@pages.page(
    "/outlets", ("终端提示覆盖", "Notices on terminals"), audience="office", menu="credit-card-2-front"
)
def outlets(visit: Visit) -> View:
    return _page(visit, linked=True)


def _page(visit: Visit, *, linked: bool) -> View:
    found = figures.outlets(visit.data)
    return view(
        "terminals.html",
        outlets=found[:MOST_OUTLETS],
        more=len(found) - MOST_OUTLETS,
        totals=figures.totals(found),
        linked=linked,
    )


@pages.slot("office.dashboard", ("银行终端提示", "Notices on the banks' terminals"))
def terminals_here(visit: Visit) -> View | None:
    found = figures.outlets(visit.data, visit.region)
    return view("here.html", totals=figures.totals(found)) if found else None
