"""`dudao plugin new`: asks a few questions and writes a plugin as a small distribution of its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click

from core.commands.context import plain_errors
from core.commands.sheets import write_modules
from core.config import Settings, from_environment
from core.domain.declare import UnitKind
from core.domain.text import Text
from core.extend import discover
from core.extend.host import PluginHost
from core.extend.registry import Registry
from core.scaffold import Answers, Wrong, answers, distribution, problems

Answer = TypeVar("Answer")


@click.command("new")
@click.argument("name")
@click.option("--key", help="The plugin's key, for ever, e.g. parcels.")
@click.option("--title", help="Its Chinese title.")
@click.option("--title-en", help="Its English title.")
@click.option(
    "--kind", "kinds", multiple=True, metavar="KEY:中文:ENGLISH", help="A kind of unit; repeatable."
)
@click.option("--duty", metavar="CODE:中文:ENGLISH", help="The duty that all of them owe.")
@click.option("--cadence", metavar="daily|weekly[:N]|phase|once", help="How often it is owed.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder in which the folder NAME is made [here].",
)
@click.option("--minimal", is_flag=True, help="A single file and its tests, without a page.")
@click.option("--yes", is_flag=True, help="Take what is proposed where nothing is said.")
@plain_errors
def new(name: str, into: Path, minimal: bool, yes: bool, **said: Any) -> None:
    """Write a plugin with tests that pass into a new folder NAME; what the options leave open is asked."""
    if Path(name).name != name or name.startswith((".", "-")) or not name.isprintable():
        raise click.ClickException(f"{name!r} is no name for a folder: use --into for the folder around it")
    registry = installed()
    given = _Interview(name, said, yes, registry).answers(minimal=minimal)
    wrong = list(problems(given, registry.plugins.values()))
    if wrong:
        raise click.ClickException("; ".join(wrong))
    target = into / name
    files = distribution(given)
    for path in write_modules(files, target):
        click.echo(f"written: {path}")
    for line in _next_steps(given.key, target):
        click.echo(line)


def installed() -> Registry:
    """All plugins that a start would load, without touching a data folder."""
    with TemporaryDirectory() as nowhere:
        settings: Settings = from_environment(data=Path(nowhere))
    found = [item for item in discover.find(settings.plugins_dir) if item.name not in settings.plugins_off]
    return PluginHost().load(found)


@dataclass(frozen=True)
class _Interview:
    """Puts the answers together: from the options, else what is proposed with --yes, else by asking."""

    name: str
    said: dict[str, Any]
    yes: bool
    registry: Registry

    def answers(self, *, minimal: bool) -> Answers:
        key = self._ask("key", "标识 Key", answers.proposed_key(self.name), answers.key)
        title = self._ask(
            "title", "中文名称 Chinese title", answers.proposed_chinese(self.name), answers.title
        )
        title_en = self._ask("title_en", "英文名称 English title", answers.proposed_title(key), answers.title)
        kinds = self._kinds()
        duty = answers.proposed_duty(key, (rule.code for rule in self.registry.duty_rules()))
        code, told = self._ask("duty", "职责 Duty, CODE:中文:English", duty, answers.duty)
        due = self._ask(
            "cadence",
            "多久一次 How often: daily, weekly, weekly:3, phase, once",
            answers.PROPOSED_CADENCE,
            answers.cadence,
        )
        return Answers(key, Text(title, title_en), kinds, code, told, due, minimal)

    def _kinds(self) -> tuple[UnitKind, ...]:
        if self.said["kinds"] or self.yes:
            return _read(answers.kinds, self.said["kinds"] or [answers.PROPOSED_KIND])
        typed: list[str] = []
        while True:
            asked = "单位性质 Kind of unit, key:中文:English" if not typed else "还有 Another, or nothing"
            more = click.prompt(
                asked,
                default="" if typed else answers.PROPOSED_KIND,
                show_default=not typed,
                value_proc=_again(lambda text: text and (answers.kinds([*typed, text]), text)[1]),
            )
            if not more:
                return answers.kinds(typed)
            typed.append(more)

    def _ask(self, option: str, words: str, proposed: str, read: Callable[[str], Answer]) -> Answer:
        given = self.said[option]
        if given is None and self.yes and not proposed:
            raise click.ClickException(f"{self.name!r} gives no {option}: say it with --{option}")
        if given is not None or self.yes:
            return _read(read, proposed if given is None else given)
        asked: Answer = click.prompt(words, default=proposed or None, value_proc=_again(read))
        return asked


def _read(read: Callable[[Any], Answer], given: object) -> Answer:
    try:
        return read(given)
    except Wrong as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _again(read: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """What will not do is said, and asked again."""

    def checked(typed: str) -> Answer:
        try:
            return read(typed)
        except Wrong as wrong:
            raise click.UsageError(str(wrong)) from wrong

    return checked


def _next_steps(key: str, target: Path) -> Iterator[str]:
    folder = shlex.quote(str(target))
    yield "next:"
    yield f"  (cd {folder} && python -m pytest)"
    yield f"  dudao demo --plugins-dir {folder} --data {key}-demo --today 2020-11-12"
    yield f"  dudao plugin check {folder}"
