"""How far a child's answer is believed: it met a stranger's file, which may speak through it.

Services and pages use what passes here without looking again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from core.domain.files import Examined, Preview

PREVIEW = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_HASH = re.compile(r"[0-9a-f]{16}")
_VARIANT = re.compile(r"[a-z0-9_-]{1,20}")
_ZONE = re.compile(r"[+-]\d\d:\d\d")
#: More previews than a document's pages and its thumbnail, or larger ones, were not made by our code.
_MOST_PREVIEWS, _LARGEST_SIDE = 21, 1600


def examined(answer: Any, out: Path) -> Examined:
    """An answer as what it should be, its previews in `out`; ValueError, TypeError or KeyError where it is not."""
    found = Examined.from_json(clean(answer))
    if len(found.previews) > _MOST_PREVIEWS or len(found.said) > 20:
        raise ValueError("more than there can be")
    for preview in found.previews:
        _check_preview(preview, out)
    for variant, digits in found.hashes.items():
        if not _VARIANT.fullmatch(variant) or not _HASH.fullmatch(digits):
            raise ValueError("a hash that is none")
    for name, value in found.facts.items():
        if name in _FACTS and not _FACTS[name](value):
            raise ValueError(f"a fact that is none: {name}")
    return found


def clean(value: Any) -> Any:
    """Without what a database refuses: zero bytes and halves of signs in texts, numbers that are none."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _check_preview(preview: Preview, out: Path) -> None:
    """A plain file of the right name in the right place: what it names is copied to where people see it."""
    made = out / preview.name
    if not PREVIEW.fullmatch(preview.name) or made.is_symlink() or not made.is_file():
        raise ValueError("a preview that is none")
    for side in (preview.width, preview.height):
        if not _is_whole(side) or side > _LARGEST_SIDE:
            raise ValueError("a preview of no size")


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**31


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None


def _is_length(value: Any) -> bool:
    return type(value) in {int, float} and 0 <= value < 2**31


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(part) in {int, float} for part in value)
        and abs(value[0]) <= 90
        and abs(value[1]) <= 180
    )


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in value
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


#: What pages and services read; further facts are shown nowhere.
_FACTS: dict[str, Callable[[Any], bool]] = {
    "width": _is_whole,
    "height": _is_whole,
    "pages": _is_whole,
    "seconds": _is_length,
    "taken": _is_moment,
    "zone": lambda value: isinstance(value, str) and bool(_ZONE.fullmatch(value)),
    "gps": _is_place,
    "device": _is_text,
    "rows": _is_table,
    "text": _is_text,
}
