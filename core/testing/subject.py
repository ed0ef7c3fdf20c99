"""The plugin under test: loaded once, with everything that checks ask of it, made when it is first asked for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property
from inspect import getfile
from pathlib import Path
from typing import Any

import pluggy

from core.api.forms import ReportForm
from core.api.hooks import PROJECT, Hooks
from core.api.pages import Pages
from core.domain.calendar import Calendar, Span, periods
from core.domain.declare import Duty, Plugin
from core.extend import discover
from core.extend.discover import Found
from core.extend.host import HookFailed, PluginHost
from core.extend.registry import Registry
from core.services import campaigns, samples
from core.testing import stand_in
from core.testing.kit import NotApplicable
from core.testing.worlds import World

_NOTICE = campaigns.read_notice()
NOTICE = Calendar(
    Span(_NOTICE["starts"], _NOTICE["ends"]),
    tuple(Span(phase["starts"], phase["ends"]) for phase in _NOTICE["phases"]),
)
CLAUSES = frozenset(clause["key"] for clause in _NOTICE["clauses"])
STAND_IN = Found(stand_in.KEY, "the conformance kit", lambda: stand_in)


def found_at(path: Path) -> list[Found]:
    """The plugins of a file, a package's folder, or a folder that holds plugins."""
    path = path.resolve()
    if path.is_dir() and not (path / "__init__.py").exists():
        return [item for item in discover.find(path) if item.source.split()[0] in ("file", "folder", "sheet")]
    wanted = {f"folder {path.name}"} if path.is_dir() else {f"file {path.name}", f"sheet {path.name}"}
    return [item for item in discover.find(path.parent) if item.source in wanted]


def as_found(target: object) -> Found:
    """A module, a path or something found already, as something to load."""
    if isinstance(target, Found):
        return target
    if isinstance(target, Path):
        items = found_at(target)
        if len(items) != 1:
            raise ValueError(f"{target}: {len(items)} plugins stand there; name one file or package")
        return items[0]
    name = str(getattr(target, "__name__", type(target).__name__))
    return Found(name, f"module {name}", lambda: target)


