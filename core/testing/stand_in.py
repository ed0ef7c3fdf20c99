"""A plugin with a unit type of its own: the strangers of a world, and the members for plugins without unit types."""

from core.api import Duty, Plugin, ReportForm, UnitKind, UnitType, hookimpl, metric, weekly

KEY = "stand_in"
DESK = UnitKind("desk", ("内设机构", "Desk"))
COUNTER = UnitKind("counter", ("窗口", "Counter"), front_line=True)


class Talks(ReportForm):
    """CONFORM-01: how many people were talked to."""

    people = metric("人数", "People")


@hookimpl
def dudao_plugin() -> Plugin:
    """One unit type with a kind at the counter and one behind it."""
    duty = Duty("CONFORM-01", ("宣讲", "Talks"), who=(DESK, COUNTER), due=weekly(), form=Talks)
    title = ("其他单位", "Other units")
    return Plugin(KEY, title, "1.0", unit_types=[UnitType(KEY, title, [DESK, COUNTER], [duty])])
