"""Whether a plugin's code is running here: then the core's own database sessions are refused to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_foreign: ContextVar[bool] = ContextVar("foreign", default=False)


def is_foreign() -> bool:
    """Whether a plugin's code runs in this context, and has not asked the core for something."""
    return _foreign.get()


@contextmanager
def marked(foreign: bool) -> Iterator[None]:
    """Run a plugin's code inside; or, with False, what the core does for it on the way."""
    token = _foreign.set(foreign)
    try:
        yield
    finally:
        _foreign.reset(token)