class Subject:
    """A plugin and the folder in which its world is made."""

    def __init__(self, target: object, folder: Path) -> None:
        self._found = as_found(target)
        self._folder = folder
        self._problem = ""
        try:
            self._module: object | None = self._found.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever importing foreign code raises is told
            self._module = None
            self._problem = f"importing it failed: {type(error).__name__}: {error}"

    @property
    def module(self) -> Any:
        if self._module is None:
            raise NotApplicable("the plugin cannot be imported")
        return self._module

    @cached_property
    def _manager(self) -> Any:
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(Hooks)
        try:
            manager.register(self.module)
            manager.check_pending()
        except pluggy.PluginValidationError:
            raise NotApplicable("one of its hooks does not fit its specification") from None
        return manager

    def answers(self, hook: str) -> bool:
        return bool(getattr(self._manager.hook, hook).get_hookimpls())

    def need(self, hook: str) -> None:
        """Raise NotApplicable where the plugin does not answer a hook."""
        if not self.answers(hook):
            raise NotApplicable(f"it has no {hook}()")

    def ask(self, hook: str, **facts: Any) -> Any:
        """A hook's answer as it is, asked in this process; a generator is run to its end."""
        answers = getattr(self._manager.hook, hook)(**facts)
        answer = answers[0] if answers else None
        return tuple(answer) if isinstance(answer, Iterator) else answer

    @cached_property
    def plugin(self) -> Plugin:
        """The declaration, whether the core accepts it or not."""
        try:
            plugin = self.ask("dudao_plugin")
        except NotApplicable:
            raise
        except Exception as error:
            raise NotApplicable(f"dudao_plugin() raises {type(error).__name__}") from error
        if not isinstance(plugin, Plugin):
            raise NotApplicable("dudao_plugin() gives no Plugin")
        return plugin

    @property
    def key(self) -> str:
        return self.plugin.key

    @cached_property
    def load(self) -> Found:
        """The plugin as an application finds it; imported no second time."""
        return Found(self._found.name, self._found.source, lambda: self.module)

    @cached_property
    def _loaded(self) -> tuple[PluginHost, Registry, str]:
        if self._module is None:
            return PluginHost(), Registry({}), self._problem
        host = PluginHost()
        registry = host.load([STAND_IN, self.load])
        return host, registry, "; ".join(bad.problem for bad in registry.quarantined)

    @property
    def quarantine(self) -> str:
        """Why the core leaves the plugin out; empty where it accepts it."""
        return self._loaded[2]

    @property
    def host(self) -> PluginHost:
        """A host that has accepted the plugin."""
        if self.quarantine:
            raise NotApplicable("the core does not accept the plugin, see `accepted`")
        return self._loaded[0]

    @property
    def registry(self) -> Registry:
        if self.quarantine:
            raise NotApplicable("the core does not accept the plugin, see `accepted`")
        return self._loaded[1]

    @cached_property
    def duties(self) -> tuple[Duty, ...]:
        plugin = self.plugin
        return plugin.duties + tuple(itertools.chain(*(kind.duties for kind in plugin.unit_types)))

    @cached_property
    def forms(self) -> list[tuple[Duty, type[ReportForm], Span]]:
        """Each duty with its form and the days of its first period."""
        if not self.duties:
            raise NotApplicable("it declares no duties")
        return list(self._forms())

    def _forms(self) -> Iterator[tuple[Duty, type[ReportForm], Span]]:
        for duty in self.duties:
            if isinstance(duty.form, type) and issubclass(duty.form, ReportForm):
                try:
                    span = periods(duty.due, NOTICE)[0].span
                except (IndexError, ValueError, AttributeError):
                    span = NOTICE.span
                yield duty, duty.form, span

    @cached_property
    def records(self) -> list[tuple[Duty, Span, dict[str, Any]]]:
        """Each duty with the record that its example gives."""
        try:
            return [(duty, span, samples.example(form, span)[1]) for duty, form, span in self.forms]
        except Exception as error:
            raise NotApplicable("a form does not take its example, see `form_takes_example`") from error

    @cached_property
    def folder(self) -> Path | None:
        """The package's folder; None for a single file and for a sheet."""
        path = self.file
        return path.parent if path is not None and path.name == "__init__.py" else None

    @cached_property
    def file(self) -> Path | None:
        try:
            return Path(getfile(self.module))
        except (TypeError, OSError):
            return None

    @cached_property
    def sources(self) -> list[Path]:
        """The plugin's own Python files, without its tests."""
        if self.file is None or self.file.suffix != ".py":
            raise NotApplicable("it has no Python source")
        if self.folder is None:
            return [self.file]
        inside = sorted(self.folder.rglob("*.py"))
        return [path for path in inside if "tests" not in path.relative_to(self.folder).parts]

    @cached_property
    def templates(self) -> list[Path]:
        own = self.folder / "templates" if self.folder else None
        found = sorted(own.rglob("*.html")) if own else []
        if not found:
            raise NotApplicable("it has no templates")
        return found

    @cached_property
    def pages(self) -> Pages:
        """Its pages, deeds and slots, as the core takes them."""
        self.need("dudao_pages")
        try:
            found = self.host.pages(self.key)
        except HookFailed as failed:
            raise NotApplicable("its pages do not fit, see `pages_fit`") from failed
        assert found is not None, "it answers the hook"
        return found

    @cached_property
    def _made(self) -> World | str:
        if self.quarantine:
            raise NotApplicable("the core does not accept the plugin, see `accepted`")
        try:
            return World([STAND_IN, self.load], self.key, self._folder)
        except Exception as error:  # noqa: BLE001 - what keeps a world from being made is the finding
            return f"{type(error).__name__}: {error}"

    @property
    def no_world(self) -> str:
        """Why no installation could be set up with the plugin."""
        return self._made if isinstance(self._made, str) else ""

    @property
    def world(self) -> World:
        """An installation with the plugin, its units, people and reports."""
        if isinstance(self._made, str):
            raise NotApplicable("no installation can be set up with it, see `installs`")
        return self._made

    def tidy(self) -> None:
        """Put the installation back where the plugin failed in it: a part that fails often is not called again."""
        made = self.__dict__.get("_made")
        if isinstance(made, World) and made.failures():
            made.reset()
