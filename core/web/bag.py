"""A unit's evidence bag 材料袋: upload now, say later what it proves (feature 38)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.config import MAX_FILE
from core.domain.access import Permission
from core.domain.declare import Evidence
from core.domain.errors import Invalid, NotNow
from core.domain.files import FileState
from core.domain.text import Text
from core.domain.units import UnitFacts
from core.services import bag, evidence, uploads
from core.services.evidence import Upload
from core.services.runtime import runtime
from core.store.db import db
from core.store.filetypes import ALL
from core.store.queries import bag as queries
from core.store.queries import units
from core.store.queries.bag import BagView
from core.web import finding
from core.web.context import say
from core.web.guard import actor
from core.web.paging import PER_PAGE, Page, offset, page_number
from core.web.policy import route

bp = Blueprint("bag", __name__)

#: How many files of the bag a report's form offers to tick, and among how many it looks for them.
OFFERED, LOOKED_AT = 12, 48
#: How many files a page may ask about at once.
MOST_ASKED = 100
ANY_KIND = Evidence()


def _unit() -> UnitFacts:
    return g.unit  # type: ignore[no-any-return]


@route(bp, "/u/<unit_type>/bag", Permission.REPORT, unit_pages=True)
def index(unit_type: str) -> str:
    return _page([])


@route(bp, "/u/<unit_type>/bag", Permission.REPORT, audit="evidence.add", methods=("POST",), unit_pages=True)
def upload(unit_type: str) -> Response | tuple[str, int]:
    """Files from the plain form. Those refused are named; the others are kept."""
    if "do" not in request.form:
        # A body that was read as nothing (fact M11) is not an empty form.
        abort(400)
    replaced = request.form.get("replaces") or None
    if replaced:
        _file(replaced)
    sent = [Upload(f.filename, f.stream) for f in request.files.getlist("files") if f.filename]  # type: ignore[arg-type]
    added, refused = _keep(sent[:1] if replaced else sent, replaced)
    if added:
        flash(_("已放进材料袋 %(count)s 个文件，正在检查", count=added), "success")
    if refused:
        return _page(refused), 422
    return redirect(_url())


@route(
    bp,
    "/u/<unit_type>/bag/<bag_id>/describe",
    Permission.REPORT,
    audit="evidence.describe",
    methods=("POST",),
    unit_pages=True,
)
def describe(unit_type: str, bag_id: str) -> Response:
    bag.describe(actor(), _file(bag_id).id, request.form.get("note", ""))
    flash(_("说明已保存"), "success")
    return redirect(_url(_anchor=f"file-{bag_id}"))


@route(
    bp,
    "/u/<unit_type>/bag/<bag_id>/remove",
    Permission.REPORT,
    audit="evidence.remove",
    methods=("POST",),
    unit_pages=True,
)
def remove(unit_type: str, bag_id: str) -> Response | tuple[str, int]:
    found = _file(bag_id)
    try:
        bag.remove(actor(), found.id)
    except NotNow as refused:
        return _page([refused.message]), 409
    flash(_("“%(name)s”已从材料袋删除", name=found.name), "success")
    return redirect(_url())


@route(
    bp,
    "/u/<unit_type>/bag/uploads/<upload_id>/cancel",
    Permission.REPORT,
    audit="evidence.upload",
    methods=("POST",),
    unit_pages=True,
)
def cancel(unit_type: str, upload_id: str) -> Response | tuple[str, int]:
    """Give up an upload that nobody goes on with: it takes room in the bag."""
    try:
        uploads.give_up(actor(), upload_id)
    except NotNow as refused:
        return _page([refused.message]), 409
    flash(_("上传已取消"), "success")
    return redirect(_url())


@route(bp, "/u/<unit_type>/bag/states", Permission.REPORT, unit_pages=True)
def states(unit_type: str) -> Response:
    """How far the checks of some files are: what a page asks while it is open. Foreign and missing ones are left out."""
    asked = request.args.getlist("id")[:MOST_ASKED]
    return jsonify({"files": [_told(file) for file in queries.several(db.session(), _unit().id, asked)]})


@route(bp, "/bag", Permission.REPORT)
def own() -> Response:
    """The menu's address: the bag of the person's own unit; the home page says why there is none."""
    mine = units.several(db.session(), actor().unit_ids)
    for unit in mine:
        if unit.enabled and runtime().registry.owner_of_type.get(unit.unit_type) in g.plugins_on:
            several = unit.id if len(mine) > 1 else None
            return redirect(url_for("bag.index", unit_type=unit.unit_type, unit=several))
    return redirect(url_for("home.index"))


def _url(**more: Any) -> str:
    kept: dict[str, Any] = {name: request.args.get(name) for name in ("unit", "view", "day", "page")}
    return url_for("bag.index", unit_type=_unit().unit_type, **kept, **more)


def _file(bag_id: str) -> BagView:
    """A file of the unit's own bag; 404 where it is another's, or gone."""
    found = queries.several(db.session(), _unit().id, [bag_id])
    return found[0] if found else abort(404)


def _told(file: BagView) -> dict[str, Any]:
    shown = file.thumb and file.state != FileState.REFUSED
    return {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "state": file.state,
        "said": [say(text) for text in file.said],
        "used": bool(file.uses),
        "thumb": url_for("files.bag_preview", bag_id=file.id, name="thumb.webp") if shown else None,
    }


def _keep(sent: list[Upload], replaced: str | None) -> tuple[int, list[Text]]:
    """Store files and put them into the bag; says how many came in, and why the others did not."""
    if not sent:
        return 0, [Text("请先选择文件", "Choose files first")]
    kept, refused = evidence.keep(sent, ANY_KIND)
    added, note = 0, request.form.get("note", "").strip()
    for item in kept:
        try:
            bag.add(actor(), _unit().id, item.stored, item.name, note=note, replaces=replaced)
        except Invalid as full:
            refused.append(full.message)
        else:
            added += 1
    return added, refused


def _page(refused: list[Text]) -> str:
    session, unit_id, number = db.session(), _unit().id, page_number()
    view, day = request.args.get("view", "unsorted"), _day()
    if view == "day":
        files, total = queries.as_of(session, unit_id, _end_of(day), offset(number), PER_PAGE)
    else:
        files, total = queries.page(
            session, unit_id, unsorted=view != "all", offset=offset(number), limit=PER_PAGE
        )
    return render_template(
        "unit/bag.html",
        unit=_unit(),
        facts=finding.campaign(),
        view=view if view in ("all", "day") else "unsorted",
        day_chosen=day,
        today=runtime().clock.today(),
        files=files,
        page=Page(number, total),
        unsorted=queries.unsorted_count(session, unit_id),
        unfinished=uploads.unfinished(actor(), unit_id),
        refused=refused,
        upload=facts(ANY_KIND),
    )


def _day() -> date:
    """The day asked about; today where none is named, or a senseless one."""
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return runtime().clock.today()


def _end_of(day: date) -> datetime:
    """The last moment of a day on the campaign's clock."""
    if day == date.max:
        return runtime().clock.now()
    return datetime.combine(day + timedelta(days=1), time(), runtime().clock.zone) - timedelta(microseconds=1)


