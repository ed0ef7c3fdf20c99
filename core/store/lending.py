"""A session that is lent to a plugin's call for reading, and can be taken back in the middle of a query.

The session is not the request's: a plugin that runs out of time leaves nothing open that the core uses.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from core.domain.access import AnyScope
from core.domain.foreign import mark
from core.store.db import db

#: Seconds that whoever takes the session back waits for a query to be given up.
PATIENCE = 0.5


class Lent:
    """The session, opened at the first query."""

    def __init__(self, scope: AnyScope) -> None:
        self.is_over = False
        self._scope = scope
        self._session: Session | None = None
        self._driver: Any = None
        self._busy = threading.Lock()
        self._before = False

    def __enter__(self) -> Session:
        """The session for one query. Raises TimeoutError once it was taken back."""
        self._busy.acquire()
        self._before = mark(foreign=False)
        try:
            if self.is_over:
                raise TimeoutError("this call is over: nothing more is read")
            return self._open()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_error: object) -> None:
        mark(self._before)
        self._busy.release()

    def _open(self) -> Session:
        if self._session is None:
            self._session = Session(db.engine, expire_on_commit=False)
            self._session.info["scope"] = self._scope
            self._driver = self._session.connection().connection.driver_connection
        return self._session

    def take_back(self) -> None:
        """End reading. A query under way is given up, or ends by itself; nothing more follows it."""
        self.is_over = True
        if not self._busy.acquire(blocking=False):
            self._interrupt()
            if not self._busy.acquire(timeout=PATIENCE):
                return
        try:
            if self._session is not None:
                self._session.close()
        finally:
            self._busy.release()

    def _interrupt(self) -> None:
        """Ask the database to give the query up. It may have ended meanwhile, so nothing that fails here matters."""
        with suppress(Exception):
            if hasattr(self._driver, "interrupt"):
                self._driver.interrupt()
            elif self._driver is not None:
                self._driver.cancel_safe(timeout=PATIENCE)
