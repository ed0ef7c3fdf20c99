"""Every changing route once, with a form that is accepted: what the tests of tokens and of the audit trail post.

`walk` makes each deed from the state that the deeds before it left, so that whoever walks must post each of them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PIL import Image
from sqlalchemy import select

from core.domain.calendar import Period, Span, periods
from core.domain.duties import DutyRule
from core.domain.obligations import needed
from core.services import campaigns, samples
from core.services.reports import form_class
from core.services.runtime import runtime
from core.store.models import BagFile, EvidenceFile, LoginSession, PluginState, Report, Unit, Upload, User
from core.store.queries import filings
from tests.conftest import PASSWORD
from tests.web import tus
from tests.web.asking import PIECE, TUS, Attached, Deed
from tests.web.site import Site

CLERK, INSPECTOR, OFFICE, ADMIN = "fx-clerk", "fx-inspector-inside", "fx-office-province", "fx-admin"
#: Accounts that are changed themselves.
LEAVING, CHANGING, ADDED = "zz-office", "fx-lead", "added-by-a-test"
SPARE_PLUGIN = "other_members"
BOX = {"left": "25", "top": "25", "width": "50", "height": "50"}


def walk(site: Site) -> Iterator[Deed]:
    """All changing routes, in an order in which each finds what it needs."""
    yield from _reports(site)
    yield from _bag(site)
    yield from _uploads(site)
    yield from _reviews(site)
    yield from _originals(site)
    yield from _office(site)
    yield from _people(site)
    yield from _account(site)


def _reports(site: Site) -> Iterator[Deed]:
    unit = site.units[CLERK]
    base = f"/u/{unit.unit_type}"
    duty, period, entries = fillable(site)
    new = f"{base}/duties/{duty.code}/{period.key}/new"
    yield Deed("unit.create", CLERK, new, {"do": "save", **entries}, action="report.save")
    made = newest(site, unit.id)
    one = f"{base}/reports/{made.id}"
    yield Deed(
        "unit.change",
        CLERK,
        one,
        {"do": "submit", "version": made.version, **entries},
        action="report.submit",
        object_id=made.id,
    )
    made = newest(site, unit.id)
    yield Deed("unit.withdraw", CLERK, f"{one}/withdraw", {"version": made.version}, object_id=made.id)
    made = newest(site, unit.id)
    again = {"do": "submit", "version": made.version, **entries}
    yield Deed("unit.change", CLERK, one, again, action="report.submit", object_id=made.id)


def _bag(site: Site) -> Iterator[Deed]:
    unit = site.units[CLERK]
    base = f"/u/{unit.unit_type}/bag"
    form = {"do": "add", "note": "门头", "replaces": "", "files": Attached("现场.png", photo())}
    yield Deed("bag.upload", CLERK, base, form)
    with site.inside() as session:
        kept = select(BagFile.id).where(BagFile.unit_id == unit.id).order_by(BagFile.added_at.desc()).limit(1)
        bag_id = session.scalars(kept).one()
    one = f"{base}/{bag_id}"
    yield Deed("bag.describe", CLERK, f"{one}/describe", {"note": "11月12日"}, object_id=bag_id)
    yield Deed("masks.save", CLERK, f"{one}/mask", BOX, object_id=bag_id)
    yield Deed("masks.remove", CLERK, f"{one}/unmask", object_id=bag_id)
    yield Deed("bag.remove", CLERK, f"{one}/remove", object_id=bag_id)


def _uploads(site: Site) -> Iterator[Deed]:
    """Four uploads: one comes to its end, three are given up."""
    content = photo()
    most, last = content[:-1], content[-1:]
    length = {"Upload-Length": str(len(content)), "Upload-Metadata": tus.metadata(filename="现场.png")}
    begin = Deed("uploads.create", CLERK, tus.URL, {**TUS, **length}, 201, method="POST", api=True)
    yield replace(begin, data={**begin.data, **PIECE}, piece=most)
    at = {**TUS, **PIECE, "Upload-Offset": str(len(most))}
    one = under_way(site)
    yield Deed("uploads.append", CLERK, one, at, 204, "evidence.add", method="PATCH", api=True, piece=last)
    yield begin
    one = under_way(site)
    gone = one.rpartition("/")[2]
    yield Deed("uploads.end", CLERK, one, TUS, 204, object_id=gone, method="DELETE", api=True)
    yield begin
    one = under_way(site)
    override = {**TUS, "X-HTTP-Method-Override": "DELETE"}
    yield Deed("uploads.instead", CLERK, one, override, 204, api=True)
    yield begin
    gone = under_way(site).rpartition("/")[2]
    cancel = f"/u/{site.units[CLERK].unit_type}/bag/uploads/{gone}/cancel"
    yield Deed("bag.cancel", CLERK, cancel, object_id=gone)


def under_way(site: Site) -> str:
    """Where the account's newest upload is."""
    with site.inside() as session:
        mine = select(Upload.id).join(User, User.id == Upload.user_id).where(User.login == CLERK)
        newest = mine.where(Upload.ended_at.is_(None)).order_by(Upload.created_at.desc()).limit(1)
        return f"{tus.URL}{session.scalars(newest).one()}"


