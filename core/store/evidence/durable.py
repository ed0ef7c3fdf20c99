"""Writing so that it outlives a power cut, and locking between those who write and those who sweep."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from core.store.evidence.base import CHUNK, Stored, TooLarge, Unrecognised
from core.store.filetypes import FileType, recognise


def receive(stream: BinaryIO, part: Path, name: str, limit: int) -> Stored:
    """Write a stream's bytes into a new part file, up to the limit, and sync it; says what it is."""
    digest, size = hashlib.sha256(), 0
    with part.open("xb") as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Stored(digest.hexdigest(), size, _type(part, name))


def confirm(part: Path, name: str, limit: int, sha256: str | None) -> Stored:
    """Sync a part file that others wrote; says what it is. Reads it whole only where its hash is not known yet."""
    with part.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise TooLarge
        found = _type(part, name)
        digest = sha256 or hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return Stored(digest, size, found)


def _type(part: Path, name: str) -> FileType:
    found = recognise(part, name)
    if found is None:
        raise Unrecognised
    return found


def place(part: Path, target: Path, root: Path) -> None:
    """Give a synced part file its name below `root`, durably or not at all."""
    make_folder(target.parent, root)
    part.chmod(0o400)
    os.utime(part)  # a part may have grown for days: its time of grace begins now
    known = target.exists()
    part.rename(target)
    try:
        sync_folder(target.parent)
    except OSError:
        if not known:
            target.unlink(missing_ok=True)
        raise


def make_folder(folder: Path, root: Path) -> None:
    """Create a folder so that it outlives a power cut, parents up to `root` included."""
    if folder.is_dir():
        return
    if folder != root:
        make_folder(folder.parent, root)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Writers share a folder's lock; a sweep has it alone, and never takes a file that is being written again."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def forget(file: BinaryIO) -> None:
    """Let the system drop what memory holds of a file: a check is to read the disk."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def remove_stale(folder: Path, known: Collection[str], older_than: float) -> int:
    """Remove files that were not written to for so long, except those whose name up to a dot is known."""
    limit, removed = time.time() - older_than, 0
    for path in list(folder.iterdir()):
        if path.name.split(".", 1)[0] in known:
            continue
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink()
                removed += 1
    return removed