@dataclass(frozen=True)
class UploadFacts:
    """What a page says, and its script refuses, before anything is sent. Sizes are in bytes."""

    accept: str
    plain: int
    resumable: int
    room: bag.Room


def facts(rule: Evidence) -> UploadFacts:
    """The limits of uploading for the unit, to files of an evidence rule's kinds."""
    ends = [end for t in ALL if t.kind in rule.kinds for end in (t.extension, *t.aliases)]
    # A phone offers its camera only where whole media types are accepted.
    wide = [f"{media}/*" for media, kind in (("image", "photo"), ("video", "video")) if kind in rule.kinds]
    return UploadFacts(
        accept=",".join([*wide, *ends]),
        plain=MAX_FILE,
        resumable=runtime().settings.max_file,
        room=bag.room(db.session(), _unit().id),
    )


@dataclass(frozen=True)
class Offered:
    """Files of the bag that a report may use: those used nowhere yet, those used elsewhere, and how many there are."""

    unused: tuple[BagView, ...] = ()
    used: tuple[BagView, ...] = ()
    unsorted: int = 0


def offered(rule: Evidence, attached: Collection[str], ticked: Iterable[str]) -> Offered:
    """What the form of a report offers from the bag, the newest first; what was ticked before is always among it."""
    session, unit_id = db.session(), _unit().id
    newest, _total = queries.page(session, unit_id, unsorted=False, offset=0, limit=LOOKED_AT)
    unused, total = queries.page(session, unit_id, unsorted=True, offset=0, limit=LOOKED_AT)
    chosen = queries.several(session, unit_id, ticked)

    def fits(file: BagView) -> bool:
        return (
            file.kind in rule.kinds
            and file.state != FileState.REFUSED
            and file.newer is None
            and file.id not in attached
        )

    used = [file for file in newest if file.uses and fits(file)]
    return Offered(
        _first([*(f for f in chosen if not f.uses), *filter(fits, unused)]),
        _first([*(f for f in chosen if f.uses and f.id not in attached), *used]),
        total,
    )


def _first(files: Iterable[BagView]) -> tuple[BagView, ...]:
    return tuple({file.id: file for file in files}.values())[:OFFERED]
