"""Every text of the pages is in both catalogues, with its placeholders, and none is doubtful."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ("zh_Hans_CN", "en")
#: The core, and each plugin with texts of its own: its pages may fall back to the core's catalogue, but need not.
OWNERS = ("core", *sorted(f"plugins/{path.parent.name}" for path in (ROOT / "plugins").glob("*/templates")))
CATALOGUES = [(owner, locale) for owner in OWNERS for locale in LOCALES]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w+)\}")


def extracted(owner: str) -> Catalog:
    """The texts of the core or of a plugin, as a fresh extraction finds them."""
    found = Catalog()
    for folder in ("core", "templates") if owner == "core" else (owner,):
        for file, line, text, _comments, context in extract_from_dir(
            str(ROOT / folder),
            [("**.py", "python"), ("**.html", "jinja2")],
            keywords=KEYWORDS,
            options_map={"**.html": {"silent": "false"}},
        ):
            found.add(text, None, [(f"{folder}/{file}", line)], context=context)
    return found


def catalogue(owner: str, locale: str) -> Catalog:
    path = ROOT / owner / "translations" / locale / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def texts(value: object) -> tuple[str, ...]:
    """A message's forms: one, or one for each number."""
    return tuple(value) if isinstance(value, list | tuple) else (str(value),)


def placeholders(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text)}


def keeps(original: tuple[str, ...], text: str) -> bool:
    """Whether a translation has the original's placeholders, but for the number that a singular may spell out."""
    allowed = set().union(*map(placeholders, original))
    needed = placeholders(original[-1]) - {"%(num)d", "%(num)s"}
    return needed <= placeholders(text) <= allowed


def where(message: Message) -> str:
    file, line = message.locations[0] if message.locations else ("?", 0)
    return f"{message.id!r} ({file}:{line})"


@pytest.fixture(scope="module")
def wanted() -> dict[str, Catalog]:
    return {owner: extracted(owner) for owner in OWNERS}


@pytest.mark.parametrize(("owner", "locale"), CATALOGUES)
def test_a_catalogue_has_every_text_of_the_pages(wanted: dict[str, Catalog], owner: str, locale: str) -> None:
    have = catalogue(owner, locale)
    missing = [
        where(message)
        for message in wanted[owner]
        if message.id and have.get(message.id, message.context) is None
    ]
    assert missing == []


@pytest.mark.parametrize(("owner", "locale"), CATALOGUES)
def test_every_text_is_translated_and_none_is_fuzzy(
    wanted: dict[str, Catalog], owner: str, locale: str
) -> None:
    have = catalogue(owner, locale)
    empty, fuzzy = [], []
    for message in wanted[owner]:
        found = have.get(message.id, message.context) if message.id else None
        if found is not None:
            if not all(texts(found.string)):
                empty.append(where(message))
            if found.fuzzy:
                fuzzy.append(where(message))
    assert (empty, fuzzy) == ([], [])


@pytest.mark.parametrize(("owner", "locale"), CATALOGUES)
def test_a_translation_keeps_its_placeholders(owner: str, locale: str) -> None:
    wrong = [
        f"{message.id!r} became {text!r}"
        for message in catalogue(owner, locale)
        for text in texts(message.string)
        if message.id and text and not keeps(texts(message.id), text)
    ]
    assert wrong == []


@pytest.mark.parametrize(("owner", "locale"), CATALOGUES)
def test_a_catalogue_has_no_text_that_no_page_has(
    wanted: dict[str, Catalog], owner: str, locale: str
) -> None:
    stale = [m.id for m in catalogue(owner, locale) if m.id and wanted[owner].get(m.id, m.context) is None]
    assert stale == []


@pytest.mark.parametrize("owner", OWNERS)
def test_english_is_english(owner: str) -> None:
    """No translation into English is left in Chinese."""
    have = catalogue(owner, "en")
    left = [m.id for m in have if m.id and any(re.search("[一-鿿]", t) for t in texts(m.string))]
    assert left in ([], ["中文"]), left


def test_the_extraction_finds_what_it_should(wanted: dict[str, Catalog]) -> None:
    assert len(wanted["core"]) > 200
    assert wanted["core"].get("登录名或密码不对") is not None, "a text of core"
    assert wanted["core"].get("督导") is not None, "a text of a template"
    assert wanted["plugins/carriers"].get("看短信日历") is not None, "a text of a plugin's template"
    assert placeholders("第%(n)s周（%(span)s）") == {"%(n)s", "%(span)s"}
