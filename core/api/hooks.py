"""The hooks that a plugin may answer. Only `dudao_plugin` is required."""

from __future__ import annotations

import pluggy

from core.domain.declare import Plugin

PROJECT = "dudao"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """The specifications. Hooks get frozen facts, never a session, and hand back values."""

    @hookspec
    def dudao_plugin(self) -> Plugin:  # type: ignore[empty-body]
        """Declare the plugin: its unit types, duties, forms, evidence rules. Called once a process.

        An exception, or a value that breaks the contract, quarantines this plugin alone.
        """
