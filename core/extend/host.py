"""Loading plugins so that a bad one hurts nobody else, and asking their hooks one plugin at a time.

The one place that knows pluggy: a typed method for each hook, each of which raises HookFailed and nothing else.
"""

from __future__ import annotations

import difflib
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from inspect import getfile
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click
import pluggy

from core.api.data import Data
from core.api.hooks import PROJECT, Hooks
from core.api.jobs import Job
from core.api.pages import Pages
from core.domain.declare import Evidence, Plugin
from core.domain.errors import DudaoError
from core.domain.facts import Event, EvidenceFact, ReportFact, UnitRecord
from core.domain.findings import MOST_FINDINGS, Finding, ScoreLine
from core.extend import validate, validate_hooks
from core.extend.budget import Broken, OutOfTime, apart, trace, within, words
from core.extend.discover import Found
from core.extend.registry import Installed, Quarantined, Registry
from core.extend.trace import traced
from core.extend.turns import Turns

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Seconds that a plugin may take: to be imported, to declare something, to check a file or report, to score a unit,
#: to hear an event, to do a job.
IMPORT_SECONDS = 6.0
DECLARE_SECONDS = 5.0
CHECK_SECONDS = 5.0
SCORE_SECONDS = 20.0
EVENT_SECONDS = 10.0
JOB_SECONDS = 30.0

HOOKS: tuple[str, ...] = tuple(name for name in vars(Hooks) if name.startswith("dudao_"))


class _Refused(Exception):
    """What is wrong with a plugin, in words for its author."""


class HookFailed(Exception):
    """A plugin failed in a hook. `incident` is the number that the page, the log and the list of failures share."""

    def __init__(self, plugin: str, hook: str, error: BaseException) -> None:
        super().__init__(f"{plugin}: {hook}: {words(error)}")
        self.plugin, self.hook, self.reason = plugin, hook, words(error)
        self.out_of_time = isinstance(error, OutOfTime)
        self.detail = (isinstance(error, Broken) and error.detail) or trace(error)
        self.incident = secrets.token_hex(4).upper()
        log.error("incident %s: plugin %s failed in %s: %s", self.incident, plugin, hook, self.detail)


def _unfit(error: pluggy.PluginValidationError) -> str:
    """What pluggy says of a hook, without the module's place, and the hook that was probably meant."""
    said = re.sub(r" in plugin <module .*?>", "", str(error))
    unknown = re.search(r"unknown hook '(\w+)'", said)
    near = difflib.get_close_matches(unknown[1], HOOKS, 1, 0.8) if unknown else []
    if unknown:
        said += f": did you mean {near[0]}?" if near else f"; the hooks are {', '.join(HOOKS)}"
    return f"one of its hooks does not fit: {said}"


