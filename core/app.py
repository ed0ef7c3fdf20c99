"""The composition root: everything that is wired can be seen here."""

from __future__ import annotations

from typing import NoReturn

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from core.config import MAX_BODY, Settings, resource
from core.domain.clock import Clock
from core.extend import discover
from core.extend.host import PluginHost
from core.extend.registry import Registry
from core.services.runtime import EXTENSION, Runtime
from core.store import db as database
from core.store import models  # noqa: F401 - registers the tables and the scope's guard
from core.store.evidence import open_store
from core.web import (
    account,
    audit,
    bag,
    context,
    errors,
    examples,
    files,
    guard,
    headers,
    home,
    likeness,
    masks,
    notices,
    office,
    packs,
    people,
    plugin_admin,
    plugin_pages,
    review,
    switching,
    tracing,
    unit,
    uploads,
)
from core.web.form_parser import ReadingRequest

BLUEPRINTS = (
    account,
    audit,
    bag,
    examples,
    files,
    home,
    likeness,
    masks,
    notices,
    office,
    packs,
    people,
    plugin_admin,
    review,
    switching,
    unit,
    uploads,
    tracing,
)


class Csrf(CSRFProtect):  # type: ignore[misc]  # without annotations
    """The protection of every form, from which nothing can be left out."""

    def exempt(self, view: object) -> NoReturn:
        raise RuntimeError("no view is exempt from the check of form tokens")


def create_app(settings: Settings) -> Flask:
    """The application. Raises where a route is undeclared, so that it cannot start with one."""
    app = Flask("core", template_folder=str(resource("templates")), static_folder=None)
    app.request_class = ReadingRequest
    app.static_folder = str(resource("web") / "static")
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=app.send_static_file)
    app.config.update(_configuration(settings))
    host = PluginHost()
    app.extensions[EXTENSION] = Runtime(
        settings=settings,
        clock=Clock(settings.timezone, settings.clock_offset),
        registry=_plugins(host, settings),
        host=host,
        evidence=open_store(settings),
    )
    database.connect(app)
    headers.install(app, settings)
    Csrf(app)
    Bootstrap5(app)
    context.install(app)
    errors.install(app)
    for module in BLUEPRINTS:
        app.register_blueprint(module.bp)
    plugin_pages.install(app)
    guard.install(app)
    tracing.install(app)
    if settings.proxies:
        # The address of the caller, not of the proxy, is throttled and recorded; only as many hops are believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    return app


def _plugins(host: PluginHost, settings: Settings) -> Registry:
    found = discover.find(settings.plugins_dir)
    return host.load(item for item in found if item.name not in settings.plugins_off)


def _configuration(settings: Settings) -> dict[str, object]:
    """Flask's defaults have no body limit and careless cookies (fact M14)."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": database.engine_options(settings.database_url),
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 500,
        "SESSION_COOKIE_NAME": "__Host-dudao" if settings.https else "dudao",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "BABEL_DEFAULT_LOCALE": context.LOCALES[0],
        "BABEL_DEFAULT_TIMEZONE": settings.timezone.key,
        "BABEL_TRANSLATION_DIRECTORIES": str(resource("translations")),
        "TESTING": settings.testing,
    }
