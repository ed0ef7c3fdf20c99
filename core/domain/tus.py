"""The headers of tus 1.0, the protocol of resumable uploads, read strictly; ValueError says what is wrong."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.spelling import decoded

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
MEDIA_TYPE = "application/offset+octet-stream"
ALGORITHMS: Mapping[str, Callable[[], Any]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
#: Longest metadata in characters: a name, a remark and two ids.
LONGEST_METADATA = 8000
_NUMBER = re.compile(r"[0-9]{1,18}")


def number(value: str | None) -> int:
    """A length or an offset."""
    if value is None or not _NUMBER.fullmatch(value):
        raise ValueError("not a number of bytes")
    return int(value)


def metadata(header: str) -> dict[str, str]:
    """Names and values of ``Upload-Metadata``. Text that is no UTF-8 is read as well as it can be."""
    if len(header) > LONGEST_METADATA or not header.isascii():
        raise ValueError("the metadata is too long, or not ASCII")
    pairs = [pair.strip().partition(" ") for pair in header.split(",") if pair.strip()]
    return {name: decoded(b64decode(value.strip(), validate=True)) for name, _space, value in pairs}


class Checksum:
    """A piece's checksum as its sender announced it, and as it is found while the piece arrives."""

    def __init__(self, header: str) -> None:
        algorithm, _space, value = header.strip().partition(" ")
        if algorithm not in ALGORITHMS:
            raise ValueError("unknown checksum algorithm")
        self._found = ALGORITHMS[algorithm]()
        self._announced = b64decode(value.strip(), validate=True)
        if len(self._announced) != self._found.digest_size:
            raise ValueError("a checksum of the wrong length")

    def update(self, piece: bytes) -> None:
        self._found.update(piece)

    def fits(self) -> bool:
        return bool(self._found.digest() == self._announced)


@dataclass(frozen=True, slots=True)
class Said:
    """What a client says of its file. Clients differ in how they call the name."""

    name: str
    unit: int | None
    note: str
    replaces: str | None

    @classmethod
    def read(cls, header: str) -> Said:
        said = metadata(header)
        unit, replaces = said.get("unit", ""), said.get("replaces", "")
        if unit and not re.fullmatch(r"[0-9]{1,9}", unit):
            raise ValueError("the unit is not a number")
        if replaces and not re.fullmatch(r"[0-9a-f]{32}", replaces):
            raise ValueError("what it replaces is not the id of a file")
        return cls(
            name=said.get("filename") or said.get("name") or "",
            unit=int(unit) if unit else None,
            note=said.get("note", "").replace("\0", "").strip(),
            replaces=replaces or None,
        )
