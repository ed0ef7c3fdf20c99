"""What the child is asked and what it answers, beside `core.domain.files.Examined`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.domain.text import Text


@dataclass(frozen=True, slots=True)
class Task:
    """A file to look into. `name` is as shown, `media_type` what its first bytes say; `out` takes the previews."""

    path: Path
    name: str
    media_type: str
    out: Path


class Refused(Exception):
    """The file is refused; `said` tells the person why, and what to do."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two pictures compared after they were laid over each other.

    `level` is "same" (one picture, changed), "alike" (layout or motif alike, contents differ) or "other". `mirrored`
    and `crop` (left, top, width, height) say how the second lies in the first, in fractions of the first; it may
    reach beyond it. `differs` are the places in the first that differ, as boxes of the same kind.
    """

    level: Literal["same", "alike", "other"]
    score: float
    mirrored: bool = False
    crop: tuple[float, float, float, float] | None = None
    differs: tuple[tuple[float, float, float, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "score": self.score,
            "mirrored": self.mirrored,
            "crop": list(self.crop) if self.crop else None,
            "differs": [list(box) for box in self.differs],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Likeness:
        crop = data["crop"]
        return cls(
            data["level"],
            data["score"],
            data["mirrored"],
            tuple(crop) if crop else None,
            tuple(tuple(box) for box in data["differs"]),
        )
