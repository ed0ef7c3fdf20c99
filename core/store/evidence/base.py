"""What every evidence store does, and what it answers."""

from __future__ import annotations

import errno
import re
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from core.store.filetypes import FileType

CHUNK = 1024 * 1024
_HASH = re.compile(r"[0-9a-f]{64}")
_PREVIEW = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class TooLarge(Exception):
    """The file exceeds the limit that was given."""


class Unrecognised(Exception):
    """The bytes are of no type that evidence may be."""


class StorageFailed(Exception):
    """The bytes could not be kept safely: `full` where there is no room, else the write was not confirmed."""

    def __init__(self, said: str = "", *, full: bool = False) -> None:
        super().__init__(said)
        self.full = full

    @classmethod
    def of(cls, error: OSError) -> StorageFailed:
        return cls(str(error), full=error.errno in _FULL)


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept file: its hash, size in bytes, and type by its bytes."""

    sha256: str
    size: int
    type: FileType


class EvidenceStore(Protocol):
    """Bytes by their SHA-256, and pictures derived from them.

    Whoever keeps bytes writes their row afterwards; what never gets a row is swept away.
    """

    @property
    def incoming(self) -> Path:
        """A local folder in which part files grow until they are taken."""

    def put(self, stream: BinaryIO, name: str, limit: int) -> Stored:
        """Keep a stream's bytes; raises TooLarge, Unrecognised or StorageFailed with nothing left behind."""

    def take(self, part: Path, name: str, limit: int, *, sha256: str | None = None) -> Stored:
        """Keep a complete part file of `incoming`; it is gone afterwards, also when refused as in `put`.

        `sha256` is given by a caller that hashed every byte as it was written, and saves reading them again.
        """

    def open(self, sha256: str) -> BinaryIO:
        """The bytes to read, seekable; raises FileNotFoundError where they are missing."""

    def size(self, sha256: str) -> int | None:
        """How many bytes there are; None where they are missing."""

    def local(self, sha256: str) -> AbstractContextManager[Path]:
        """A file to read while the block lasts; raises FileNotFoundError where the bytes are missing."""

    def path(self, sha256: str) -> Path | None:
        """Where the bytes lie in the local file system, or would; None where the store is elsewhere."""

    def link(self, sha256: str, *, name: str, media_type: str, inline: bool, seconds: int) -> str | None:
        """An address from which a browser gets the bytes for so long; None where there is none."""

    def hashes(self, below: str = "") -> set[str]:
        """The name of everything kept, from the store itself; `below` is two digits with which names begin."""

    def age(self, sha256: str) -> float:
        """For how many seconds something has been kept; raises FileNotFoundError where it is missing."""

    def digest(self, sha256: str) -> str | None:
        """What kept bytes really hash to; None where they are missing."""

    def strays(self, known: Collection[str], older_than: float) -> set[str]:
        """What is kept, unknown and so many seconds old. Lists everything: never call it in a transaction."""

    def sweep(
        self, known: Collection[str], older_than: float, *, among: Collection[str] | None = None
    ) -> int:
        """Remove what nobody knows once it is so many seconds old; says how many.

        Bytes are kept before their row: a form that was refused leaves some behind. `among` are the candidates, else
        everything is listed.
        """

    def sweep_parts(self, known: Collection[str], older_than: float) -> int:
        """Remove part files that nobody adds to any more, except those whose name up to a dot is known."""

    def waiting(self) -> bool:
        """Whether something waits on this machine to be brought to its place."""

    def settle(self) -> int:
        """Bring to its place what waits for it; says how much still waits. Nothing ever waits in a folder."""

    def keep_preview(self, sha256: str, name: str, source: Path) -> None:
        """Keep a copy of a derived picture, whole or not at all."""

    def open_preview(self, sha256: str, name: str) -> BinaryIO:
        """A derived picture; raises FileNotFoundError where it must be made first."""

    def drop_previews(self, sha256: str, names: Collection[str]) -> None:
        """Remove derived pictures; those missing are no error."""


def checked(sha256: str) -> str:
    """The same, where it is a hash; raises ValueError else: paths and keys are made of it."""
    if not _HASH.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return sha256


def is_hash(name: str) -> bool:
    return bool(_HASH.fullmatch(name))


def checked_preview(name: str) -> str:
    if not _PREVIEW.fullmatch(name):
        raise ValueError("not a preview's name")
    return name
