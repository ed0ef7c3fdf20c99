"""What a page's source alone tells of whether everybody can use it; a browser tells more, in the e2e tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_SOURCES = {"src", "srcset", "poster", "data", "action", "formaction", "background"}
_FOREIGN = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_UNLABELLED = {"hidden", "submit", "button", "reset", "image"}


class _Reader(HTMLParser):
    """Reads a page once and notes what is there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str]]] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.inputs: list[tuple[str, str]] = []
        self.texts: dict[str, list[str]] = {"h1": [], "title": [], "main": [], "all": []}
        self.names: list[tuple[str, int]] = []
        self.links: list[str] = []
        self.headings = 0
        #: Signs read so far, for links and buttons without any.
        self.seen = 0
        self._heads: list[bool] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attributes}
        self._inline(tag, known)
        self._foreign(tag, known)
        self.ids += [known["id"]] if known.get("id") else []
        self._controls(tag, known)
        self._structure(tag, known)
        if tag not in _VOID:
            self.open.append((tag, known))

    def _inline(self, tag: str, known: dict[str, str]) -> None:
        if "style" in known or tag == "style":
            self.wrong.append(f"<{tag}> has an inline style: use the classes of docs/look.md")
        if tag == "script" and not known.get("src"):
            self.wrong.append("a script stands in the page")
        self.wrong += [
            f"<{tag}> has {name}=: no script stands in a page" for name in known if name.startswith("on")
        ]
        if any(value.strip().lower().startswith("javascript:") for value in known.values()):
            self.wrong.append(f"<{tag}> runs a script by its address")

    def _foreign(self, tag: str, known: dict[str, str]) -> None:
        named = _SOURCES | ({"href"} if tag in ("link", "use", "base") else set())
        self.wrong += [
            f"<{tag} {name}={known[name]!r}> loads from elsewhere"
            for name in sorted(named & known.keys())
            if _FOREIGN.match(known[name])
        ]

    def _controls(self, tag: str, known: dict[str, str]) -> None:
        named = bool(known.get("aria-label") or known.get("aria-labelledby") or known.get("title"))
        inside = any(above == "label" for above, _known in self.open)
        asked = tag in ("select", "textarea") or (tag == "input" and known.get("type") not in _UNLABELLED)
        if asked and not named and not inside:
            self.inputs.append((known.get("id", ""), known.get("name", "")))
        if tag == "label" and known.get("for"):
            self.labels.add(known["for"])
        if tag == "img" and "alt" not in known:
            self.wrong.append(f"an image has no alt=: {known.get('src', '')[:60]}")
        if tag in ("a", "button") and (tag == "button" or "href" in known):
            self.names.append((tag, self.seen))
        self.seen += len(known.get("alt", "")) if tag == "img" else 0
        if tag == "a" and "href" in known:
            self.links.append(known["href"])

    def _structure(self, tag: str, known: dict[str, str]) -> None:
        if tag == "h1":
            self.texts["h1"].append("")
        if tag == "table":
            self._heads.append(False)
        if tag == "th" and self._heads:
            self._heads[-1] = True
        if re.fullmatch("h[1-6]", tag):
            level = int(tag[1])
            if self.headings and level > self.headings + 1:
                self.wrong.append(f"<{tag}> follows <h{self.headings}>: a level of headings is left out")
            self.headings = level

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._heads and not self._heads.pop():
            self.wrong.append("a table has no <th>")
        if tag in ("a", "button") and self.names and any(above == tag for above, _known in self.open):
            kind, before = self.names[-1]
            attributes = next(known for above, known in reversed(self.open) if above == tag)
            named = attributes.get("aria-label") or attributes.get("title")
            if kind == tag and not named and self.seen <= before:
                self.wrong.append(f"a <{tag}> has no text: {attributes.get('href', '')}")
        while self.open:
            above, _known = self.open.pop()
            if above == tag:
                break

    def handle_data(self, data: str) -> None:
        here = {tag for tag, _known in self.open}
        if "script" in here or "style" in here:
            if data.strip():
                self.wrong.append("a script or style stands in the page")
            return
        if "h1" in here:
            self.texts["h1"][-1] += data
        for tag in ("title", "main"):
            if tag in here:
                self.texts[tag].append(data)
        self.texts["all"].append(data)
        self.seen += len(data.strip())


def read(source: str) -> _Reader:
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return reader


def problems(source: str, *, whole: bool = True) -> Iterator[str]:
    """What keeps people from using a page, or a part of one."""
    page = read(source)
    yield from (problem for problem in page.wrong if "loads from elsewhere" not in problem)
    yield from (
        f"the input {name or ident!r} has no label" for ident, name in page.inputs if ident not in page.labels
    )
    yield from (f"the id {ident!r} is there twice" for ident, count in Counter(page.ids).items() if count > 1)
    if whole:
        if len(page.texts["h1"]) != 1 or not page.texts["h1"][0].strip():
            yield f"a page has exactly one <h1> with a text, not {len(page.texts['h1'])}"
        if not "".join(page.texts["title"]).strip():
            yield "the page has no title"


def foreign(source: str) -> Iterator[str]:
    """What a page loads from elsewhere."""
    yield from (problem for problem in read(source).wrong if "loads from elsewhere" in problem)


def text_of(source: str) -> str:
    """What people read in the page's main part; all of it where there is none."""
    page = read(source)
    return " ".join(page.texts["main"] or page.texts["all"])


def links(source: str) -> list[str]:
    return read(source).links
