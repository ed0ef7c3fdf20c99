"""Where a deed comes from: set once a request by the web layer, read by the audit record."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Origin:
    """Address and request id of the caller, and whether this request has its audit record already."""

    address: str = ""
    request_id: str = ""
    recorded: bool = False
    #: What is read once a request, by name, e.g. which plugins are on.
    known: dict[str, Any] = field(default_factory=dict)


_origin: ContextVar[Origin | None] = ContextVar("origin")


def set_origin(origin: Origin | None) -> None:
    """Begin a request, or end it with None."""
    _origin.set(origin)


def origin() -> Origin:
    """The caller's origin; an empty one for jobs and commands."""
    return _origin.get(None) or Origin()
