"""The unit's page for masking a picture: boxes drawn with mouse or finger, or typed in percent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import zip_longest

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.domain.access import Permission
from core.domain.errors import Invalid
from core.domain.files import Box
from core.domain.text import Text
from core.services import masking, opening
from core.services.opening import Found, Withheld
from core.web import viewing
from core.web.context import say
from core.web.files import withheld
from core.web.guard import actor
from core.web.policy import route

bp = Blueprint("masks", __name__, url_prefix="/u/<unit_type>/bag/<bag_id>")
bp.register_error_handler(Withheld, withheld)
SIDES = ("left", "top", "width", "height")
#: Empty rows for whoever types without the script.
SPARE_ROWS = 3

Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: the rows as they came, the boxes that they say, and the sentence for each wrong row."""

    rows: Sequence[Row]
    boxes: tuple[Box, ...]
    wrong: dict[int, Text]


@route(bp, "/mask", Permission.REPORT, unit_pages=True)
def edit(unit_type: str, bag_id: str) -> str:
    found = _found(bag_id)
    boxes = found.file.mask.boxes if found.file.mask else ()
    return _page(found, [_row(box) for box in boxes])


@route(bp, "/mask", Permission.REPORT, audit="evidence.mask", methods=("POST",), unit_pages=True)
def save(unit_type: str, bag_id: str) -> Response | tuple[str, int]:
    found = _found(bag_id)
    typed = read(zip_longest(*(request.form.getlist(side) for side in SIDES), fillvalue=""))
    if typed.wrong:
        return _page(found, typed.rows, typed.wrong), 422
    try:
        masking.mask(actor(), bag_id, typed.boxes)
    except Invalid as error:
        return _page(found, typed.rows, error=say(error.message)), 422
    flash(_("遮挡已保存。别人从现在起看不到原图，遮挡后的图片几秒钟后可以看到。"), "success")
    return redirect(_url(bag_id))


@route(bp, "/unmask", Permission.REPORT, audit="evidence.unmask", methods=("POST",), unit_pages=True)
def remove(unit_type: str, bag_id: str) -> Response:
    _found(bag_id)
    if masking.unmask(actor(), bag_id):
        flash(_("遮挡已取消，有权查看的人又能看到整张图片"), "success")
    return redirect(_url(bag_id))


def _url(bag_id: str) -> str:
    return url_for("masks.edit", unit_type=g.unit.unit_type, bag_id=bag_id, unit=request.args.get("unit"))


def _found(bag_id: str) -> Found:
    """A picture of this unit that may be looked at; 404 else."""
    found = opening.find_in_bag(actor(), bag_id)
    if found.file.unit_id != g.unit.id or found.file.media_type not in masking.PICTURES:
        abort(404)
    if found.withheld is not None:
        raise found.withheld
    return found


def _page(found: Found, rows: Sequence[Row], wrong: dict[int, Text] | None = None, error: str = "") -> str:
    return render_template(
        "unit/mask.html",
        found=found,
        file=found.file,
        shown=viewing.shown(found),
        rows=rows,
        spare=SPARE_ROWS,
        most=masking.MOST_BOXES,
        wrong=wrong or {},
        error=error,
    )


def _row(box: Box) -> Row:
    left, top, width, height = (f"{side * 100:.1f}".removesuffix(".0") for side in box.to_json())
    return left, top, width, height


def read(typed: Iterable[tuple[str, ...]]) -> Typed:
    """Boxes in percent, as the form's fields name them. Rows without any figure are no boxes."""
    rows = [row for row in ((a.strip(), b.strip(), c.strip(), d.strip()) for a, b, c, d in typed) if any(row)]
    boxes: list[Box] = []
    wrong: dict[int, Text] = {}
    for number, row in enumerate(rows):
        try:
            boxes.append(Box(*(_fraction(side) for side in row)))
        except ValueError:
            wrong[number] = Text(
                f"遮挡框 {number + 1}：四个数都要填，从 0 到 100，并且不能超出图片",
                f"Box {number + 1}: give all four figures, from 0 to 100, and stay inside the picture",
            )
    return Typed(rows, tuple(boxes), wrong)


def _fraction(percent: str) -> float:
    try:
        value = Decimal(percent.removesuffix("%"))
    except InvalidOperation:
        raise ValueError(percent) from None
    if not (value.is_finite() and 0 <= value <= 100):
        raise ValueError(percent)
    return float(value / 100)
