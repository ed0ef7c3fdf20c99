"""Templates keep to the content security policy: nothing inline, nothing from foreign hosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted(
    (ROOT / "plugins").rglob("templates/**/*.html")
)
STATIC = [
    path for path in sorted((ROOT / "core/web/static").rglob("*")) if path.suffix in (".css", ".js", ".svg")
]

#: Namespaces are names, not addresses: nothing is fetched from them.
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")

FAULTS = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a script without nonce": re.compile(
        r"<script\b(?![^>]*\bnonce=\"\{\{ csp_nonce\(\) \}\}\")", re.IGNORECASE
    ),
    "a script inside the page": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "a foreign host": re.compile(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "a frame or an object": re.compile(r"<(?:iframe|object|embed|applet|base)\b", re.IGNORECASE),
    "text that is not escaped": re.compile(r"\|\s*safe\b|\bautoescape\s+false", re.IGNORECASE),
}


def faults(source: str) -> list[str]:
    """What a template does that the policy forbids. What the template engine puts in is left out, comments too."""
    text = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    for namespace in NAMESPACES:
        text = text.replace(namespace, "")
    tidy = re.sub(r"\{%.*?%\}", " ", text, flags=re.DOTALL)
    return [
        name
        for name, pattern in FAULTS.items()
        if pattern.search(tidy) or (name == "text that is not escaped" and pattern.search(text))
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_keeps_to_the_policy(path: Path) -> None:
    assert faults(path.read_text("utf-8")) == []


def test_there_are_templates_to_check() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('<p style="color:red">', "an inline style"),
        ("<p class='a' STYLE='x'>", "an inline style"),
        ("<style>p{}</style>", "a style element"),
        ('<a href="#" onclick="x()">', "an inline handler"),
        ('<body\n  onload = "x()">', "an inline handler"),
        ('<script src="/a.js"></script>', "a script without nonce"),
        ('<script nonce="{{ csp_nonce() }}">x()</script>', "a script inside the page"),
        ('<img src="https://cdn.example/x.png">', "a foreign host"),
        ('<link href="//fonts.example/x">', "a foreign host"),
        ('<a href="javascript:x()">', "a javascript address"),
        ("<iframe src='/x'>", "a frame or an object"),
        ("{{ name|safe }}", "text that is not escaped"),
        ("{% autoescape false %}{{ x }}{% endautoescape %}", "text that is not escaped"),
    ],
)
def test_a_fault_is_found(source: str, fault: str) -> None:
    assert fault in faults(source)


def test_an_innocent_template_passes() -> None:
    source = (
        '<script type="module" src="/x.js" nonce="{{ csp_nonce() }}"></script><svg xmlns="http://www.w3.org/2000/svg">'
        '{# style="x" https://example.org #}<p data-style="x" data-once="1">{{ _("online = 1") }}</p>'
    )
    assert faults(source) == []


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_style_sheets_scripts_and_drawings_fetch_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for namespace in NAMESPACES:
        text = text.replace(namespace, "")
    assert not re.search(r"https?://|@import|url\(\s*[\"']?//", text)
    assert not re.search(r"\beval\(|new Function\(|\.innerHTML\b|document\.write", text)
