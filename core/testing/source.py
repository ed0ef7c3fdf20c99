"""Checks of a plugin's source: what it imports, and what its templates reach and say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import babel_extract

from core.config import resource
from core.testing import words
from core.testing.kit import Collection, Hint, NotApplicable, none
from core.testing.subject import Subject

_C = Collection()
CHECKS = _C.checks
#: What the product is made of, by the file that may import it; a plugin in one file may import all of these.
FRAMEWORKS = {
    # A typed dudao_commands() names click's class.
    "__init__": {"click"},
    "commands": {"click"},
    "models": {"sqlalchemy"},
    "pages": {"flask"},
}
#: What a plugin reaches through the door or not at all; whatever else it needs, its distribution requires.
_REFUSED = {
    *(
        "core",
        "plugins",
        "alembic",
        "click",
        "flask",
        "flask_babel",
        "flask_login",
        "flask_sqlalchemy",
        "flask_wtf",
    ),
    *("jinja2", "pluggy", "redis", "rq", "sqlalchemy", "werkzeug", "wtforms"),
}
LONGEST = 300
_TEXTS = ("gettext", "ngettext", "_")
_CATALOGUE = Path("translations") / "en" / "LC_MESSAGES" / "messages.po"
_CORE = Path(__file__).resolve().parents[1] / _CATALOGUE
_INLINE = re.compile(r"<style\b|<script\b|\sstyle\s*=|\son[a-z]+\s*=", re.IGNORECASE)
_ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)


@_C.check(
    "it imports core.api, itself and the standard library; flask, sqlalchemy, click only in their files"
)
def imports(subject: Subject) -> None:
    none(chain(*(_imports(subject, path) for path in subject.sources)))


def _imports(subject: Subject, path: Path) -> Iterator[str]:
    own = str(subject.module.__name__)
    allowed = (
        set().union(*FRAMEWORKS.values()) if subject.folder is None else FRAMEWORKS.get(path.stem, set())
    )
    if path.parent.name == "versions" or "migrations" in path.parts:
        allowed = {"alembic", "sqlalchemy"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        for name in names:
            top = name.split(".")[0]
            door = name == "core.api" or name.startswith("core.api.")
            itself = name == own or name.startswith(f"{own}.")
            if top in _REFUSED - allowed and not (door or itself):
                yield f"{path.name}:{node.lineno} imports {name}"


@_C.check("no file is longer than 300 lines")
def short_files(subject: Subject) -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in subject.sources}
    long = [f"{name} has {lines} lines" for name, lines in lengths.items() if lines > LONGEST]
    if long:
        raise Hint(f"{'; '.join(long)}: smaller files read better")


@_C.check("templates of views are in the plugin's own folder, and so is what they include", "dudao_pages")
def templates_are_own(subject: Subject) -> None:
    if subject.answers("dudao_pages") and subject.folder is None:
        named = sorted(set(chain(*(_views(path) for path in subject.sources))))
        none(f"{name}: a plugin in a single file has no folder for templates" for name in named)
    if not subject.answers("dudao_pages"):
        raise NotApplicable("it has no dudao_pages()")
    none(_missing_templates(subject))


def _missing_templates(subject: Subject) -> Iterator[str]:
    assert subject.folder is not None, "looked at above"
    own = subject.folder / "templates" / subject.key
    for path in subject.sources:
        yield from (
            f"{path.name}: there is no templates/{subject.key}/{name}"
            for name in _views(path)
            if not _inside(own, name)
        )
    templates = sorted((subject.folder / "templates").rglob("*.html"))
    for path in templates:
        if not path.is_relative_to(own):
            yield f"{path.name} stands outside templates/{subject.key}/: nothing finds it there"
        for node in _parsed(path).find_all((nodes.Include, nodes.Import, nodes.FromImport)):
            name = getattr(getattr(node, "template", None), "value", None)
            core = (
                isinstance(name, str)
                and name.startswith("macros/")
                and (resource("templates") / name).is_file()
            )
            if not core and not (isinstance(name, str) and _inside(own, name)):
                what = name or "a name that is computed"
                yield f"{path.name}:{node.lineno} includes {what}: only own files and the core's macros are there"


def _inside(folder: Path, name: str) -> bool:
    path = (folder / name).resolve()
    return path.is_relative_to(folder.resolve()) and path.is_file()


def _views(path: Path) -> Iterator[str]:
    """The names of templates that a source file shows."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("view", "View")
        ):
            first = next(iter(node.args), None)
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _parsed(path: Path) -> nodes.Template:
    try:
        return _ENVIRONMENT.parse(path.read_text("utf-8"))
    except TemplateSyntaxError as error:
        raise AssertionError(f"{path.name}:{error.lineno} is no template: {error.message}") from error


@_C.check("templates extend nothing: the core puts them into its page", "dudao_pages")
def templates_extend_nothing(subject: Subject) -> None:
    none(
        f"{path.name}:{node.lineno} extends another template: show the page's content alone"
        for path in subject.templates
        for node in _parsed(path).find_all(nodes.Extends)
    )


@_C.check("templates and code leave escaping on", "dudao_pages")
def templates_escape(subject: Subject) -> None:
    none(chain(*(_unescaped(path) for path in subject.templates)))
    for path in subject.sources:
        none(
            f"{path.name}:{node.lineno} makes Markup of a text: let the template escape it"
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Name) and node.id == "Markup"
        )


def _unescaped(path: Path) -> Iterator[str]:
    tree = _parsed(path)
    for node in tree.find_all(nodes.Filter):
        if node.name in ("safe", "forceescape"):
            yield f"{path.name}:{node.lineno} uses |{node.name}"
    # {% autoescape %} is parsed as a modifier of the context's escaping.
    for modifier in tree.find_all(nodes.ScopedEvalContextModifier):
        yield f"{path.name}:{modifier.lineno} changes autoescape"


@_C.check("templates hold no inline styles and scripts", "dudao_pages")
def templates_hold_no_code(subject: Subject) -> None:
    none(
        f"{path.name}:{text.count(chr(10), 0, found.start()) + 1} holds {found[0].strip()!r}: the browser refuses it"
        for path in subject.templates
        for text in [path.read_text("utf-8")]
        for found in _INLINE.finditer(text)
    )


@_C.check("every text of a template goes through _('…') and has its English", "dudao_pages")
def templates_are_translated(subject: Subject) -> None:
    known = {**_english(_CORE), **_english(_own(subject))}
    none(chain(*(_untranslated(path, known) for path in subject.templates)))


def _untranslated(path: Path, known: dict[str, str]) -> Iterator[str]:
    source = path.read_text("utf-8")
    for line, kind, value in _ENVIRONMENT.lex(source):
        if kind == "data" and (found := words.CHINESE.search(value)):
            yield f"{path.name}:{line}: {found[0]!r} stands outside of _('…')"
    options = {"extensions": "jinja2.ext.do", "silent": "false"}
    for line, _function, message, _comments in babel_extract(BytesIO(source.encode()), _TEXTS, (), options):
        for text in message if isinstance(message, tuple) else (message,):
            if text and words.CHINESE.search(text) and not known.get(text):
                yield f"{path.name}:{line}: {text!r} has no English in {_CATALOGUE.as_posix()}"


def _own(subject: Subject) -> Path:
    return subject.folder / _CATALOGUE if subject.folder else _CATALOGUE


def _english(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue: Catalog = read_po(file, locale="en")
    found: dict[str, str] = {}
    for message in catalogue:
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        said = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        found |= {str(one): str(said[0] or "") for one in ids if one and not message.fuzzy}
    return found
