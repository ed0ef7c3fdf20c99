"""Text from strangers' files as it may be shown: without signs that cannot be seen or that turn the others around."""

from __future__ import annotations

import codecs
import unicodedata

#: What texts of the region are written in; looked up while imports are still allowed.
ENCODINGS = ("utf-8-sig", "gb18030")
for _name in ENCODINGS:
    codecs.lookup(_name)

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
#: It joins emoji and letters of several scripts, and hides nothing.
_JOINER = "\u200d"


def readable(text: str) -> str:
    """The text without control signs, halves of signs and those that change the direction of reading."""
    return "".join(
        sign for sign in text if sign in "\t\n" + _JOINER or unicodedata.category(sign) not in _HIDDEN
    )


def one_line(text: str) -> str:
    """The same for a name within a sentence: no breaks, no runs of spaces."""
    return " ".join(readable(text).split())


def deceives(name: str) -> bool:
    """Whether a name holds signs that a reader cannot see."""
    return name != readable(name) or any(sign in name for sign in "\t\n")


def encoded_name(name: str, *, utf8: bool) -> str:
    """A zip entry's name as it was meant: without the flag it is whatever its maker's system wrote, often GBK."""
    if utf8:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name
