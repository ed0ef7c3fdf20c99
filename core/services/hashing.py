"""Hashing beside the work on the same bytes: while a piece is hashed, the next one arrives and is written."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor

#: Pieces below this are hashed at once: handing them over would take longer.
_WORTH_IT = 256 * 1024


class Beside:
    """A SHA-256 that is fed in order, one piece ahead of whoever feeds it: memory stays constant."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._thread: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None

    def update(self, piece: bytes) -> None:
        self._wait()
        if len(piece) < _WORTH_IT:
            self._hash.update(piece)
            return
        self._thread = self._thread or ThreadPoolExecutor(1, "hashing")
        self._last = self._thread.submit(self._hash.update, piece)

    def hexdigest(self) -> str:
        self._wait()
        return self._hash.hexdigest()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown()

    def _wait(self) -> None:
        if self._last is not None:
            self._last.result()
            self._last = None
