"""The depot's page of its stock, a panel on its home page, and the office's overview."""

from __future__ import annotations

from core.api import Missing, Pages, Saved, View, Visit, view
from dudao_parcels import stock
from dudao_parcels.models import Stock, by_unit

pages = Pages()


def _row(visit: Visit) -> Stock | None:
    if visit.unit is None:
        raise Missing
    found: Stock | None = visit.data.rows.get(Stock, visit.unit.id)
    return found


@pages.page("/stock", ("宣传单存量", "Leaflets in stock"), menu="box-seam")
def stock_page(visit: Visit) -> View:
    return view("stock.html", row=_row(visit), low=stock.LOW, typed="", problem=False)


@pages.deed("/stock", ("登记存量", "Enter the stock"))
def enter(visit: Visit) -> Saved | View:
    typed = visit.typed("leaflets")
    if visit.unit is None or not typed.isascii() or not typed.isdigit() or len(typed) > 7:
        return view("stock.html", row=_row(visit), low=stock.LOW, typed=typed, problem=True)
    stock.enter(visit.data, visit.unit, int(typed))
    return Saved(("存量已登记", "The stock is entered"), "stock_page")


@pages.page("/stocks", ("寄递宣传单存量", "Parcel leaflets in stock"), audience="office", menu="box-seam")
def stocks(visit: Visit) -> View:
    rows = {row.unit_id: row for row in visit.data.rows.all(by_unit())}
    depots = [unit for unit in visit.data.units() if unit.kind == "depot"]
    return view("stocks.html", depots=depots, rows=rows, low=stock.LOW)


@pages.slot("unit.home", ("宣传单", "Leaflets"), weight=40)
def low(visit: Visit) -> View | None:
    row = _row(visit)
    return view("low.html", row=row) if row is not None and row.leaflets < stock.LOW else None
