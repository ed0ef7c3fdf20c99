"""Two pictures that resemble each other, side by side, for the inspector who decides what that means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, url_for
from flask_babel import gettext as _

from core.domain.access import Permission
from core.services import likeness, opening
from core.services.likeness import PREVIEW, Box
from core.services.opening import Found
from core.store.db import db
from core.store.queries import reports
from core.store.queries.reports import ReportView
from core.web import finding
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("likeness", __name__, url_prefix="/review")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two pictures with its size, and the places that differ in its pixels; no address where none is shown."""

    found: Found
    url: str | None
    width: int
    height: int
    boxes: tuple[Box, ...]

    @property
    def stroke(self) -> float:
        return max(self.width, self.height) / 250


@route(bp, "/<report_id>/files/<file_id>/like/<other_use_id>", Permission.REVIEW)
def show(report_id: str, file_id: str, other_use_id: str) -> str:
    report = _report(report_id)
    file = next((file for file in report.files if file.id == file_id), None)
    found = likeness.pair(actor(), report, file.sha256, other_use_id) if file else None
    if found is None:
        abort(404)
    return render_template(
        "review/like.html",
        report=report,
        duty=finding.campaign().duty(report.duty_code),
        facts=finding.campaign(),
        pair=found,
        here=_side(file_id, found.differs),
        there=_side(found.other.id, found.other_differs),
        places=_places(found.differs),
    )


def _report(report_id: str) -> ReportView:
    found = reports.view(db.session(), report_id, as_submitted=True)
    if found is None or found.submitted_at is None:
        abort(404)
    return found


def _side(use_id: str, boxes: Iterable[Box]) -> Side:
    found = opening.find_use(actor(), use_id)
    preview = next((page for page in found.previews if page.name == PREVIEW), None)
    if preview is None:
        return Side(found, None, 0, 0, ())
    return Side(
        found,
        url_for("files.preview", file_id=use_id, name=PREVIEW),
        preview.width,
        preview.height,
        tuple(_pixels(box, preview.width, preview.height) for box in boxes),
    )


def _pixels(box: Box, width: int, height: int) -> Box:
    left, top, wide, high = box
    return round(left * width, 1), round(top * height, 1), round(wide * width, 1), round(high * height, 1)


def _places(boxes: Iterable[Box]) -> list[str]:
    """Where in the picture the boxes are, in words and each once."""
    names = (
        (_("左上"), _("上方"), _("右上")),
        (_("左侧"), _("中部"), _("右侧")),
        (_("左下"), _("下方"), _("右下")),
    )
    thirds = (
        (min(2, int((top + high / 2) * 3)), min(2, int((left + wide / 2) * 3)))
        for left, top, wide, high in boxes
    )
    return list(dict.fromkeys(str(names[row][column]) for row, column in thirds))
