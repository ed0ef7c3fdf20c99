"""Evidence bytes: written once under their SHA-256, never altered (design idea 5).

Order of a durable write: temporary file in the same folder, fsync, rename, fsync of the folder; only then the
caller writes the row. A failed fsync is never tried again into a success: the kernel may have dropped the pages.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlparse

from core.store.filetypes import FileType, recognise

CHUNK = 1024 * 1024
#: Longest shown name in bytes: file systems take 255, and a browser may add a number.
LONGEST_NAME = 200


class TooLarge(Exception):
    """The file exceeds the limit that was given."""


class Unrecognised(Exception):
    """The bytes are of no type that evidence may be."""


class StorageFailed(Exception):
    """The bytes could not be kept safely: disk full, or the write was not confirmed."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept file: its hash, size in bytes, and type by its bytes."""

    sha256: str
    size: int
    type: FileType


class EvidenceFolder:
    """A folder of files named by their hash, two levels deep."""

    def __init__(self, url: str) -> None:
        self.root = Path(unquote(urlparse(url).path))
        self._incoming = self.root / "incoming"
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise ValueError("not a SHA-256")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def put(self, stream: BinaryIO, name: str, limit: int) -> Stored:
        """Keep a stream's bytes; raises TooLarge, Unrecognised or StorageFailed with nothing left behind."""
        temporary = self._incoming / secrets.token_hex(16)
        try:
            return self._keep(stream, name, temporary, limit)
        except OSError as error:
            raise StorageFailed(str(error)) from error
        finally:
            temporary.unlink(missing_ok=True)

    def _keep(self, stream: BinaryIO, name: str, temporary: Path, limit: int) -> Stored:
        digest, size = hashlib.sha256(), 0
        with temporary.open("xb") as file:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise TooLarge
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        found = recognise(temporary, name)
        if found is None:
            raise Unrecognised
        target = self.path(digest.hexdigest())
        self._make(target.parent)
        temporary.chmod(0o400)
        with self._lock(fcntl.LOCK_SH):
            known = target.exists()
            temporary.rename(target)
            try:
                _sync_folder(target.parent)
            except OSError:
                if not known:
                    target.unlink(missing_ok=True)
                raise
        return Stored(digest.hexdigest(), size, found)

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        """Writers share it; the sweep has it alone, so that it never takes a file that is being written again."""
        handle = os.open(self._incoming, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, kind)
            yield
        finally:
            os.close(handle)

    def sweep(self, known: Collection[str], older_than: float) -> int:
        """Remove files that nobody knows, once they are so many seconds old; says how many.

        Bytes are kept before their row: a form that was refused leaves some behind.
        """
        removed = 0
        for sha256 in self.hashes().difference(known):
            with self._lock(fcntl.LOCK_EX):
                if self.path(sha256).exists() and self.age(sha256) > older_than:
                    self.path(sha256).unlink()
                    removed += 1
        return removed

    def _make(self, folder: Path) -> None:
        """Create a folder so that it outlives a power cut, parents included."""
        if folder.is_dir():
            return
        if folder != self.root:
            self._make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)

    def hashes(self) -> set[str]:
        """The hash of every file kept, from the folder itself."""
        return {path.name for path in self.root.glob("??/??/*")}

    def age(self, sha256: str) -> float:
        """For how many seconds a file has been kept."""
        return time.time() - self.path(sha256).stat().st_mtime

    def digest(self, sha256: str) -> str | None:
        """What a kept file's bytes really hash to; None where it is missing."""
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