def _originals(site: Site) -> Iterator[Deed]:
    """A picture of a report is masked, and its original opened for a reason; then the report is handed over."""
    unit = site.units[CLERK]
    with site.inside() as session:
        use = session.scalars(
            select(EvidenceFile)
            .join(Report, Report.id == EvidenceFile.report_id)
            .where(
                EvidenceFile.unit_id == unit.id,
                EvidenceFile.kind == "photo",
                Report.submitted_at.is_not(None),
            )
            .order_by(EvidenceFile.id)
            .limit(1)
        ).one()
    mask = f"/u/{unit.unit_type}/bag/{use.bag_id}/mask"
    yield Deed("masks.save", CLERK, mask, BOX, object_id=use.bag_id)
    look = {"reason": "核对门头上的地址"}
    yield Deed("files.original", INSPECTOR, f"/files/{use.id}/original", look, 200, object_id=use.id)
    pack = f"/office/packs/report/{use.report_id}"
    yield Deed("packs.make", OFFICE, pack, {"reason": "移交检察机关"}, 200, object_id=use.report_id)


def _reviews(site: Site) -> Iterator[Deed]:
    unit = site.units[CLERK]
    made = newest(site, unit.id)
    one = f"/review/{made.id}"
    yield Deed("review.claim", INSPECTOR, f"{one}/claim", object_id=made.id)
    made = newest(site, unit.id)
    yield Deed("review.release", INSPECTOR, f"{one}/release", {"version": made.version}, object_id=made.id)
    yield Deed("review.claim", INSPECTOR, f"{one}/claim", object_id=made.id)
    made = newest(site, unit.id)
    back = {"version": made.version, "reason": "照片模糊，请重新拍摄"}
    yield Deed("review.return_", INSPECTOR, f"{one}/return", back, object_id=made.id)
    yield Deed("review.claim_next", INSPECTOR, "/review/next")
    with site.inside() as session:
        claimed = session.scalars(
            select(Report)
            .join(User, User.id == Report.claimed_by)
            .where(Report.state == "in_review", User.login == INSPECTOR)
        ).one()
    url = f"/review/{claimed.id}/accept"
    yield Deed("review.accept", INSPECTOR, url, {"version": claimed.version}, object_id=claimed.id)
    reopen = f"/office/reports/{claimed.id}/reopen"
    body = {"version": claimed.version + 1, "reason": "接到举报，需核实"}
    yield Deed("office.reopen", OFFICE, reopen, body, object_id=claimed.id)


def _office(site: Site) -> Iterator[Deed]:
    with site.inside() as session:
        spare = select(Unit).where(Unit.unit_type == SPARE_PLUGIN).order_by(Unit.id).limit(1)
        found = session.scalars(spare).one()
        unit_id, code = found.id, found.code
    unit = f"/office/units/{unit_id}"
    yield Deed("office.disable_unit", OFFICE, f"{unit}/disable", {"reason": "撤并"}, object_id=str(unit_id))
    yield Deed("office.enable_unit", OFFICE, f"{unit}/enable", {"reason": "恢复"}, object_id=str(unit_id))
    yield from _switching(unit_id, code)
    plugin = f"/office/plugins/{SPARE_PLUGIN}"
    yield Deed("plugin_admin.disable", OFFICE, f"{plugin}/disable", {"reason": "停"}, object_id=SPARE_PLUGIN)
    yield Deed("plugin_admin.enable", OFFICE, f"{plugin}/enable", {"reason": "启"}, object_id=SPARE_PLUGIN)
    with site.inside() as session:
        session.get_one(PluginState, SPARE_PLUGIN).parked = ["checks"]
        session.commit()
    back = {"reason": "作者已修复"}
    yield Deed("plugin_admin.put_back", OFFICE, f"{plugin}/put-back", back, object_id=SPARE_PLUGIN)


