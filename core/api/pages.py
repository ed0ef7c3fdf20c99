"""A plugin's own pages, what it adds to the core's pages, and the deeds that its forms do.

pages = Pages()

@pages.page("/calendar", ("短信日历", "Message calendar"), menu="calendar3")
def calendar(visit: Visit) -> View:
    return view("calendar.html", reports=visit.data.reports("CAR-03"))

@hookimpl
def dudao_pages() -> Pages:
    return pages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from core.api.data import Data
from core.domain.facts import Member, ReportFact
from core.domain.text import Text, Titled, as_text

#: Who a page is for: people of a unit of the plugin's types, the office, or inspectors.
Audience = Literal["unit", "office", "inspector"]

#: Where a plugin may add a panel to a core page, and what `visit` holds there besides `data`.
SLOTS: Mapping[str, tuple[Audience, str]] = MappingProxyType(
    {
        "unit.home": ("unit", "a unit's home page; `unit`"),
        "unit.report": ("unit", "a unit's page of a report that it filed; `unit`, `report`"),
        "review.report": ("inspector", "an inspector's page of a report; `report`"),
        "office.dashboard": ("office", "the office's progress page; `region`"),
        "office.unit": ("office", "the office's page of a unit; `unit`"),
    }
)


@dataclass(frozen=True)
class Visit:
    """Who looks at what. `data` is cut to what this person may see for this purpose."""

    data: Data
    audience: Audience
    person: str
    locale: str
    unit: Member | None = None
    report: ReportFact | None = None
    region: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def typed(self, name: str) -> str:
        """What was typed into a field of the posted form, without blanks around it; empty where nothing was."""
        return next(iter(self.form.get(name, ())), "").strip()


@dataclass(frozen=True)
class View:
    """A template of the plugin's own folder, and the values that it shows."""

    template: str
    values: Mapping[str, Any]


def view(template: str, **values: Any) -> View:
    """Show a template of the plugin's folder ``templates/<key>/``."""
    return View(template, values)


@dataclass(frozen=True, init=False)
class Saved:
    """A deed that is done: what the person reads, and which own page comes next."""

    message: Text
    page: str
    arguments: Mapping[str, Any]

    def __init__(self, message: Titled, page: str, **arguments: Any) -> None:
        for name, value in (("message", as_text(message)), ("page", page), ("arguments", arguments)):
            object.__setattr__(self, name, value)


#: A page's function: the visit, then the variable parts of its address by name.
PageView = Callable[..., View]
DeedView = Callable[..., Saved | View]
SlotView = Callable[[Visit], View | None]


@dataclass(frozen=True)
class Page:
    """A page at ``/u/<plugin key><rule>``. `menu` names its icon in the menu; without it no entry is made."""

    name: str
    rule: str
    title: Text
    view: PageView
    audience: Audience
    menu: str
    below: bool


@dataclass(frozen=True)
class Deed:
    """A form's target at ``/u/<plugin key><rule>``: it changes something, so it is a POST and is recorded."""

    name: str
    rule: str
    title: Text
    view: DeedView
    audience: Audience
    below: bool


@dataclass(frozen=True)
class Slot:
    """A panel on a core page; the lighter `weight` stands higher."""

    name: str
    place: str
    title: Text
    view: SlotView
    weight: int
    below: bool


class Pages:
    """Collects pages, deeds and slots; hand it over from `dudao_pages`.

    `below=True` lets people of a unit see facts of the units below it in the unit tree too, e.g. a bank its outlets.
    """

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.deeds: list[Deed] = []
        self.slots: list[Slot] = []

    def page(
        self, rule: str, title: Titled, *, audience: Audience = "unit", menu: str = "", below: bool = False
    ) -> Callable[[PageView], PageView]:
        """A page that shows something. Its name is the function's."""

        def register(function: PageView) -> PageView:
            name = function.__name__
            self.pages.append(Page(name, rule, as_text(title), function, audience, menu, below))
            return function

        return register

    def deed(
        self, rule: str, title: Titled, *, audience: Audience = "unit", below: bool = False
    ) -> Callable[[DeedView], DeedView]:
        """What a form does. Returns `Saved`, or a `View` again where what was typed is not right."""

        def register(function: DeedView) -> DeedView:
            self.deeds.append(Deed(function.__name__, rule, as_text(title), function, audience, below))
            return function

        return register

    def slot(
        self, place: str, title: Titled, *, weight: int = 50, below: bool = False
    ) -> Callable[[SlotView], SlotView]:
        """A panel on a core page, see SLOTS; a function that returns None adds nothing this time."""

        def register(function: SlotView) -> SlotView:
            self.slots.append(Slot(function.__name__, place, as_text(title), function, weight, below))
            return function

        return register
