"""Part files: what has arrived of uploads under way. A part's length is its upload's offset; no row says it.

Beside the part `ID` may lie `ID.about` (what was said of it), `ID.floor` (where a piece began that is not verified
yet), `ID.held` (the same bytes under another name, until their row is written) and `ID.wanted` (somebody waits for it).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

#: A part that was written to within so many seconds has a holder whose connection lives.
ALIVE = 2.0
#: Seconds in which a holder whose connection was just closed has written what had arrived.
LINGER = 1.0
_POLL = 0.05
_BESIDE = ("about", "floor", "held", "wanted")


class Locked(Exception):
    """Somebody else is adding to this part."""


class PartGone(Exception):
    """There is no such part: it expired, or was removed."""


class TooLong(Exception):
    """More bytes came than belong to the part; none of this piece is kept."""


class Unverified(Exception):
    """A piece is not what its sender says it is; none of it is kept."""


class Parts:
    """The part files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def beside(self, name: str, what: str) -> Path:
        return self.folder / f"{name}.{what}"

    def make(self, name: str, about: str) -> None:
        """Begin an empty part; `about` is what was said of the upload."""
        self.beside(name, "about").write_text(about, "ascii")
        self.path(name).touch(mode=0o600, exist_ok=False)

    def about(self, name: str) -> str:
        """What was said of a part when it began; nothing where that is gone."""
        return _read(self.beside(name, "about"))

    def remove(self, name: str) -> None:
        """Forget a part, whatever there is of it."""
        for path in (self.path(name), *(self.beside(name, what) for what in _BESIDE)):
            path.unlink(missing_ok=True)

    def length(self, name: str) -> int:
        """How many bytes of a part count; raises PartGone."""
        try:
            size = self._file(name).stat().st_size
        except FileNotFoundError:
            raise PartGone from None
        # An empty floor was begun by somebody who then wrote nothing.
        floor = _read(self.beside(name, "floor"))
        return min(size, int(floor)) if floor else size

    @contextmanager
    def lock(self, name: str, patience: float = 0.0) -> Iterator[Part]:
        """Have a part alone; raises PartGone, or Locked where its holder goes on."""
        handle = self._open(name)
        try:
            self._claim(name, handle, patience)
            yield Part(self, name)
        finally:
            os.close(handle)

    def wanted(self, name: str) -> bool:
        """Whether somebody waits for the part: a holder to whom nothing comes any more then lets go."""
        return self.beside(name, "wanted").exists()

    def _claim(self, name: str, handle: int, patience: float) -> None:
        began, sign = time.monotonic(), self.beside(name, "wanted")
        while not _locks(handle):
            waited = time.monotonic() - began
            lives = time.time() - os.fstat(handle).st_mtime < ALIVE
            if waited > (min(patience, LINGER) if lives else patience):
                raise Locked
            sign.touch(mode=0o600)
            time.sleep(_POLL)
        sign.unlink(missing_ok=True)
        try:
            same = os.path.samestat(os.fstat(handle), self._file(name).stat())
        except FileNotFoundError:
            raise PartGone from None
        if not same:
            raise Locked

    def _open(self, name: str) -> int:
        try:
            return os.open(self._file(name), os.O_RDONLY)
        except FileNotFoundError:
            raise PartGone from None

    def _file(self, name: str) -> Path:
        """The part, or its other name where a crash left it that one only."""
        path = self.path(name)
        return path if path.exists() else self.beside(name, "held")


class Part:
    """A part that its holder has alone."""

    def __init__(self, parts: Parts, name: str) -> None:
        self.path, self.length = parts.path(name), parts.length(name)
        self._floor, self._held = parts.beside(name, "floor"), parts.beside(name, "held")

    def append(
        self,
        pieces: Iterable[bytes],
        room: int,
        eat: Callable[[bytes], object],
        verified: Callable[[], bool] | None = None,
    ) -> None:
        """Add pieces as they come, each shown to `eat`; raises TooLong where they exceed `room` bytes.

        They count at once; with `verified` all of them only when it says so, or Unverified is raised. Until then the
        floor beside the part says where they begin, so that a killed process leaves nothing that counts.
        """
        with self.path.open("r+b", buffering=0) as file:
            file.truncate(self.length)
            self._floor.unlink(missing_ok=True)
            if verified is not None:
                self._floor.write_text(str(self.length), "ascii")
            try:
                added = _fill(file, self.length, pieces, room, eat)
                if verified is not None and not verified():
                    raise Unverified
            except (TooLong, Unverified):
                file.truncate(self.length)
                self._floor.unlink(missing_ok=True)
                raise
            self._floor.unlink(missing_ok=True)
        self.length += added

    def hold(self) -> Path:
        """Give a complete part its second name, and the first one back where a crash took it; says the first.

        Whoever takes the part away leaves the bytes under the second name until `settle`: a crash before their row is
        written loses nothing. A complete part is never written to: the bytes may be evidence already.
        """
        if not self.path.exists():
            os.link(self._held, self.path)
        with suppress(FileExistsError):
            os.link(self.path, self._held)
        return self.path


def _fill(
    file: FileIO, start: int, pieces: Iterable[bytes], room: int, eat: Callable[[bytes], object]
) -> int:
    added = 0
    file.seek(start)
    for piece in pieces:
        added += len(piece)
        if added > room:
            raise TooLong
        eat(piece)
        left = memoryview(piece)
        while left:
            left = left[file.write(left) or 0 :]
    return added


def _locks(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        return ""