class PluginHost:
    """A fresh pluggy manager for each application, so that tests have nothing to put back."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        self._modules: dict[str, object] = {}
        self._callers: dict[tuple[str, str], Any] = {}
        self._turns = Turns()

    def load(self, found: Iterable[Found]) -> Registry:
        """Import, register and check every plugin found; those that fail are quarantined."""
        accepted: dict[str, Plugin] = {}
        installed: dict[str, Installed] = {}
        quarantined: list[Quarantined] = []
        for item in found:
            try:
                plugin, module = self._take(item, list(accepted.values()))
            except _Refused as refused:
                quarantined.append(Quarantined(item.name, item.source, str(refused)))
                log.warning("plugin %s (%s) is left out: %s", item.name, item.source, refused)
            else:
                accepted[plugin.key] = plugin
                self._modules[plugin.key] = module
                answers = frozenset(h.name for h in self._manager.get_hookcallers(module) or ())
                installed[plugin.key] = Installed(item.source, _folder(module), answers)
        return Registry(accepted, tuple(quarantined), installed)

    def _take(self, item: Found, others: list[Plugin]) -> tuple[Plugin, object]:
        try:
            module = within(IMPORT_SECONDS, item.load)
        except (Exception, SystemExit) as error:
            raise _Refused(f"importing it failed: {words(error)}") from error
        if not isinstance(module, ModuleType):
            raise _Refused(f"it is {type(module).__name__}, not a module")
        if self._manager.has_plugin(item.name) or self._manager.is_registered(module):
            raise _Refused(f"it was found twice: {item.name!r} is there already")
        try:
            self._register(module, item.name)
            return self._checked(module, others), module
        except _Refused:
            if self._manager.has_plugin(item.name):
                self._manager.unregister(name=item.name)
            raise

    def _register(self, module: object, name: str) -> None:
        try:
            within(DECLARE_SECONDS, lambda: self._manager.register(module, name=name))
        except pluggy.PluginValidationError as error:
            raise _Refused(_unfit(error)) from error
        except Exception as error:
            raise _Refused(f"its hooks cannot be read: {words(error)}") from error

    def _checked(self, module: object, others: list[Plugin]) -> Plugin:
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise _Refused(_unfit(error)) from error
        plugin = self._declaration(module)
        try:
            wrong = within(DECLARE_SECONDS, lambda: _wrong(plugin, others, _folder(module)))
        except Exception as error:
            raise _Refused(
                f"its declaration cannot be read ({words(error)}): "
                "check that each argument is what docs/plugins.md asks for"
            ) from error
        if wrong:
            raise _Refused("; ".join(wrong))
        return plugin

    def _declaration(self, module: object) -> Plugin:
        others = [plugin for plugin in self._manager.get_plugins() if plugin is not module]
        caller = self._manager.subset_hook_caller("dudao_plugin", others)
        try:
            answers = within(DECLARE_SECONDS, lambda: tuple(caller()))
        except Exception as error:
            raise _Refused(f"dudao_plugin() raised {words(error)}") from error
        if len(answers) != 1:
            raise _Refused("it has no dudao_plugin() marked with @hookimpl; every plugin needs exactly one")
        if not isinstance(answers[0], Plugin):
            raise _Refused(f"dudao_plugin() returned {type(answers[0]).__name__}, not a Plugin")
        return answers[0]

    # -- asking ------------------------------------------------------------------------------------------------------

    def pages(self, key: str) -> Pages | None:
        """The plugin's pages, checked; None where it brings none."""
        return self._declared(key, "dudao_pages", _pages)

    def jobs(self, key: str) -> tuple[Job, ...]:
        return self._declared(key, "dudao_jobs", _jobs) or ()

    def commands(self, key: str) -> tuple[click.Command, ...]:
        return self._declared(key, "dudao_commands", lambda answer: _many(answer, click.Command)) or ()

    def check_report(self, key: str, report: ReportFact) -> tuple[Finding, ...]:
        """What the plugin finds in a report of its duties; asked apart from this process."""
        return self._findings(key, "dudao_check_report", report=report)

    def check_evidence(self, key: str, evidence: EvidenceFact, rule: Evidence) -> tuple[Finding, ...]:
        return self._findings(key, "dudao_check_evidence", evidence=evidence, rule=rule)

    def score(self, key: str, unit: UnitRecord) -> tuple[ScoreLine, ...]:
        def ask() -> list[dict[str, Any]]:
            return [line.to_json() for line in _many(self._call(key, "dudao_score", unit=unit), ScoreLine)]

        lines = self._guarded(key, "dudao_score", lambda: apart(SCORE_SECONDS, ask))
        return tuple(ScoreLine.from_json(line) for line in lines)

    def on_event(self, key: str, event: Event, data: Data) -> None:
        self.run(
            key,
            "dudao_on_event",
            EVENT_SECONDS,
            lambda: self._call(key, "dudao_on_event", event=event, data=data),
        )

    def run(
        self, key: str, hook: str, seconds: float, call: Callable[[], T], *, may_refuse: bool = False
    ) -> T:
        """Run a function that a plugin handed over, e.g. a page's or a job's, within a time budget.

        Raises HookFailed; Busy where too many calls are under way; and what the core itself refuses, e.g. Missing,
        where the caller says that it may.
        """
        with self._turns.turn(key, hook):
            return self._guarded(key, hook, lambda: within(seconds, call, key), may_refuse=may_refuse)

    def _findings(self, key: str, hook: str, **facts: Any) -> tuple[Finding, ...]:
        def ask() -> list[dict[str, Any]]:
            found = _many(self._call(key, hook, **facts), Finding)
            return [finding.to_json() for finding in found[:MOST_FINDINGS]]

        told = self._guarded(key, hook, lambda: apart(CHECK_SECONDS, ask))
        return tuple(Finding.from_json(finding) for finding in told)

    def _declared(self, key: str, hook: str, checked: Callable[[Any], T]) -> T | None:
        if not self._answers(key, hook):
            return None
        return self._guarded(
            key, hook, lambda: within(DECLARE_SECONDS, lambda: checked(self._call(key, hook)), key)
        )

    def _guarded(self, key: str, hook: str, call: Callable[[], T], *, may_refuse: bool = False) -> T:
        with traced(key, hook) as words:
            try:
                answer = call()
            except (Exception, SystemExit) as error:
                if may_refuse and isinstance(error, DudaoError):
                    raise  # said on purpose, e.g. that a page is not there
                raise HookFailed(key, hook, error) from error
            words.append(_short(answer))
            return answer

    def _answers(self, key: str, hook: str) -> bool:
        return bool(self._caller(key, hook).get_hookimpls())

    def _call(self, key: str, hook: str, **facts: Any) -> Any:
        answers = self._caller(key, hook)(**facts)
        return answers[0] if answers else None

    def _caller(self, key: str, hook: str) -> Any:
        """pluggy's caller of one hook of one plugin."""
        if (key, hook) not in self._callers:
            mine = self._modules[key]
            others = [plugin for plugin in self._manager.get_plugins() if plugin is not mine]
            self._callers[key, hook] = self._manager.subset_hook_caller(hook, others)
        return self._callers[key, hook]


