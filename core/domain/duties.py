"""The frozen copy of a duty that a published campaign keeps, and who owes it.

A later version of a plugin changes nothing of what a campaign under way asks for, counts and traces to clauses. The
form that is filled is the installed plugin's; a stored report keeps the version it was filled with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.domain.calendar import Cadence, Deadline
from core.domain.declare import Duty, Everyone, Evidence, Example
from core.domain.schema import FormSchema
from core.domain.text import Text


@dataclass(frozen=True, slots=True)
class KindRef:
    """A unit kind as the core sees it: the keys of its type and itself, and whether it is front-line."""

    unit_type: str
    kind: str
    front_line: bool = False


@dataclass(frozen=True, slots=True)
class DutyRule:
    """A duty with everything that computing, showing and checking it needs.

    `unit_type` is None for a duty of every type; `kinds` is empty for every kind of the type.
    """

    code: str
    plugin: str
    title: Text
    cadence: Cadence
    grace: int
    evidence: Evidence
    clauses: tuple[str, ...]
    covers: str | None
    unit_type: str | None
    kinds: tuple[str, ...]
    front_line: bool
    schema: FormSchema

    def binds(self, kind: KindRef) -> bool:
        """Whether units of this kind owe the duty."""
        if self.unit_type is None:
            return self.front_line or not kind.front_line
        return kind.unit_type == self.unit_type and (not self.kinds or kind.kind in self.kinds)

    def topics(self) -> frozenset[str]:
        """The choices that must all be reported by a period's end; empty for most duties."""
        if self.covers is None:
            return frozenset()
        return frozenset(choice.value for choice in self.schema.field(self.covers).choices)

    def to_json(self) -> dict[str, Any]:
        by = self.cadence.by
        return {
            "code": self.code,
            "plugin": self.plugin,
            "title": self.title.to_json(),
            "cadence": {
                "kind": self.cadence.kind,
                "times": self.cadence.times,
                "phases": list(self.cadence.phases),
                "by": by and {"anchor": by.anchor, "phase": by.phase, "days": by.days},
                **({"since": self.cadence.since.isoformat()} if self.cadence.since else {}),
            },
            "grace": self.grace,
            "evidence": {
                "at_least": self.evidence.at_least,
                "at_most": self.evidence.at_most,
                "kinds": list(self.evidence.kinds),
                "hint": self.evidence.hint.to_json(),
                **{
                    name: {"text": example.text.to_json(), "picture": example.picture}
                    for name, example in (("good", self.evidence.good), ("bad", self.evidence.bad))
                    if example
                },
            },
            "clauses": list(self.clauses),
            "covers": self.covers,
            "unit_type": self.unit_type,
            "kinds": list(self.kinds),
            "front_line": self.front_line,
            "schema": self.schema.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DutyRule:
        cadence = data["cadence"]
        by = cadence["by"]
        return cls(
            code=data["code"],
            plugin=data["plugin"],
            title=Text(*data["title"]),
            cadence=Cadence(
                cadence["kind"],
                cadence["times"],
                tuple(cadence["phases"]),
                Deadline(**by) if by else None,
                date.fromisoformat(cadence["since"]) if "since" in cadence else None,
            ),
            grace=data["grace"],
            evidence=_evidence(data["evidence"]),
            clauses=tuple(data["clauses"]),
            covers=data["covers"],
            unit_type=data["unit_type"],
            kinds=tuple(data["kinds"]),
            front_line=data["front_line"],
            schema=FormSchema.from_json(data["schema"]),
        )


def _evidence(data: Mapping[str, Any]) -> Evidence:
    examples = {
        name: Example(Text(*data[name]["text"]), data[name]["picture"])
        for name in ("good", "bad")
        if name in data
    }
    return Evidence(**(dict(data) | {"hint": Text(*data["hint"])} | examples))


def freeze(duty: Duty, plugin: str, unit_type: str | None, schema: FormSchema) -> DutyRule:
    """A plugin's declared duty as the campaign's frozen copy."""
    return DutyRule(
        code=duty.code,
        plugin=plugin,
        title=duty.title,
        cadence=duty.due,
        grace=duty.grace,
        evidence=duty.evidence,
        clauses=duty.clauses,
        covers=duty.covers,
        unit_type=unit_type,
        kinds=() if isinstance(duty.who, Everyone) else tuple(kind.key for kind in duty.who),
        front_line=duty.who.front_line if isinstance(duty.who, Everyone) else True,
        schema=schema,
    )
