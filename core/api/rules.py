"""Checks between fields, or between a field and the report's period. Give them as ``rules=[…]``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.api.fields import Refused, Rule


def at_most_field(other: str) -> Rule:
    """The value must not exceed that of the field named, e.g. terminals done ≤ terminals in total."""

    def check(form: Any, field: Any) -> None:
        limit = form._fields[other]
        if limit.data is not None and not limit.errors and field.data > limit.data:
            zh, en = limit.spec.label.zh, limit.spec.label.pick("en")
            raise Refused(f"不能大于“{zh}”（{limit.data}）", f"Must not exceed “{en}” ({limit.data})")

    check.names = (other,)  # type: ignore[attr-defined]  # read when the plugin is loaded
    return check


def inside_period() -> Rule:
    """The date must lie in the days that the report is for."""

    def check(form: Any, field: Any) -> None:
        day = field.data.date() if isinstance(field.data, datetime) else field.data
        if form.span is not None and day not in form.span:
            first, last = form.span.starts, form.span.ends
            raise Refused(f"日期须在 {first} 至 {last} 之内", f"The date must lie between {first} and {last}")

    return check


def all_chosen() -> Rule:
    """Every option must be chosen, e.g. all three operators."""

    def check(form: Any, field: Any) -> None:
        absent = [option.title for option in field.spec.choices if option.value not in field.data]
        if absent:
            zh, en = "、".join(t.zh for t in absent), ", ".join(t.pick("en") for t in absent)
            raise Refused(f"须全部选择，还缺：{zh}", f"All are needed; missing: {en}")

    return check
