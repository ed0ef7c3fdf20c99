"""Loading plugins so that a bad one hurts nobody else, and calling their hooks one plugin at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pluggy

from core.api.hooks import PROJECT, Hooks
from core.domain.declare import Plugin
from core.extend import validate
from core.extend.discover import Found
from core.extend.registry import Quarantined, Registry

log = logging.getLogger(__name__)


class _Refused(Exception):
    """What is wrong with a plugin, in words for its author."""


class PluginHost:
    """A fresh pluggy manager for each application, so that tests have nothing to put back."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)

    def load(self, found: Iterable[Found]) -> Registry:
        """Import, register and check every plugin found; those that fail are quarantined."""
        accepted: dict[str, Plugin] = {}
        quarantined: list[Quarantined] = []
        for item in found:
            try:
                plugin = self._take(item, list(accepted.values()))
            except _Refused as refused:
                quarantined.append(Quarantined(item.name, item.source, str(refused)))
                log.warning("plugin %s (%s) is left out: %s", item.name, item.source, refused)
            else:
                accepted[plugin.key] = plugin
        return Registry(accepted, tuple(quarantined))

    def _take(self, item: Found, others: list[Plugin]) -> Plugin:
        try:
            module = item.load()
        except (Exception, SystemExit) as error:
            raise _Refused(f"importing it failed: {type(error).__name__}: {error}") from error
        try:
            self._manager.register(module, name=item.name)
        except ValueError as error:
            raise _Refused(f"it was found twice: {error}") from error
        except pluggy.PluginValidationError as error:
            raise _Refused(f"one of its hooks does not fit: {error}") from error
        try:
            return self._checked(module, others)
        except _Refused:
            self._manager.unregister(name=item.name)
            raise

    def _checked(self, module: object, others: list[Plugin]) -> Plugin:
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise _Refused(f"one of its hooks does not fit: {error}") from error
        plugin = self._declaration(module)
        try:
            wrong = [*validate.problems(plugin), *validate.clashes(plugin, others)]
        except Exception as error:
            raise _Refused(
                f"its declaration cannot be read ({type(error).__name__}: {error}): "
                "check that each argument is what docs/plugins.md asks for"
            ) from error
        if wrong:
            raise _Refused("; ".join(wrong))
        return plugin

    def _declaration(self, module: object) -> Plugin:
        others = [plugin for plugin in self._manager.get_plugins() if plugin is not module]
        caller = self._manager.subset_hook_caller("dudao_plugin", others)
        try:
            answers = tuple(caller())
        except (Exception, SystemExit) as error:
            raise _Refused(f"dudao_plugin() raised {type(error).__name__}: {error}") from error
        if len(answers) != 1:
            raise _Refused("it has no dudao_plugin() marked with @hookimpl; every plugin needs exactly one")
        if not isinstance(answers[0], Plugin):
            raise _Refused(f"dudao_plugin() returned {type(answers[0]).__name__}, not a Plugin")
        return answers[0]
