"""The names under which people see evidence files."""

from __future__ import annotations

import re
import unicodedata

#: Longest shown name in bytes: file systems take 255, and a browser may add a number.
LONGEST_NAME = 200

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown_name(raw: str, extension: str) -> str:
    """A file's name as people see it: no path, no invisible or direction-changing signs, at most 200 bytes.

    Names are for reading only; the path on disk comes from the hash (facts M12, M13).
    """
    base = unicodedata.normalize("NFC", raw).replace("\\", "/").rsplit("/", 1)[-1]
    base = re.sub(r"^[A-Za-z]:(Users[^.]*)?", "", base)
    visible = "".join(sign for sign in base if unicodedata.category(sign) not in _INVISIBLE)
    if extension and visible.lower().endswith(extension):
        visible = visible[: -len(extension)]
    stem = re.sub(r'[<>:"|?*]', "_", visible).strip(" .")
    while len((stem + extension).encode()) > LONGEST_NAME:
        stem = stem[:-1]
    return (stem or "file") + extension
