"""The other member units' kind and duty (OTH-01)."""

from core.api import AnyFiles, Duty, UnitKind, weekly
from plugins.other_members.reports import StaffAndCustomers

MEMBER = UnitKind("member", ("成员单位", "Member unit"))

DUTIES = (
    Duty(
        "OTH-01",
        ("发动职工及客户开展反诈宣传", "Anti-fraud publicity among staff and customers"),
        who=MEMBER,
        due=weekly(1),
        form=StaffAndCustomers,
        evidence=AnyFiles(
            hint=(
                "可附活动照片、通知或宣传材料。",
                "Photos, the invitation or the material used may be added.",
            )
        ),
        clauses=("3.2.40", "3.2.41"),
    ),
)
