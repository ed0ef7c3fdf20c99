"""Reading what people type: text, numbers, days, moments and web addresses, as they are written here.

Readers take clean text and raise ValueError where it is something else; what to say then, a field knows.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, tzinfo
from decimal import Decimal
from urllib.parse import urlsplit

#: Controls, invisible and direction-changing signs, halves of signs, private and unassigned ones.
_UNTYPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_HALF_WIDTH = {0xFF01 + sign: 0x21 + sign for sign in range(94)} | {0x3000: " ", 0x2212: "-"}

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))", re.ASCII)
_MOMENT = re.compile(
    rf"(?P<day>{_DAY.pattern})(?:T|\s+|(?<=日))"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::[0-5]\d(?:\.\d+)?)?\s*(?P<offset>Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)


def clean(raw: str) -> str:
    """Typed text without what no one types: invisible signs, stray blanks at the ends, mixed line ends."""
    kept = "".join(sign for sign in _BREAKS.sub("\n", raw) if _is_typed(sign))
    return unicodedata.normalize("NFC", kept).strip()


def _is_typed(sign: str) -> bool:
    # Rare ideographs of names may be newer than Python's tables, which call them unassigned.
    return sign in "\n\t" or unicodedata.category(sign) not in _UNTYPED or 0x20000 <= ord(sign) <= 0x3FFFD


def one_line(typed: str) -> str:
    """Text with a blank for each line break or tab."""
    return re.sub(r"\s*[\n\t]\s*", " ", typed)


def half_width(typed: str) -> str:
    """Digits and signs of Chinese keyboards as those of others: ``１，２００`` is ``1,200``."""
    return typed.translate(_HALF_WIDTH)


def number(typed: str) -> Decimal:
    """A number in plain notation; commas only between thousands, so that 1,5 is not taken for 15."""
    plain = half_width(typed)
    if not _NUMBER.fullmatch(plain):
        raise ValueError(typed)
    return Decimal(plain.replace(",", ""))


def day(typed: str) -> date:
    """A day: 2020-11-12, 2020/1/5, 2020年11月12日, 20201112."""
    found = _DAY.fullmatch(half_width(typed))
    if found is None:
        raise ValueError(typed)
    return date(*(int(part) for part in found.groups() if part))


def moment(typed: str, zone: tzinfo) -> datetime:
    """A local date and time, to the minute; one with an offset is converted to `zone`."""
    found = _MOMENT.fullmatch(half_width(typed))
    if found is None:
        raise ValueError(typed)
    text = f"{day(found['day'])}T{found['hour']:0>2}:{found['minute']}{found['offset'] or ''}"
    try:
        read = datetime.fromisoformat(text.upper())
        return read if read.tzinfo is None else read.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(typed) from None


def is_web_address(typed: str) -> bool:
    """Whether this is an http address with a host, without a name and password in it."""
    try:
        parts = urlsplit(typed)
        named = parts.username is not None or parts.password is not None or parts.port == 0
    except ValueError:
        return False
    odd = re.search(r'[\s<>"\\]', typed)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not named and not odd
