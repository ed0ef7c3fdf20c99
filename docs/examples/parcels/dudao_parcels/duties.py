"""The kinds of parcel companies and their duty."""

from typing import ClassVar

from core.api import Duty, Photos, ReportForm, UnitKind, date_field, inside_period, metric, weekly

COMPANY = UnitKind("company", ("寄递公司", "Parcel company"))
DEPOT = UnitKind("depot", ("营业点", "Depot"), front_line=True)


class Leaflets(ReportForm):
    """PCL-01: leaflets handed out with parcels."""

    day = date_field("发放日期", "Day", rules=[inside_period()])
    parcels = metric("派送快件", "Parcels delivered", unit=("件", "parcels"))
    leaflets = metric("随件宣传单", "Leaflets", unit=("张", "leaflets"), share_of="parcels", minimum=1)

    example: ClassVar = {"day": ["2020-11-12"], "parcels": ["400"], "leaflets": ["380"]}


DUTIES = (
    Duty(
        "PCL-01",
        ("随件发放防骗宣传单", "Put an anti-fraud leaflet into every parcel"),
        who=DEPOT,
        due=weekly(1),
        form=Leaflets,
        evidence=Photos(at_least=1, hint=("看得清宣传单和快件", "Leaflet and parcel can be seen")),
    ),
)
