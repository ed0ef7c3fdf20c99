"""Checks of what pages cost with many rows, and whose rows they show."""

from __future__ import annotations

from core.testing import growth
from core.testing.kit import Collection, NotApplicable, none
from core.testing.pages import opened
from core.testing.subject import Subject
from core.testing.worlds import World

_C = Collection("dudao_pages")
CHECKS = _C.checks


@_C.check("a page asks the database as often for fifty rows as for one")
def pages_cost_the_same(subject: Subject) -> None:
    shown = list(opened(subject))
    world = subject.world
    with world.apart():
        growth.add_rows(subject, 1)
        few = {item: _cost(world, *item[1:]) for item in shown}
        growth.grow(subject)
        for item in shown:
            many, name = _cost(world, *item[1:]), item[0].name
            none(
                [f"{name}: {few[item]} statements for few rows, {many} for fifty"]
                if many > few[item] + 1
                else []
            )


def _cost(world: World, login: str, address: str) -> int:
    world.get(login, address)
    with world.statements() as seen:
        world.get(login, address)
    return len(seen)


@_C.check("a unit's page shows no rows of the plugin's own tables that belong to another unit")
def pages_keep_to_their_unit(subject: Subject) -> None:
    if subject.plugin.tables is None:
        raise NotApplicable("it has no tables of its own; of all else a page is given its own unit's alone")
    shown = [(page, login, address) for page, login, address in opened(subject) if page.audience == "unit"]
    world = subject.world
    with world.apart():
        growth.add_rows(subject, 3)
        before = {item: world.get(*item[1:]).text for item in shown}
        growth.add_rows(subject, 3, elsewhere=True)
        none(
            f"{page.name} shows {login} a row of another unit"
            for page, login, address in shown
            if growth.ELSEWHERE in world.get(login, address).text
            and growth.ELSEWHERE not in before[page, login, address]
        )
