"""Checks of switching: off is off everywhere, and on again is what it was."""

from __future__ import annotations

from collections.abc import Iterator

from core.services import plugins
from core.testing.kit import Collection, none
from core.testing.pages import answers, opened, right, targets
from core.testing.subject import Subject
from core.testing.worlds import without_tokens

_C = Collection()
CHECKS = _C.checks


@_C.check("while the plugin is off, none of it is there")
def off_is_off(subject: Subject) -> None:
    world = subject.world
    with world.apart():
        switch(subject, on=False)
        known = targets(subject) if subject.answers("dudao_pages") else []
        for target in known:
            for login in right(world, target.audience):
                none(answers(subject, login, target, 404))
        none(_still_there(subject))


def _still_there(subject: Subject) -> Iterator[str]:
    world = subject.world
    for person in world.own:
        home = world.get(person.login, f"/u/{person.unit_type}/")
        if subject.plugin.unit_types and home.status_code != 404:
            yield f"the home page of {person.login} answers {home.status_code}, not with 404"
        yield from (
            f"duty {duty.code} is still owed" for duty in subject.duties if f"/{duty.code}/" in home.text
        )


@_C.check("switched on again, everything is what it was")
def on_again_is_the_same(subject: Subject) -> None:
    world = subject.world
    homes = [(person.login, f"/u/{person.unit_type}/") for person in world.own]
    pages = (
        [item[1:] for item in opened(subject)]
        if subject.answers("dudao_pages") and subject.pages.pages
        else []
    )
    with world.apart():
        before = {item: without_tokens(world.get(*item).text) for item in (*homes, *pages)}
        switch(subject, on=False)
        switch(subject, on=True)
        none(
            f"{item[1]} is another page for {item[0]} after switching off and on"
            for item, shown in before.items()
            if without_tokens(world.get(*item).text) != shown
        )


def switch(subject: Subject, *, on: bool) -> None:
    with subject.world.inside():
        plugins.switch_from_command(subject.key, on, "the conformance kit")
