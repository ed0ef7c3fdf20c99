"""Whether a plugin's code is running here: then the core's own database sessions are refused to it."""

from __future__ import annotations

from contextvars import ContextVar

_foreign: ContextVar[bool] = ContextVar("foreign", default=False)


def is_foreign() -> bool:
    """Whether a plugin's code runs in this context, and has not asked the core for something."""
    return _foreign.get()


def mark(foreign: bool) -> bool:
    """Say whose code runs in this context from now on; answers with what was said before.

    No context manager: code that is stopped in one would leave it to be closed in another's context.
    """
    before = _foreign.get()
    _foreign.set(foreign)
    return before