def _switching(unit_id: int, code: str) -> Iterator[Deed]:
    """The same unit by the pages for many."""
    many = {"unit": unit_id, "expected": 1}
    yield Deed("switching.disable", OFFICE, "/office/units/disable", {**many, "reason": "撤并"})
    below = {"below": unit_id, "expected": 1, "reason": "恢复"}
    yield Deed("switching.enable", OFFICE, "/office/units/enable", below, object_id=str(unit_id))
    listed = {
        "list": f"code,state\n{code},停用",
        "do": "switch",
        "reason": "撤并",
        "state": "",
        "source": "a.csv",
    }
    yield Deed("switching.switch_list", OFFICE, "/office/units/list", listed, action="unit.disable")
    back = {**listed, "list": f"{code}", "state": "on"}
    yield Deed("switching.switch_list", OFFICE, "/office/units/list", back, action="unit.enable")


def _people(site: Site) -> Iterator[Deed]:
    form = {"login": ADDED, "name": "测试人员", "role": "auditor"}
    yield Deed("people.add", ADMIN, "/people/add", form, 200, object_id=ADDED)
    yield Deed("people.disable", ADMIN, f"/people/{ADDED}/disable", object_id=ADDED)
    yield Deed("people.enable", ADMIN, f"/people/{ADDED}/enable", object_id=ADDED)
    yield Deed("people.reset_password", ADMIN, f"/people/{ADDED}/password", {}, 200, object_id=ADDED)


def _account(site: Site) -> Iterator[Deed]:
    yield Deed("account.language", CHANGING, "/language", {"locale": "en"})
    yield Deed("notices.read", CLERK, "/notices/read")
    site.fresh(CHANGING)
    with site.inside() as session:
        other = session.scalar(
            select(LoginSession.id)
            .join(User, User.id == LoginSession.user_id)
            .where(User.login == CHANGING)
            .order_by(LoginSession.id.desc())
            .limit(1)
        )
    end = f"/account/sessions/{other}/end"
    yield Deed("account.end_session", CHANGING, end, object_id=str(other))
    new = "三只企鹅 walk to work"
    yield Deed("account.password", CHANGING, "/account/password", {"old": PASSWORD, "new": new, "again": new})
    yield Deed(
        "account.sign_in", "", "/login", {"login": "auditor", "password": PASSWORD}, object_id="auditor"
    )
    yield Deed("account.logout", LEAVING, "/logout")


def settle(site: Site, deed: Deed) -> None:
    """Drop the browsers whose session a deed has changed."""
    if deed.endpoint in ("account.password", "account.sign_in"):
        site.forget(deed.login)


def newest(site: Site, unit_id: int) -> Report:
    """A unit's report that was begun last."""
    with site.inside() as session:
        found = select(Report).where(Report.unit_id == unit_id).order_by(Report.created_at.desc()).limit(1)
        return session.scalars(found).one()


def fillable(
    site: Site, login: str = CLERK, *, files: bool = False
) -> tuple[DutyRule, Period, dict[str, list[str]]]:
    """A duty of the unit that may be reported now and more than once, with what might be typed.

    With `files` it takes files of any kind, else it needs none.
    """
    unit = site.units[login]
    with site.inside() as session:
        campaign = campaigns.current()
        assert campaign is not None
        kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
        enabled = filings.intervals(session, unit.id)
        today = runtime().clock.today()
        for duty in campaign.duties:
            period = next((p for p in periods(duty.cadence, campaign.calendar) if today in p.span), None)
            fits = duty.evidence.at_least == 0 and (not files or {"photo", "sheet"} <= {*duty.evidence.kinds})
            again = duty.cadence.kind in ("week", "phase")
            if duty.binds(kind) and period and fits and again and needed(duty, period, enabled):
                return duty, period, samples.entries(form_class(duty), until(period, today), seed=1)
    raise AssertionError("no such duty")


def until(period: Period, today: Any) -> Span:
    """The days of a period up to today: nothing is reported from the future."""
    return Span(period.starts, min(period.ends, today))


def photo(colour: tuple[int, int, int] = (200, 30, 30), kind: str = "PNG") -> bytes:
    """A real little picture."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, kind)
    return stream.getvalue()
