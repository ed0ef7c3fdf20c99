"""Every page of every menu, plugins' pages included, is accessible, fits the screen and asks nothing outside.

Checked with axe in a real browser: WCAG 2.1 A and AA (feature 79).
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.e2e.conftest import Demo, Person, arrive, set_language

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
#: Pages that no menu names, by the login that looks at them.
MORE = {"office": ["/office/plugins/carriers", "/office/plugins/banks", "/office/plugin-trace"]}
LOGINS = ["carriers-reporter", "banks-reporter", "education-lead", "inspector", "office", "auditor", "admin"]


def menu(person: Person) -> list[str]:
    """The addresses of a person's menu."""
    links = person.page.locator("nav.side-nav a, .menu-sheet nav a").all()
    found = [link.get_attribute("href") or "" for link in links]
    return sorted({path.split("?")[0] for path in found if path.startswith("/")})


@pytest.mark.parametrize(("locale", "width"), [("zh_Hans_CN", 1280), ("en", 360)], ids=["desktop", "phone"])
@pytest.mark.parametrize("login", LOGINS)
def test_every_page_of_the_menu_is_accessible(
    chromium: Browser, demo: Demo, login: str, locale: str, width: int
) -> None:
    person = arrive(chromium, demo, login, locale=locale, width=width)
    set_language(person, locale)
    pages = [*menu(person), *MORE.get(login, [])]
    assert len(pages) >= 2, "the menu has its pages"
    axe = Axe()
    wrong = []
    for path in pages:
        person.go(path)
        found = axe.run(person.page, options=RULES).response["violations"]
        wrong += [f"{path}: {item['id']}: {item['nodes'][0]['html'][:200]}" for item in found]
        if person.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wrong.append(f"{path}: wider than {width} px")
    person.context.close()
    assert wrong == []
    assert person.complaints == []


def test_plugins_pages_stand_in_the_menus_that_are_checked(chromium: Browser, demo: Demo) -> None:
    for login, path in (("carriers-reporter", "/u/carriers/calendar"), ("office", "/u/carriers/operators")):
        person = arrive(chromium, demo, login, locale="zh_Hans_CN", width=1280)
        assert path in menu(person)
        person.context.close()
