"""What happens to the stock of leaflets: counted down by accepted reports, a reminder when it runs low."""

from __future__ import annotations

from core.api import Data, Event, Member
from dudao_parcels.models import Stock, by_unit

#: Fewer leaflets than this, and the depot is reminded.
LOW = 200


def enter(data: Data, unit: Member, leaflets: int) -> None:
    """Set a depot's stock, e.g. after a delivery from the printer."""
    known = data.rows.get(Stock, unit.id)
    counted = known.counted if known else ""
    data.rows.put(Stock(unit_id=unit.id, unit_name=unit.name, leaflets=leaflets, counted=counted))


def follow(event: Event, data: Data) -> None:
    """Take the leaflets of an accepted report off the stock, once."""
    row = data.rows.get(Stock, event.unit.id)
    if event.name != "report.accepted" or row is None or row.counted == event.id:
        return
    report = next((r for r in data.reports("PCL-01", unit=event.unit.id) if r.id == event.report), None)
    if report is not None:
        row.leaflets = max(0, row.leaflets - report.record["leaflets"])
        row.counted = event.id
        data.rows.put(row)


def remind(data: Data) -> None:
    """Tell each depot whose stock is low."""
    units = {unit.id: unit for unit in data.units()}
    for row in data.rows.all(by_unit()):
        if row.leaflets < LOW and row.unit_id in units:
            data.tell(
                units[row.unit_id],
                ("宣传单快用完了", "Leaflets are running out"),
                (f"还有 {row.leaflets} 张，请及时补充。", f"{row.leaflets} are left: order more in time."),
                page="stock",
            )
