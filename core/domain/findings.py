"""What checks and scores answer: values that are stored with their titles and read the same for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from core.domain.text import NO_TEXT, Text, Titled, as_text

Level = Literal["info", "attention"]
#: How many findings of one check are kept; more help nobody.
MOST_FINDINGS = 50


@dataclass(frozen=True, init=False)
class Finding:
    """A hint for the inspector, never a verdict. `field` names the form's field that it is about."""

    message: Text
    level: Level
    field: str

    def __init__(self, message: Titled, *, level: Level = "attention", field: str = "") -> None:
        if level not in ("info", "attention"):
            raise ValueError(f"level is 'info' or 'attention', not {level!r}")
        for name, value in (("message", as_text(message)), ("level", level), ("field", field)):
            object.__setattr__(self, name, value)

    def to_json(self) -> dict[str, Any]:
        return {"message": self.message.to_json(), "level": self.level, "field": self.field}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        return cls(Text(*data["message"]), level=data["level"], field=data["field"])


#: What the inspector reads where a plugin's check failed: the review goes on without it.
NOT_RUN = Text("自动检查没有运行，请人工核对", "The automatic check did not run; check by eye")


@dataclass(frozen=True, init=False)
class ScoreLine:
    """One line of a unit's score: points out of a maximum, and the reason in words."""

    title: Text
    points: Decimal
    out_of: Decimal
    reason: Text

    def __init__(
        self,
        title: Titled,
        points: Decimal | int | str,
        out_of: Decimal | int | str,
        reason: Titled = NO_TEXT,
    ) -> None:
        if isinstance(points, float) or isinstance(out_of, float):
            raise TypeError("points are whole numbers, Decimals or strings: a float is not exact")
        values = {
            "title": as_text(title),
            "points": Decimal(points),
            "out_of": Decimal(out_of),
            "reason": as_text(reason),
        }
        if not 0 <= values["points"] <= values["out_of"]:  # type: ignore[operator]
            raise ValueError(f"points lie between 0 and out_of, not {points} of {out_of}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title.to_json(),
            "points": str(self.points),
            "out_of": str(self.out_of),
            "reason": self.reason.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ScoreLine:
        return cls(Text(*data["title"]), data["points"], data["out_of"], Text(*data["reason"]))
