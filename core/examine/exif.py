"""When, where and by what a picture or film was taken, as its device wrote it. What is nonsense counts as missing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PIL import Image

_EXIF, _GPS = 0x8769, 0x8825
#: Moment and its offset: when the shutter was pressed, else when the picture was made digital. The time of the last
#: change (0x0132) is left out: an edit is no capture.
_MOMENTS = ((0x9003, 0x9011), (0x9004, 0x9012))
_MAKE, _MODEL = 0x010F, 0x0110
#: What clocks say that were never set: the epochs of QuickTime, Unix, DOS and of cameras.
_EARLIEST = 1990
_UNSET = frozenset({(2000, 1, 1, 0, 0, 0)})

_MOMENT = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T]+(\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?")
_PLACE = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")


def of(image: Image.Image) -> dict[str, Any]:
    """Facts from a picture's EXIF block: taken, zone, gps, device; a broken block tells nothing."""
    try:
        whole = image.getexif()
        details, place = whole.get_ifd(_EXIF), whole.get_ifd(_GPS)
        made, model = whole.get(_MAKE), whole.get(_MODEL)
    except Exception:  # noqa: BLE001 - a broken block may raise anything, and the picture is good without it
        return {}
    return {**_taken(details), **_position(place), **device(made, model)}


def of_film(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The same from a film's tags: Apple writes local time with its offset, the container's own time is UTC."""
    local = metadata.get("com.apple.quicktime.creationdate", "")
    taken = moment(local)
    zone = offset(local[19:]) if taken else None
    if not taken or not zone:
        taken, zone = moment(metadata.get("creation_time", "")), "+00:00"
    place = metadata.get("com.apple.quicktime.location.ISO6709") or metadata.get("location") or ""
    return {
        **({"taken": taken, "zone": zone} if taken else {}),
        **_written(place),
        **device(
            metadata.get("com.apple.quicktime.make") or metadata.get("com.android.manufacturer"),
            metadata.get("com.apple.quicktime.model") or metadata.get("com.android.model"),
        ),
    }


def moment(value: object) -> str | None:
    """A written moment as ISO 8601 without a zone; None for what no clock can have said."""
    found = _MOMENT.match(_words(value))
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    # Some phones write the hour after midnight as 24 of the same day.
    hour, second = hour % 24 if hour <= 24 else hour, min(second, 59)
    if year < _EARLIEST or (year, month, day, hour, minute, second) in _UNSET:
        return None
    try:
        return datetime(year, month, day, hour, minute, second).isoformat()  # noqa: DTZ001 - as written
    except ValueError:
        return None


def offset(value: object) -> str | None:
    """A written offset as ``+08:00``."""
    text = _words(value).removeprefix(".000").strip()
    if text in {"Z", "z"}:
        return "+00:00"
    found = _OFFSET.fullmatch(text)
    if not found:
        return None
    sign, hours, minutes = found[1], int(found[2]), int(found[3] or 0)
    if not -12 * 60 <= int(f"{sign}{hours * 60 + minutes}") <= 14 * 60 or minutes > 59:
        return None
    return f"{sign}{hours:02}:{minutes:02}"


def device(made: object, model: object) -> dict[str, str]:
    """Maker and model in a line, the maker said once."""
    maker, name = _words(made)[:40], _words(model)[:60]
    if name.lower().startswith(maker.lower()):
        maker = ""
    both = f"{maker} {name}".strip()
    return {"device": both} if both else {}


def _taken(details: Mapping[int, Any]) -> dict[str, str]:
    for tag, zone_tag in _MOMENTS:
        taken = moment(details.get(tag))
        if taken:
            zone = offset(details.get(zone_tag))
            return {"taken": taken, "zone": zone} if zone else {"taken": taken}
    return {}


def _position(place: Mapping[int, Any]) -> dict[str, list[float]]:
    if _words(place.get(9)).upper() == "V":  # the receiver itself says that it had no fix
        return {}
    latitude = _degrees(place.get(2), place.get(1), "NS")
    longitude = _degrees(place.get(4), place.get(3), "EW")
    return _sensible(latitude, longitude)


def _written(place: str) -> dict[str, list[float]]:
    """A place by ISO 6709, such as ``+34.7466+113.6253/``."""
    found = _PLACE.match(place)
    return _sensible(float(found[1]), float(found[2])) if found else {}


def _sensible(latitude: float | None, longitude: float | None) -> dict[str, list[float]]:
    """Nothing for what lies off the globe, and for zero and zero, which a receiver without a fix writes."""
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return {}
    if abs(latitude) < 1e-6 and abs(longitude) < 1e-6:
        return {}
    return {"gps": [round(latitude, 6), round(longitude, 6)]}


def _degrees(parts: object, side: object, sides: str) -> float | None:
    """Degrees, minutes and seconds as a number; without its side of the globe a number says nothing."""
    letter = _words(side).upper()
    if not isinstance(parts, (tuple, list)) or len(parts) != 3 or len(letter) != 1 or letter not in sides:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if not all(math.isfinite(part) for part in (degrees, minutes, seconds)) or degrees < 0:
        return None
    if not 0 <= minutes < 60 or not 0 <= seconds <= 60:
        return None
    value = degrees + minutes / 60 + seconds / 3600
    return -value if letter == sides[1] else value


def _words(value: object) -> str:
    """What a device wrote as text, without what no page should show."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value.split("\0")[0]).split())
