"""What is known of an evidence file: where it stands, what a scanner said, what examining it found.

Everything here is JSON on its way from the limited child process to the database and the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.domain.text import NO_TEXT, Text


class FileState(StrEnum):
    """Where a file stands for the unit that uploaded it."""

    CHECKING = "checking"
    READY = "ready"
    ATTENTION = "attention"
    REFUSED = "refused"


STATE_TITLES = {
    FileState.CHECKING: Text("检查中", "Checking"),
    FileState.READY: Text("可用", "Usable"),
    FileState.ATTENTION: Text("请留意", "Needs attention"),
    FileState.REFUSED: Text("不能用", "Refused"),
}


class Scan(StrEnum):
    """What the virus scanner said. Never a boolean: what was not scanned is not clean (reliability.md 4.7)."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"
    FAILED = "failed"


SCAN_TITLES = {
    Scan.CLEAN: Text("已查毒，未发现病毒", "Scanned, no virus found"),
    Scan.INFECTED: Text("发现病毒", "Virus found"),
    Scan.NOT_SCANNED: Text("未查毒", "Not scanned"),
    Scan.FAILED: Text("查毒失败", "The scan failed"),
}


@dataclass(frozen=True, slots=True)
class ScanResult:
    """A scanner's verdict with its reason: a virus's name, or why it was not scanned."""

    verdict: Scan
    why: Text = NO_TEXT

    def to_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "why": self.why.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ScanResult:
        return cls(Scan(data["verdict"]), Text(*data["why"]))


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of a file, made in the limited child: its name in the store, its size in pixels."""

    name: str
    width: int
    height: int

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "width": self.width, "height": self.height}


@dataclass(frozen=True, slots=True)
class Examined:
    """What examining a file's bytes found.

    `state` is READY, ATTENTION or REFUSED; `said` are whole sentences that say why and what to do. `facts` may hold
    width, height, pages, seconds, taken (ISO 8601, as the device wrote it), zone (offset such as ``+08:00``, absent
    where the device wrote none), gps ([latitude, longitude], WGS 84), device, rows, text (the first lines).
    `hashes` are perceptual ones, by variant, as 16 hexadecimal digits; `previews` were written into the folder that
    was named.
    """

    state: FileState
    said: tuple[Text, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    previews: tuple[Preview, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "said": [text.to_json() for text in self.said],
            "facts": dict(self.facts),
            "hashes": dict(self.hashes),
            "previews": [preview.to_json() for preview in self.previews],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Examined:
        return cls(
            FileState(data["state"]),
            tuple(Text(*words) for words in data["said"]),
            dict(data["facts"]),
            dict(data["hashes"]),
            tuple(Preview(**preview) for preview in data["previews"]),
        )


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle to be hidden, in fractions of a picture's width and height as a viewer sees it, from its top left."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        sides = (self.left, self.top, self.width, self.height)
        inside = self.left + self.width <= 1.0001 and self.top + self.height <= 1.0001
        if not all(0 <= side <= 1 for side in sides) or not inside or not self.width or not self.height:
            raise ValueError("a box lies inside its picture: fractions from 0 to 1, with a width and a height")

    def to_json(self) -> list[float]:
        return [self.left, self.top, self.width, self.height]
