"""Whether a unit may report now."""

from __future__ import annotations

from core.domain.errors import Denied
from core.domain.text import Text
from core.domain.units import UnitFacts


def refuse_disabled(unit: UnitFacts) -> None:
    """Raise Denied with the reason where the unit is disabled."""
    if not unit.enabled:
        raise Denied(
            Text(
                f"“{unit.name}”已停用，暂不能填报。停用理由：{unit.disabled_reason}",
                f"“{unit.name}” is disabled and cannot report now. Reason: {unit.disabled_reason}",
            )
        )
