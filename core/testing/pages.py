"""Checks of pages: for whom they open, what stands on them, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from core.api.pages import Audience, Deed, Page
from core.extend.host import HookFailed
from core.testing import growth, html, words
from core.testing.kit import Collection, NotApplicable, none
from core.testing.subject import Subject
from core.testing.worlds import World

_C = Collection("dudao_pages")
CHECKS = _C.checks
#: For whom a page does not open, by its audience: who has another role.
_WRONG: dict[Audience, tuple[str, ...]] = {
    "unit": ("office", "inspector", "auditor"),
    "office": ("inspector", "auditor"),
    "inspector": ("office", "auditor"),
}


def url(subject: Subject, rule: str) -> str:
    """The address of a page; variable parts name something that is not there."""
    return f"/u/{subject.key}{re.sub('<int:[^>]+>', '999999', re.sub('<[a-z_]+>', 'nothing', rule))}"


def right(world: World, audience: Audience) -> list[str]:
    """The logins for whom a page opens."""
    return [person.login for person in world.own] if audience == "unit" else [audience]


def wrong(world: World, audience: Audience) -> list[str]:
    reporter = [] if audience == "unit" else [world.own[0].login]
    return [*_WRONG[audience], *reporter]


def targets(subject: Subject) -> list[Page | Deed]:
    found: list[Page | Deed] = [*subject.pages.pages, *subject.pages.deeds]
    return found


def _guarded(subject: Subject) -> list[Page | Deed]:
    if not targets(subject):
        raise NotApplicable("it has no pages of its own")
    return targets(subject)


def _status(subject: Subject, login: str, target: Page | Deed) -> int:
    where = url(subject, target.rule)
    answer = subject.world.post(login, where) if isinstance(target, Deed) else subject.world.get(login, where)
    if not login and answer.status_code == 302 and not answer.location.startswith("/login"):
        return 200
    return answer.status_code


def answers(subject: Subject, login: str, target: Page | Deed, wanted: int) -> Iterator[str]:
    status = _status(subject, login, target)
    if status != wanted:
        who = login or "a stranger"
        yield f"{target.name} answers {who} with {status}, not with {wanted}"


@_C.check("pages, deeds, slots have names and addresses that the core takes")
def pages_fit(subject: Subject) -> None:
    subject.need("dudao_pages")
    try:
        subject.host.pages(subject.key)
    except HookFailed as failed:
        raise AssertionError(f"dudao_pages(): {failed.reason}") from failed


@_C.check("strangers are sent to the login page")
def strangers_log_in(subject: Subject) -> None:
    with subject.world.apart():
        for target in _guarded(subject):
            none(answers(subject, "", target, 302))


@_C.check("people with another role are refused with 403")
def wrong_role_is_refused(subject: Subject) -> None:
    with subject.world.apart():
        for target in _guarded(subject):
            for login in wrong(subject.world, target.audience):
                none(answers(subject, login, target, 403))


@_C.check("for people of another unit type a page for units is not there")
def other_types_see_nothing(subject: Subject) -> None:
    others = subject.world.others
    if not others:
        raise NotApplicable("it has no unit type of its own: its pages are for units of all")
    for_units = [target for target in targets(subject) if target.audience == "unit"]
    if not for_units:
        raise NotApplicable("it has no pages for units")
    with subject.world.apart():
        for target in for_units:
            none(answers(subject, others[0].login, target, 404))


@_C.check("each page opens for its people, those of every kind of unit, and the menu leads there")
def right_people_get_in(subject: Subject) -> None:
    for page, login, address in opened(subject):
        answer = subject.world.get(login, address)
        why = f" ({subject.world.failures()[-1]})" if answer.status_code in (500, 503) else ""
        none(
            [f"{page.name} answers {login} with {answer.status_code}{why}"]
            if answer.status_code != 200
            else []
        )
        if page.menu:
            none(
                [f"{page.name} is not in the menu of {login}"]
                if address not in html.links(answer.text)
                else []
            )


def opened(subject: Subject) -> Iterator[tuple[Page, str, str]]:
    """Every page with a login and an address that opens it; variable addresses are those that pages link to."""
    world, pages = subject.world, subject.pages.pages
    if not pages:
        raise NotApplicable("it has no pages of its own")
    rules = Map([Rule(f"/u/{subject.key}{page.rule}", endpoint=number) for number, page in enumerate(pages)])
    linked: dict[tuple[str, int], str] = {}
    for page in pages:
        if "<" not in page.rule:
            for login in right(world, page.audience):
                address = url(subject, page.rule)
                yield page, login, address
                for number, link in _leading(rules, html.links(world.get(login, address).text)):
                    linked.setdefault((login, number), link)
    for (login, number), link in linked.items():
        if "<" in pages[number].rule:
            yield pages[number], login, link


def _leading(rules: Map, links: list[str]) -> Iterator[tuple[int, str]]:
    adapter = rules.bind("localhost")
    for link in links:
        try:
            number, _arguments = adapter.match(link.split("?")[0])
        except (NotFound, RequestRedirect):
            continue
        yield int(number), link


@_C.check("an address that names something that is not there answers 404, and fails nowhere")
def missing_is_missing(subject: Subject) -> None:
    pages = [page for page in subject.pages.pages if "<" in page.rule]
    if not pages:
        raise NotApplicable("no page has a variable part in its address")
    for page in pages:
        for login in right(subject.world, page.audience):
            none(answers(subject, login, page, 404))


def _shown(subject: Subject) -> Iterator[tuple[Page, str]]:
    """Every page in Chinese, as its people see it."""
    for page, login, address in opened(subject):
        answer = subject.world.get(login, address)
        if answer.status_code != 200:
            raise NotApplicable("a page does not open, see `right_people_get_in`")
        yield page, answer.text


@_C.check(
    "pages can be used by everybody: one h1, a title, labels, alternatives, table heads, no inline code"
)
def pages_are_accessible(subject: Subject) -> None:
    for page, source in _shown(subject):
        none(f"{page.name}: {problem}" for problem in html.problems(source))


@_C.check("pages load nothing from elsewhere")
def pages_stay_here(subject: Subject) -> None:
    for page, source in _shown(subject):
        none(f"{page.name}: {problem}" for problem in html.foreign(source))


@_C.check("pages show their titles in both languages, and no Chinese is left in the English page")
def pages_speak_both(subject: Subject) -> None:
    with subject.world.inside():
        data = growth.words_in_reports()
    list(_shown(subject))
    for page, login, address in opened(subject):
        for locale in ("zh_Hans_CN", "en"):
            text = html.text_of(subject.world.get(login, address, locale).text)
            none(
                [f"{page.name}: its title is not shown in {locale}"]
                if page.title.pick(locale) not in text
                else []
            )
        # What people wrote in their reports stays as they wrote it.
        left = [run for run in words.CHINESE.findall(text) if run not in data]
        none(f"{page.name}: the English page says {run!r}" for run in left)


@_C.check("a deed without its form's token is refused")
def deeds_need_a_token(subject: Subject) -> None:
    for deed in _deeds(subject):
        for login in right(subject.world, deed.audience):
            status = subject.world.post(login, url(subject, deed.rule), with_token=False).status_code
            none([f"{deed.name} answers a request without a token with {status}"] if status != 400 else [])


@_C.check("a deed is done by a form, not by opening an address")
def deeds_are_posts(subject: Subject) -> None:
    pages = {page.rule for page in subject.pages.pages}
    for deed in _deeds(subject):
        login = right(subject.world, deed.audience)[0]
        status = subject.world.get(login, url(subject, deed.rule)).status_code
        wanted = (404, 405) if "<" in deed.rule else (405,)
        good = deed.rule in pages or status in wanted
        none([] if good else [f"{deed.name} can be opened without a form: {status}"])


@_C.check("a deed with an empty form is answered, not failed")
def deeds_survive_nothing(subject: Subject) -> None:
    with subject.world.apart():
        for deed in _deeds(subject):
            login = right(subject.world, deed.audience)[0]
            status = subject.world.post(login, url(subject, deed.rule)).status_code
            why = f" ({subject.world.failures()[-1]})" if status in (500, 503) else ""
            none([f"{deed.name} answers an empty form with {status}{why}"] if status >= 500 else [])


def _deeds(subject: Subject) -> list[Deed]:
    if not subject.pages.deeds:
        raise NotApplicable("it has no deeds")
    return subject.pages.deeds


@_C.check("panels stand on the core's pages without breaking them")
def slots_show(subject: Subject) -> None:
    if not subject.pages.slots:
        raise NotApplicable("it has no panels on the core's pages")
    world = subject.world
    before = len(world.failures())
    for place in sorted({slot.place for slot in subject.pages.slots}):
        for login, address in growth.addresses(subject, place):
            for locale in ("zh_Hans_CN", "en"):
                answer = world.get(login, address, locale)
                none([f"{place}: the page answers {answer.status_code}"] if answer.status_code != 200 else [])
                none(f"{place}: {problem}" for problem in html.problems(answer.text))
                none(f"{place}: {problem}" for problem in html.foreign(answer.text))
    none(world.failures()[before:])
