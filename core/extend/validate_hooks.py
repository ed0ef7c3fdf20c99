"""Whether what a plugin brings in its hooks keeps the contract: pages, deeds, slots and jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import get_args

from core.api.jobs import Job
from core.api.pages import SLOTS, Audience, Deed, Page, Pages, Slot
from core.domain.text import Text

#: First parts of addresses below ``/u/<key>`` that the core's own pages of a unit type have.
_TAKEN = {"duties", "reports"}
_RULE = re.compile(r"/[a-z0-9_-]+(?:/(?:[a-z0-9_-]+|<(?:int:)?[a-z_]+>))*")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ICON = re.compile(r"[a-z0-9-]*")


def pages(found: Pages) -> Iterator[str]:
    """Everything that is wrong with a plugin's pages, deeds and slots."""
    addressed: list[Page | Deed] = [*found.pages, *found.deeds]
    odd = [*_not(Page, found.pages), *_not(Deed, found.deeds), *_not(Slot, found.slots)]
    if odd:
        yield from odd
        return
    for named in [*addressed, *found.slots]:
        yield from _named(named)
    for page in addressed:
        yield from _addressed(page)
    for page in found.pages:
        if page.menu and "<" in page.rule:
            yield f"page {page.name!r}: a page of the menu has no variable part in its address"
        if not _ICON.fullmatch(page.menu):
            yield f"page {page.name!r}: menu= is the name of a Bootstrap icon, e.g. calendar3, not {page.menu!r}"
    for slot in found.slots:
        yield from _slot(slot)
    yield from _twice("page or deed", (page.name for page in addressed))
    yield from _twice("slot", (slot.name for slot in found.slots))
    yield from _twice("address of a page", (page.rule for page in found.pages))
    yield from _twice("address of a deed", (deed.rule for deed in found.deeds))


def _named(item: Page | Deed | Slot) -> Iterator[str]:
    if not _NAME.fullmatch(item.name):
        yield f"{item.name!r}: name the function in lower-case letters; its name is the page's or the slot's"
    if not callable(item.view) or not isinstance(item.title, Text):
        yield f"{item.name!r}: it needs a function and a title"


def _slot(slot: Slot) -> Iterator[str]:
    if not isinstance(slot.weight, int):
        yield f"slot {slot.name!r}: weight= is a whole number, not {slot.weight!r}"
    if slot.place not in SLOTS:
        yield f"slot {slot.name!r}: there is no place {slot.place!r}; choose from {', '.join(SLOTS)}"


def _addressed(page: Page | Deed) -> Iterator[str]:
    where = f"page {page.name!r}"
    if not isinstance(page.rule, str) or not isinstance(page.audience, str):
        yield f"{where}: its address and its audience are strings"
        return
    variables = re.findall(r"<(?:int:)?([a-z_]+)>", page.rule)
    if len(variables) != len(set(variables)):
        yield f"{where}: a variable part of {page.rule!r} stands in it twice"
    if not _RULE.fullmatch(page.rule):
        yield f"{where}: its address {page.rule!r} is like /calendar or /terminals/<int:number>, in lower-case letters"
    elif page.rule.split("/")[1] in _TAKEN:
        yield f"{where}: /{page.rule.split('/')[1]} belongs to the core's own pages: choose another address"
    if page.audience not in get_args(Audience):
        yield f"{where}: audience= is one of {', '.join(get_args(Audience))}, not {page.audience!r}"


def jobs(found: Iterable[Job]) -> Iterator[str]:
    """Everything that is wrong with a plugin's jobs."""
    found = list(found)
    if any(not isinstance(job.key, str) or not callable(job.run) for job in found):
        yield "a job needs a key in letters and a function to run"
        return
    keys = [job.key for job in found]
    for key in keys:
        if not _NAME.fullmatch(key):
            yield f"job {key!r}: use lower-case letters, digits and underscores, beginning with a letter"
    yield from _twice("job", keys)


def _not(kind: type, found: Iterable[object]) -> Iterator[str]:
    return (
        f"{type(item).__name__} is not a {kind.__name__.lower()}"
        for item in found
        if not isinstance(item, kind)
    )


def _twice(what: str, values: Iterable[str]) -> Iterator[str]:
    known = list(values)
    yield from (
        f"{what} {value!r} is declared twice" for value in sorted({v for v in known if known.count(v) > 1})
    )
