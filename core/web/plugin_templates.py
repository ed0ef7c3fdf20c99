"""Templates and texts of plugins: each in its own folder, none in the core's way."""

from __future__ import annotations

import logging
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import get_translations
from jinja2 import Environment, FunctionLoader
from jinja2.exceptions import TemplateNotFound
from markupsafe import Markup

from core.api.pages import View
from core.web.context import LOCALES, reader

log = logging.getLogger(__name__)

#: Signs that a plugin's part of a page may have; more would fill the memory of the web server.
MOST_HTML = 2_000_000


class PluginTemplates:
    """One Jinja environment a plugin: its templates from ``templates/<key>/``, the core's macros, its own texts."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._folders: dict[str, Path | None] = {
            key: item.folder for key, item in app.extensions["dudao"].registry.installed.items()
        }
        self._environments: dict[str, Environment] = {}
        self._texts: dict[tuple[str, str], NullTranslations] = {}

    def render(self, key: str, view: View, links: dict[str, Any]) -> Markup:
        """The plugin's part of a page; it is put into the core's frame, so that it need not extend anything."""
        template = self._environment(key).get_template(view.template)
        parts, length = [], 0
        for part in template.generate(**view.values, **links):
            length += len(part)
            if length > MOST_HTML:
                raise ValueError(f"{view.template} renders more than {MOST_HTML} signs")
            parts.append(part)
        return Markup("".join(parts))  # noqa: S704 - escaped while it is rendered

    def names(self, key: str) -> list[str]:
        """The templates in the plugin's folder."""
        folder = self._folders.get(key)
        own = folder / "templates" / key if folder else None
        return sorted(str(path.relative_to(own)) for path in own.rglob("*.html")) if own else []

    def _environment(self, key: str) -> Environment:
        if key not in self._environments:
            shared = self._app.jinja_env
            made = self._app.create_jinja_environment()
            made.add_extension("jinja2.ext.i18n")
            made.loader = FunctionLoader(lambda name: self._source(key, name))
            made.filters, made.globals = dict(shared.filters), dict(shared.globals)
            made.globals.pop("slots", None)
            made.install_gettext_callables(  # type: ignore[attr-defined]  # of the i18n extension
                lambda text: self._text(key, text),
                lambda one, many, n: self._texts_of(key).ungettext(one, many, n),
                newstyle=True,
            )
            self._environments[key] = made
        return self._environments[key]

    def _source(self, key: str, name: str) -> str | None:
        """An own template, or one of the core's macros; nothing else is there for a plugin."""
        if name.startswith("macros/") and self._app.jinja_env.loader is not None:
            return self._app.jinja_env.loader.get_source(self._app.jinja_env, name)[0]
        folder = self._folders.get(key)
        if folder is None:
            return None
        own = (folder / "templates" / key).resolve()
        path = (own / name).resolve()
        if not path.is_relative_to(own) or not path.is_file():
            raise TemplateNotFound(name, f"there is no {name} in templates/{key}/ of the plugin")
        return path.read_text("utf-8")

    def _text(self, key: str, text: str) -> str:
        """A text from the plugin's catalogue, else from the core's."""
        own = self._texts_of(key).ugettext(text)
        return own if own != text else str(get_translations().ugettext(text))

    def _texts_of(self, key: str) -> NullTranslations:
        locale = reader()
        if (key, locale) not in self._texts:
            self._texts[key, locale] = _catalogue(self._folders.get(key), locale)
        return self._texts[key, locale]


def _catalogue(folder: Path | None, locale: str) -> NullTranslations:
    """A plugin's catalogue, compiled in memory: its author needs no build step."""
    path = folder / "translations" / locale / "LC_MESSAGES" / "messages.po" if folder else None
    if path is None or locale not in LOCALES or not path.is_file():
        return NullTranslations()
    try:
        with path.open("rb") as file:
            compiled = BytesIO()
            write_mo(compiled, read_po(file, locale=locale))
    except (ValueError, OSError) as error:
        log.warning("the catalogue %s cannot be read: %s", path.name, error)
        return NullTranslations()
    compiled.seek(0)
    return Translations(compiled)
