"""What the addresses of the access matrix are about: real things of several units, and things that do not exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.services import campaigns
from core.store.models import EvidenceFile, LoginSession, Report, User
from tests.web.site import Site, UnitSeen
from tests.web.tus import Tus

#: The unit of each of these accounts is a target.
OWNERS = (
    "fx-clerk", "fx-clerk-sibling", "fx-clerk-parent", "fx-clerk-other-type", "fx-clerk-other-region",
    "fx-clerk-disabled-unit",
)  # fmt: skip
#: Of these there is an upload that came to its end.
UPLOADING = ("fx-clerk", "fx-clerk-sibling", "fx-clerk-disabled-unit")
THUMB = "thumb.webp"
#: An account of no actor, for what would hurt its owner.
SPARE = "other_members-lead"
REASON = "整顿期间暂停（测试）"


@dataclass(frozen=True)
class Target:
    """What an address is about: something of one unit, something that does not exist, or nothing special.

    With `beside` it is about something of a second unit too; with `person` it is that account's alone.
    """

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    owner: str | None = None
    answer: int | None = None
    beside: str | None = None
    person: str | None = None


def all_targets(site: Site) -> dict[str, list[Target]]:
    units = {owner: site.units[owner] for owner in OWNERS}
    types = {owner: unit.unit_type for owner, unit in units.items()}
    nothing = "0" * 32
    reports = {owner: site.reports(unit.id, "accepted")[0] for owner, unit in units.items()}
    uploads = {owner: _uploaded(site, owner) for owner in UPLOADING}
    with site.inside() as session:
        files = {owner: found for owner, unit in units.items() if (found := _picture(session, unit.id))}
        pairs = _pairs(session, files, units)
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
    assert len(files) >= 3, f"too few units with evidence: {files}"
    own = types["fx-clerk"]
    others_file = next(pair.values["file_id"] for pair in pairs if pair.owner != pairs[0].owner)
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
            *(Target(owner, {"file_id": file.id}, owner) for owner, file in files.items()),
            _gone(file_id=nothing),
        ],
        "file_id,name": [
            *(Target(owner, {"file_id": file.id, "name": THUMB}, owner) for owner, file in files.items()),
            _gone(file_id=nothing, name=THUMB),
            _gone("no such preview", file_id=files["fx-clerk"].id, name="thumb.jpg"),
        ],
        "bag_id": [
            *(
                Target(owner, {"bag_id": file.bag_id, "unit_type": types[owner]}, owner)
                for owner, file in files.items()
            ),
            _gone(bag_id=nothing, unit_type=own),
        ],
        "bag_id,name": [
            *(Target(owner, {"bag_id": file.bag_id, "name": THUMB}, owner) for owner, file in files.items()),
            _gone(bag_id=nothing, name=THUMB),
            _gone("no such preview", bag_id=files["fx-clerk"].bag_id, name="thumb.jpg"),
        ],
        "file_id,other_use_id,report_id": [
            *pairs,
            _gone(report_id=nothing, file_id=nothing, other_use_id=nothing),
            _gone("itself", **{**pairs[0].values, "other_use_id": pairs[0].values["file_id"]}),
            _gone("no such use", **{**pairs[0].values, "other_use_id": nothing}),
            _gone("a file of another report", **{**pairs[0].values, "file_id": others_file}),
        ],
        "upload_id": [
            *(
                Target(owner, {"upload_id": upload, "unit_type": types[owner]}, person=owner)
                for owner, upload in uploads.items()
            ),
            _gone(upload_id=nothing, unit_type=own),
        ],
        "key,kind": [
            *(
                Target(f"report of {owner}", {"kind": "report", "key": report}, owner)
                for owner, report in reports.items()
            ),
            *(
                Target(f"unit of {owner}", {"kind": "unit", "key": str(unit.id)}, owner)
                for owner, unit in units.items()
            ),
            Target("the campaign", {"kind": "campaign", "key": campaign.key}),
            _gone(kind="report", key=nothing),
            _gone("no such unit", kind="unit", key=str(10**6)),
            _gone("no number", kind="unit", key=nothing[:-1] + "a"),
            _gone("too large a number", kind="unit", key=str(10**30)),
            _gone("no such campaign", kind="campaign", key="no-such-campaign"),
        ],
        "picture,plugin": [
            Target("a picture", {"plugin": "banks", "picture": "notice-good.jpg"}),
            _gone(plugin="banks", picture="no-such.jpg"),
            _gone("another plugin's", plugin="carriers", picture="notice-good.jpg"),
        ],
        "session_id": [_gone("somebody else's", session_id=foreign), _gone(session_id=10**6)],
        "key": [Target("a plugin", {"key": own}), _gone(key="no_such_plugin")],
        "login": [Target("an account", {"login": SPARE}), _gone(login="no-such-login")],
    }  # fmt: skip


def _picture(session: Session, unit_id: int) -> EvidenceFile | None:
    """A picture of a unit's submitted report."""
    return session.scalars(
        select(EvidenceFile)
        .join(Report, Report.id == EvidenceFile.report_id)
        .where(
            EvidenceFile.unit_id == unit_id, EvidenceFile.kind == "photo", Report.submitted_at.is_not(None)
        )
        .order_by(EvidenceFile.id)
        .limit(1)
    ).first()


def _pairs(session: Session, files: dict[str, EvidenceFile], units: dict[str, UnitSeen]) -> list[Target]:
    """Pictures of units with uses of the same bytes elsewhere: in the same unit, and in others."""
    found = []
    for owner, file in files.items():
        for beside, unit in units.items():
            used = (EvidenceFile.unit_id == unit.id, EvidenceFile.sha256 == file.sha256)
            other = session.scalars(
                select(EvidenceFile.id).where(*used, EvidenceFile.report_id != file.report_id).limit(1)
            ).first()
            if other is not None:
                values = {"report_id": file.report_id, "file_id": file.id, "other_use_id": other}
                found.append(Target(f"{owner} beside {beside}", values, owner, beside=beside))
    assert any(pair.owner != pair.beside for pair in found), "no bytes are used by two units"
    return found


def _uploaded(site: Site, owner: str) -> str:
    """The id of an upload whose file is in the bag."""
    client = Tus(site, owner)
    url = client.begin(4)
    assert client.patch(url, 0, b"text").status_code == 204
    return url.rpartition("/")[2]


def _gone(name: str = "missing", /, **values: Any) -> Target:
    return Target(name, values, answer=404)


def _first_of_each(types: dict[str, str]) -> dict[str, str]:
    """The first owner of each unit type."""
    return {owner: key for key, owner in {key: owner for owner, key in reversed(types.items())}.items()}