def _short(answer: object) -> str:
    if isinstance(answer, (tuple, list)):
        return f"{len(answer)} {type(answer[0]).__name__}" if answer else "nothing"
    return type(answer).__name__


def _one(answer: Any, kind: type[T]) -> T:
    if not isinstance(answer, kind):
        raise TypeError(f"it returned {type(answer).__name__}, not {kind.__name__}")
    return answer


def _many(answer: Any, kind: type[T]) -> tuple[T, ...]:
    """An iterable answer as a tuple, a generator's late errors included; None means nothing."""
    found = () if answer is None else tuple(answer)
    for item in found:
        _one(item, kind)
    return found


def _pages(answer: Any) -> Pages:
    """A copy of what was declared: what the plugin does to its own later changes nothing here."""
    found, kept = _one(answer, Pages), Pages()
    kept.pages, kept.deeds, kept.slots = list(found.pages), list(found.deeds), list(found.slots)
    _refuse(validate_hooks.pages(kept))
    return kept


def _jobs(answer: Any) -> tuple[Job, ...]:
    found = _many(answer, Job)
    _refuse(validate_hooks.jobs(found))
    return found


def _wrong(plugin: Plugin, others: list[Plugin], folder: Path | None) -> list[str]:
    """All that is wrong with a declaration; its files are looked at where the rest is right."""
    found = [*validate.problems(plugin), *validate.clashes(plugin, others)]
    return found or list(validate.pictures(plugin, folder))


def _refuse(wrong: Iterable[str]) -> None:
    problems = "; ".join(wrong)
    if problems:
        raise Broken(problems)


def _folder(module: object) -> Path | None:
    """Where a plugin's templates, translations and migrations lie: beside its package's module."""
    try:
        path = Path(getfile(module))  # type: ignore[arg-type]
    except (TypeError, OSError):
        return None
    return path.parent if path.name == "__init__.py" else None
