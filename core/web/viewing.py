"""What the page that shows an evidence file says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from core.domain.access import Permission
from core.domain.files import SCAN_TITLES, Preview, Scan
from core.domain.text import Text
from core.services import masking
from core.services.opening import Found
from core.store.filetypes import INLINE, MP4
from core.web.context import moment, say, size
from core.web.guard import actor


@dataclass(frozen=True, slots=True)
class Page:
    """A large preview with its address."""

    url: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to see of a file, and where it leads."""

    pages: tuple[Page, ...]
    all_pages: int
    film: str | None
    poster: str | None
    rows: list[list[str]]
    text: str
    lines: list[tuple[str, str | None]]
    download: str
    back: str | None
    mask: str | None


def shown(found: Found) -> Shown:
    """Everything for the page; what nobody may have is left out."""
    file = found.file
    pages = tuple(Page(_preview_url(found, p), p.width, p.height) for p in found.pages)
    film = None
    if found.withheld is None and not found.masked:
        film = _url(found) if file.media_type == MP4.media_type else None
        if not pages and file.media_type in INLINE:
            pages = (Page(_url(found), None, None),)
    facts: Mapping[str, Any] = {} if found.withheld is not None else file.facts
    return Shown(
        pages=() if film else pages,
        all_pages=int(facts.get("pages") or len(pages)),
        film=film,
        poster=pages[0].url if film and pages else None,
        rows=[[str(cell) for cell in row] for row in facts.get("rows") or ()],
        text=str(facts.get("text") or ""),
        lines=_lines(found, facts),
        download=_url(found, download=1),
        back=_back(found),
        mask=_mask_url(found),
    )


def _url(found: Found, download: int | None = None) -> str:
    file = found.file
    if file.use_id is None:
        return url_for("files.of_bag", bag_id=file.bag_id, download=download)
    return url_for("files.show", file_id=file.use_id, download=download)


def _preview_url(found: Found, preview: Preview) -> str:
    file = found.file
    if file.use_id is None:
        return url_for("files.bag_preview", bag_id=file.bag_id, name=preview.name)
    return url_for("files.preview", file_id=file.use_id, name=preview.name)


def _back(found: Found) -> str | None:
    """The report that uses the file, as this person sees it, or the bag."""
    file, who = found.file, actor()
    if file.report_id is None:
        there = "bag.index" in current_app.view_functions
        return url_for("bag.index", unit_type=file.unit_type, unit=file.unit_id) if there else None
    if found.own:
        return url_for("unit.report", unit_type=file.unit_type, report_id=file.report_id, unit=file.unit_id)
    if not file.submitted:
        return None
    page = "review.show" if who.may(Permission.REVIEW) else "office.report"
    return url_for(page, report_id=file.report_id)


def _mask_url(found: Found) -> str | None:
    file = found.file
    if not found.own or file.media_type not in masking.PICTURES or found.withheld is not None:
        return None
    return url_for("masks.edit", unit_type=file.unit_type, bag_id=file.bag_id, unit=file.unit_id)


def _lines(found: Found, facts: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Label and value of all that is known; a value that is unknown shows as a dash."""
    file = found.file
    lines: list[tuple[str, str | None]] = [
        (_("填报单位"), file.unit_name),
        (_("大小"), size(file.size)),
        (_("类型"), file.media_type),
        (_("上传时间"), moment(file.added_at)),
        (_("拍摄时间"), taken(facts)),
    ]
    if facts.get("gps"):
        lines.append((_("拍摄地点"), place(facts)))
    if facts.get("device"):
        lines.append((_("拍摄设备"), str(facts["device"])))
    if facts.get("width") and facts.get("height"):
        lines.append((_("像素"), f"{facts['width']} × {facts['height']}"))
    if facts.get("pages"):
        lines.append((_("页数"), str(facts["pages"])))
    if facts.get("seconds"):
        lines.append((_("时长"), duration(float(facts["seconds"]))))
    lines.append((_("查毒"), scanned(file.scan, file.scan_why)))
    lines.append((_("校验值 SHA-256"), file.sha256))
    return lines


def taken(facts: Mapping[str, Any]) -> str | None:
    """When the device says that it took the picture; whether it wrote a time zone is part of that."""
    try:
        at = datetime.fromisoformat(str(facts["taken"]))
    except (KeyError, ValueError):
        return None
    text = f"{at:%Y-%m-%d %H:%M:%S}"
    zone = facts.get("zone")
    return f"{text} {zone}" if zone else str(_("%(time)s（设备没有写时区）", time=text))


def place(facts: Mapping[str, Any]) -> str:
    latitude, longitude = (float(value) for value in facts["gps"])
    return str(
        _("北纬 %(latitude)s，东经 %(longitude)s", latitude=f"{latitude:.4f}", longitude=f"{longitude:.4f}")
    )


def duration(seconds: float) -> str:
    """Minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def scanned(scan: Scan | None, why: Text) -> str:
    """The scanner's word, with its reason; a file that waits was not scanned."""
    if scan is None:
        return str(_("未查毒：还在检查"))
    title, reason = say(SCAN_TITLES[scan]), say(why)
    return str(_("%(verdict)s：%(why)s", verdict=title, why=reason)) if reason else title
