"""What the addresses of the access matrix are about: real things of several units, and things that do not exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from core.services import campaigns
from core.store.models import EvidenceFile, LoginSession, User
from tests.web.site import Site

#: The unit of each of these accounts is a target.
OWNERS = (
    "fx-clerk", "fx-clerk-sibling", "fx-clerk-parent", "fx-clerk-other-type", "fx-clerk-other-region",
    "fx-clerk-disabled-unit",
)  # fmt: skip
#: An account of no actor, for what would hurt its owner.
SPARE = "other_members-lead"
REASON = "整顿期间暂停（测试）"


@dataclass(frozen=True)
class Target:
    """What an address is about: something of one unit, something that does not exist, or nothing special."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    owner: str | None = None
    answer: int | None = None


def all_targets(site: Site) -> dict[str, list[Target]]:
    units = {owner: site.units[owner] for owner in OWNERS}
    types = {owner: unit.unit_type for owner, unit in units.items()}
    nothing = "0" * 32
    reports = {owner: site.reports(unit.id, "accepted")[0] for owner, unit in units.items()}
    with site.inside() as session:
        files = {
            owner: session.scalar(select(EvidenceFile.id).where(EvidenceFile.unit_id == unit.id).limit(1))
            for owner, unit in units.items()
        }
        foreign = session.scalar(
            select(LoginSession.id).join(User, User.id == LoginSession.user_id).where(User.login == SPARE)
        )
        campaign = campaigns.current()
        assert campaign is not None
        duty = next(
            duty
            for duty in campaign.duties
            if duty.unit_type is None and duty.front_line and duty.cadence.kind == "phase"
        )
        phases = [f"phase-{number}" for number in range(1, len(campaign.phases) + 1)]
    files = {owner: found for owner, found in files.items() if found}
    assert len(files) >= 3, f"too few units with evidence: {files}"
    own = types["fx-clerk"]
    now = {"code": duty.code, "period_key": phases[1]}
    later = {"code": duty.code, "period_key": phases[2]}
    return {
        "": [Target("the only one")],
        "static": [Target("a file", {"filename": "dudao.css"}), _gone(filename="no-such.css")],
        "bootstrap.static": [
            Target("a file", {"filename": "css/bootstrap.min.css"}), _gone(filename="no-such.css"),
        ],
        "unit_type": [
            *(Target(f"type of {owner}", {"unit_type": key}) for owner, key in _first_of_each(types).items()),
            _gone(unit_type="no_such_type"),
        ],
        "code,period_key": [
            *(
                Target(f"type of {owner}", {"unit_type": key, **now})
                for owner, key in _first_of_each(types).items()
            ),
            Target("not begun", {"unit_type": own, **later}, answer=409),
            _gone(unit_type=own, code="NON-01", period_key=phases[1]),
            _gone(unit_type=own, code=duty.code, period_key="phase-9"),
            _gone(unit_type=own, code=duty.code, period_key="week-1"),
        ],
        "report_id": [
            *(
                Target(owner, {"report_id": report, "unit_type": types[owner]}, owner)
                for owner, report in reports.items()
            ),
            _gone(report_id=nothing, unit_type=own),
        ],
        "unit_id": [
            *(Target(owner, {"unit_id": unit.id}, owner) for owner, unit in units.items()),
            _gone(unit_id=10**6),
            _gone(unit_id=10**30),
        ],
        "file_id": [
            *(Target(owner, {"file_id": file}, owner) for owner, file in files.items()),
            _gone(file_id=nothing),
        ],
        "session_id": [_gone("somebody else's", session_id=foreign), _gone(session_id=10**6)],
        "key": [Target("a plugin", {"key": own}), _gone(key="no_such_plugin")],
        "login": [Target("an account", {"login": SPARE}), _gone(login="no-such-login")],
    }  # fmt: skip


def _gone(name: str = "missing", **values: Any) -> Target:
    return Target(name, values, answer=404)


def _first_of_each(types: dict[str, str]) -> dict[str, str]:
    """The first owner of each unit type."""
    return {owner: key for key, owner in {key: owner for owner, key in reversed(types.items())}.items()}
