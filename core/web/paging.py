"""Pages of a listing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request, url_for

PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """Which part of a listing is shown, with links to its neighbours that keep the filters."""

    number: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def prev_url(self) -> str | None:
        return self._url(self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return self._url(self.number + 1) if self.number < self.pages else None

    def _url(self, number: int) -> str:
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        here = url_for(request.endpoint or "", **(request.view_args or {}))
        return f"{here}?{urlencode([*kept, ('page', str(number))])}"


def page_number() -> int:
    """The page asked for, from 1; nonsense counts as the first, and none is absurdly far."""
    return min(max(request.args.get("page", 1, type=int), 1), 10_000)


def offset(number: int) -> int:
    return (number - 1) * PER_PAGE
