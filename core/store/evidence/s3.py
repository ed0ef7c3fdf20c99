"""Evidence in an S3-compatible store, behind a spool on the local disk.

Bytes are kept durably in the spool first, and that is what is acknowledged. They are sent on right afterwards in the
background, and leave the spool only once the store shows their size and checksum. Where the store fails they wait in
the spool, are read from there, and are sent when it is back.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from core.store.evidence import durable
from core.store.evidence.base import StorageFailed, Stored, checked, checked_preview, is_hash
from core.store.evidence.bucket import Bucket, copy, read_hash
from core.store.evidence.folder import EvidenceFolder

log = logging.getLogger(__name__)

#: An upload in pieces that is older was left by a process that died.
LEFTOVER = 24 * 3600.0
#: After a failure nothing is tried for so long by the way; a scheduled job tries in any case.
REST = 20.0
#: After so many failures the store is taken to be down.
GIVE_UP = 3


class EvidenceBucket:
    """The spool holds what the bucket is not known to have; `eager` sends on by itself."""

    def __init__(self, url: str, spool: Path, *, eager: bool = True) -> None:
        self.bucket = Bucket(url)
        self.spool = EvidenceFolder(spool.as_uri())
        self._eager = eager
        self._rest_until = 0.0
        self._sending: threading.Thread | None = None

    @property
    def incoming(self) -> Path:
        return self.spool.incoming

    def put(self, stream: BinaryIO, name: str, limit: int) -> Stored:
        stored = self.spool.put(stream, name, limit)
        self._nudge()
        return stored

    def take(self, part: Path, name: str, limit: int, *, sha256: str | None = None) -> Stored:
        stored = self.spool.take(part, name, limit, sha256=sha256)
        self._nudge()
        return stored

    def _nudge(self) -> None:
        """Send what waits, beside the request that brought it."""
        busy = self._sending is not None and self._sending.is_alive()
        if self._eager and not busy and time.monotonic() >= self._rest_until:
            self._sending = threading.Thread(target=self._settle_quietly, name="evidence", daemon=True)
            self._sending.start()

    def _settle_quietly(self) -> None:
        try:
            while self._send_all():
                pass
        except OSError as error:
            self._rest_until = time.monotonic() + REST
            log.warning("evidence waits in the spool: %s", error)

    def waiting(self) -> bool:
        return next(self.spool.everything(), None) is not None

    def settle(self) -> int:
        try:
            self._send_all()
            self.bucket.abort_leftovers(LEFTOVER)
        except OSError as error:
            log.warning("evidence waits in the spool: %s", error)
        return len(list(self.spool.everything()))

    def _send_all(self) -> int:
        """Send everything that waits, unless another process is at it; says how much was sent."""
        with self._alone() as alone:
            return self._send_each(list(self.spool.everything())) if alone else 0

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else sends or sweeps; then nobody will until the block ends. Uploads go on."""
        handle = os.open(self.spool.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)

    def _send_each(self, waiting: list[Path]) -> int:
        sent, failures = 0, list[OSError]()
        for path in waiting:
            try:
                sent += self._send(path, path.relative_to(self.spool.root).as_posix())
            except OSError as error:
                # One file alone may be refused; where several are, the store is down.
                failures.append(error)
                if len(failures) >= GIVE_UP:
                    break
        if failures:
            raise failures[-1]
        return sent

    def _send(self, path: Path, key: str) -> int:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return 0
        with file:
            size = os.fstat(file.fileno()).st_size
            checksum = self.bucket.send(key, file, size)
            found = self.bucket.head(key)
            if found.size != size or (found.checksum != checksum and not self._same(key, file)):
                raise OSError(f"the S3 store shows other bytes than those sent to {key}")
            with durable.locked(self.incoming, alone=True), suppress(FileNotFoundError):
                # The same bytes may have come again meanwhile: that copy is young, and is sent again.
                if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                    path.unlink()
        return 1

    def _same(self, key: str, file: BinaryIO) -> bool:
        """Whether the store has the file's bytes. Asked where it shows no checksum that can be compared."""
        file.seek(0)
        with self.bucket.open(key) as other:
            return read_hash(file) == read_hash(other)

    def _key(self, sha256: str) -> str:
        return f"{checked(sha256)[:2]}/{sha256[2:4]}/{sha256}"

    def open(self, sha256: str) -> BinaryIO:
        # What is not in the spool any more is in the bucket, in this order.
        with suppress(FileNotFoundError):
            return self.spool.open(sha256)
        return self._open(self._key(sha256))

    def _open(self, key: str) -> BinaryIO:
        with _answering():
            return self.bucket.open(key)

    def size(self, sha256: str) -> int | None:
        waiting = self.spool.size(sha256)
        if waiting is not None:
            return waiting
        with _answering(), suppress(FileNotFoundError):
            return self.bucket.head(self._key(sha256)).size
        return None

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        target = self.incoming / secrets.token_hex(16)
        try:
            with _answering(), self.open(sha256) as stream:
                copy(stream, target)
            yield target
        finally:
            target.unlink(missing_ok=True)

    def path(self, sha256: str) -> Path | None:
        checked(sha256)
        return None

    def link(self, sha256: str, *, name: str, media_type: str, inline: bool, seconds: int) -> str | None:
        if self.spool.size(sha256) is not None:
            return None
        with _answering():
            return self.bucket.link(
                self._key(sha256), name=name, media_type=media_type, inline=inline, seconds=seconds
            )

    def _ages(self, below: str = "") -> dict[str, float]:
        with _answering():
            found = self.bucket.list(f"{below}/" if below else "")
            return {key.rpartition("/")[2]: age for key, age in found if _is_evidence(key)}

    def hashes(self, below: str = "") -> set[str]:
        return self.spool.hashes(below) | self._ages(below).keys()

    def age(self, sha256: str) -> float:
        with suppress(FileNotFoundError):
            return self.spool.age(sha256)
        with _answering():
            return self.bucket.head(self._key(sha256)).age

    def digest(self, sha256: str) -> str | None:
        with _answering(), suppress(FileNotFoundError), self.open(sha256) as stream:
            return read_hash(stream)
        return None

    def strays(self, known: Collection[str], older_than: float) -> set[str]:
        found = {sha256 for sha256, age in self._ages().items() if age > older_than and is_hash(sha256)}
        return (found | self.spool.strays(known, older_than)).difference(known)

    def sweep(
        self, known: Collection[str], older_than: float, *, among: Collection[str] | None = None
    ) -> int:
        removed = 0
        with self._alone() as alone:
            if not alone:
                return 0
            for sha256 in self.strays(known, older_than) if among is None else set(among).difference(known):
                with _answering(), suppress(FileNotFoundError):
                    removed += self._sweep(sha256, older_than)
        return removed

    def _sweep(self, sha256: str, older_than: float) -> int:
        """The same bytes may come again at any moment: they stay in the spool, and are sent once the sweep is over."""
        if self.age(sha256) <= older_than:
            return 0
        self.spool.sweep((), older_than, among=[sha256])
        if self.spool.size(sha256) is not None:
            return 0
        self._delete(sha256)
        return 1

    def _delete(self, sha256: str) -> None:
        self.bucket.delete(self._key(sha256))
        for key, _age in list(self.bucket.list(f"{_shown(sha256)}/")):
            self.bucket.delete(key)

    def sweep_parts(self, known: Collection[str], older_than: float) -> int:
        return self.spool.sweep_parts(known, older_than)

    def keep_preview(self, sha256: str, name: str, source: Path) -> None:
        self.spool.keep_preview(sha256, name, source)
        self._nudge()

    def open_preview(self, sha256: str, name: str) -> BinaryIO:
        with suppress(FileNotFoundError):
            return self.spool.open_preview(sha256, name)
        return self._open(f"{_shown(sha256)}/{checked_preview(name)}")

    def drop_previews(self, sha256: str, names: Collection[str]) -> None:
        self.spool.drop_previews(sha256, names)
        with _answering():
            for name in names:
                self.bucket.delete(f"{_shown(sha256)}/{checked_preview(name)}")


@contextmanager
def _answering() -> Iterator[None]:
    """A store that fails is told of in one way, and differs from bytes that are missing."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageFailed.of(error) from error


def _shown(sha256: str) -> str:
    return f"previews/{checked(sha256)[:2]}/{sha256}"


def _is_evidence(key: str) -> bool:
    """Whether a key has the form of evidence, as a file's path in a folder has."""
    parts = key.split("/")
    return len(parts) == 3 and len(parts[0]) == len(parts[1]) == 2
