"""A request's body, piece by piece as it arrives, for as long as its connection lives."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from flask import Request
from werkzeug.exceptions import ClientDisconnected

#: Slow connections are read in small pieces, so that a break loses little; fast ones in large pieces.
SMALL, LARGE = 4 * 1024, 1024 * 1024
#: Seconds: how often a silent connection is looked at, when it is given up for somebody who waits, and in any case.
LOOK, YIELD, STALL = 1.0, 2.0, 20.0


class Arriving:
    """What the client sends. A connection that breaks or falls silent ends the body early: then it is `cut`."""

    def __init__(self, request: Request) -> None:
        self.length = request.content_length
        self.arrived, self.cut = 0, False
        # The server ends a body itself; elsewhere, in tests, the framework must.
        ended = "wsgi.input_terminated" in request.environ
        self._stream = cast("BinaryIO", request.environ["wsgi.input"] if ended else request.stream)
        self._socket: socket.socket | None = request.environ.get("gunicorn.socket")

    def pieces(self, wanted: Callable[[], bool]) -> Iterator[bytes]:
        """The bytes, constant in memory; `wanted` says whether somebody waits for this to end."""
        if self._socket is None:
            yield from self._pieces(wanted)
            return
        before = self._socket.gettimeout()
        self._socket.settimeout(LOOK if self.length is not None else STALL)
        try:
            yield from self._pieces(wanted)
        finally:
            self._socket.settimeout(before)

    def _pieces(self, wanted: Callable[[], bool]) -> Iterator[bytes]:
        silent, size, broken = 0.0, SMALL, False
        while self.length is None or self.arrived < self.length:
            most = size if self.length is None else min(size, self.length - self.arrived)
            began = time.monotonic()
            try:
                piece = self._stream.read(most)
            except TimeoutError:
                silent, size = silent + LOOK, SMALL
                if self.length is None or silent >= STALL or (silent >= YIELD and wanted()):
                    break
                continue
            except (OSError, ClientDisconnected):
                if broken:
                    break
                # What had arrived before the break is still to be read, in small pieces.
                broken, size = True, SMALL
                continue
            if not piece:
                break
            self.arrived, silent = self.arrived + len(piece), 0.0
            slow = broken or time.monotonic() - began > LOOK / 10
            size = SMALL if slow else min(size * 2, LARGE)
            yield piece
        self.cut = self.length is not None and self.arrived < self.length
