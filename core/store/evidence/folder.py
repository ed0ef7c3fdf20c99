"""Evidence in a folder of files named by their hash, two levels deep."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlparse

from core.store.evidence import durable
from core.store.evidence.base import StorageFailed, Stored, checked, checked_preview, is_hash


class EvidenceFolder:
    """The default store: a local disk, or a folder that several machines mount."""

    def __init__(self, url: str) -> None:
        self.root = Path(unquote(urlparse(url).path))
        self._incoming = self.root / "incoming"
        self._previews = self.root / "previews"
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def incoming(self) -> Path:
        return self._incoming

    def path(self, sha256: str) -> Path:
        return self.root / checked(sha256)[:2] / sha256[2:4] / sha256

    def put(self, stream: BinaryIO, name: str, limit: int) -> Stored:
        part = self._incoming / secrets.token_hex(16)
        try:
            return self._keep(part, durable.receive(stream, part, name, limit))
        except OSError as error:
            raise StorageFailed.of(error) from error
        finally:
            part.unlink(missing_ok=True)

    def take(self, part: Path, name: str, limit: int, *, sha256: str | None = None) -> Stored:
        try:
            return self._keep(part, durable.confirm(part, name, limit, sha256))
        except OSError as error:
            raise StorageFailed.of(error) from error
        finally:
            part.unlink(missing_ok=True)

    def _keep(self, part: Path, stored: Stored) -> Stored:
        with durable.locked(self._incoming):
            durable.place(part, self.path(stored.sha256), self.root)
        return stored

    def open(self, sha256: str) -> BinaryIO:
        return self.path(sha256).open("rb")

    def size(self, sha256: str) -> int | None:
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        path = self.path(sha256)
        path.stat()
        yield path

    def link(self, sha256: str, *, name: str, media_type: str, inline: bool, seconds: int) -> str | None:
        return None

    def everything(self) -> Iterator[Path]:
        """Every file that is kept, previews too."""
        yield from self.root.glob("??/??/*")
        yield from self._previews.glob("??/*/*")

    def hashes(self, below: str = "") -> set[str]:
        return {path.name for path in self.root.glob(f"{below or '??'}/??/*")}

    def age(self, sha256: str) -> float:
        return time.time() - self.path(sha256).stat().st_mtime

    def digest(self, sha256: str) -> str | None:
        try:
            with self.path(sha256).open("rb") as file:
                durable.forget(file)
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def strays(self, known: Collection[str], older_than: float) -> set[str]:
        limit = time.time() - older_than
        return {
            path.name
            for path in self.root.glob("??/??/*")
            if path.name not in known and is_hash(path.name) and path.stat().st_mtime < limit
        }

    def sweep(
        self, known: Collection[str], older_than: float, *, among: Collection[str] | None = None
    ) -> int:
        removed = 0
        for sha256 in self.strays(known, older_than) if among is None else set(among).difference(known):
            with durable.locked(self._incoming, alone=True):
                path = self.path(sha256)
                if path.exists():
                    if self.age(sha256) <= older_than:
                        continue
                    path.unlink()
                    removed += 1
                shutil.rmtree(self._shown(sha256), ignore_errors=True)
        return removed

    def sweep_parts(self, known: Collection[str], older_than: float) -> int:
        return durable.remove_stale(self._incoming, known, older_than)

    def waiting(self) -> bool:
        return False

    def settle(self) -> int:
        return 0

    def _shown(self, sha256: str) -> Path:
        return self._previews / checked(sha256)[:2] / sha256

    def keep_preview(self, sha256: str, name: str, source: Path) -> None:
        target = self._shown(sha256) / checked_preview(name)
        part = self._incoming / secrets.token_hex(16)
        try:
            shutil.copyfile(source, part)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with durable.locked(self._incoming):
                part.rename(target)
        except OSError as error:
            raise StorageFailed.of(error) from error
        finally:
            part.unlink(missing_ok=True)

    def open_preview(self, sha256: str, name: str) -> BinaryIO:
        return (self._shown(sha256) / checked_preview(name)).open("rb")

    def drop_previews(self, sha256: str, names: Collection[str]) -> None:
        for name in names:
            (self._shown(sha256) / checked_preview(name)).unlink(missing_ok=True)
