"""Plugins without code: take a duty sheet in, write a template of one, eject one into a Python plugin."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from core import scaffold
from core.commands.context import plain_errors
from core.config import Settings, from_environment
from core.domain.declare import Plugin
from core.extend import discover
from core.extend.dutysheet.words import cadence_words
from core.extend.dutysheet.write import workbook
from core.extend.eject import eject as ejected
from core.extend.host import PluginHost
from core.extend.sheet import SUFFIXES, Sheet, SheetError, as_module, checked, read

TEMPLATE = Path(__file__).resolve().parent.parent / "data" / "sheet-template.toml"
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("from-sheet")
@click.argument("file", type=_FILE)
@click.option(
    "--into", "folder", type=_FOLDER, help="Folder of plugins [DUDAO_PLUGINS_DIR, else DATA/plugins]."
)
@plain_errors
def from_sheet(file: Path, folder: Path | None) -> None:
    """Check a duty sheet (TOML or xlsx) and put it into the folder of plugins."""
    settings = from_environment()
    into = (folder or _plugins_folder(settings)).expanduser().resolve()
    sheet, plugin = _checked(file)
    target = into / f"{sheet.key}{file.suffix.lower()}"
    _refuse_clashes(sheet, file, target, settings)
    replaced = target.exists()
    _copy(file, target)
    click.echo(f"{'replaced' if replaced else 'written'}: {target}")
    for line in _told(plugin):
        click.echo(line)
    click.echo(_next_steps(sheet.key, into, settings))


@click.command("eject")
@click.argument("sheet_or_key", metavar="FILE|KEY")
@click.argument("target", type=_FOLDER)
@click.option(
    "--distribution", "whole", is_flag=True, help="With all that an installable distribution needs."
)
@plain_errors
def eject(sheet_or_key: str, target: Path, whole: bool) -> None:
    """Write a duty sheet as a Python plugin with tests, into the folder TARGET; nothing there is overwritten."""
    path = _sheet_file(sheet_or_key, from_environment())
    sheet, _plugin = _checked(path)
    modules = scaffold.ejected(sheet) if whole else ejected(sheet)
    for name in write_modules(modules, target):
        click.echo(f"written: {name}")
    click.echo(
        f"the Python plugin takes the place of {path.name}: remove that file where both would be loaded"
    )


@click.command("sheet-template")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@plain_errors
def sheet_template(file: Path) -> None:
    """Write a duty sheet filled with an example, to be changed: FILE ends with .toml or .xlsx."""
    if file.suffix.lower() not in SUFFIXES:
        raise click.ClickException("the file's name must end with .toml or .xlsx")
    if file.exists():
        raise click.ClickException(f"{file} exists already: choose another name")
    if file.suffix.lower() == ".toml":
        shutil.copyfile(TEMPLATE, file)
    else:
        workbook(read(TEMPLATE), file)
    click.echo(f"written: {file}")


#: What the group `dudao plugin` takes over.
SHEET_COMMANDS = (from_sheet, eject, sheet_template)


def write_modules(modules: Mapping[str, str], target: Path) -> Iterator[Path]:
    """Write source by relative path; raises before anything is written if a file is there already."""
    there = [name for name in modules if (target / name).exists()]
    if there:
        raise click.ClickException(f"{target} has these files already: {', '.join(sorted(there))}")
    for name, source in sorted(modules.items()):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
        yield path


def _plugins_folder(settings: Settings) -> Path:
    return settings.plugins_dir or settings.data / "plugins"


def _checked(file: Path) -> tuple[Sheet, Plugin]:
    try:
        return checked(file)
    except SheetError as error:
        raise click.ClickException(_listed(f"{file.name} cannot be used", error.problems)) from error


def _listed(head: str, problems: list[str]) -> str:
    return "\n".join([f"{head}:", *(f"  {problem}" for problem in problems)])


def _refuse_clashes(sheet: Sheet, file: Path, target: Path, settings: Settings) -> None:
    """Load the sheet beside all other plugins, as a start would."""
    beside = [
        path
        for path in (*target.parent.glob(f"{sheet.key}.*"), target.parent / sheet.key / "__init__.py")
        if path != target and path.exists() and (path.suffix in SUFFIXES or path.suffix == ".py")
    ]
    if beside:
        raise click.ClickException(
            f"plugin {sheet.key!r} is there already as {beside[0]}: remove that first, or choose another key"
        )
    others = [
        item
        for item in discover.find(target.parent)
        if item.source != f"sheet {target.name}" and item.name not in settings.plugins_off
    ]
    # Under a name that no other can have: it is the key that must not be taken.
    own = discover.Found("the new sheet", f"sheet {file.name}", lambda: as_module(sheet, target))
    registry = PluginHost().load([*others, own])
    wrong = [bad.problem for bad in registry.quarantined if bad.key == own.name]
    if wrong:
        raise click.ClickException(_listed(f"{file.name} cannot be used", wrong))


def _copy(file: Path, target: Path) -> None:
    """Copy the file so that a start in between finds the old one or the new one, never half of it."""
    if target.exists() and file.samefile(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(file, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _told(plugin: Plugin) -> Iterator[str]:
    """What a plugin brings: its kinds and its duties."""
    yield f"plugin {plugin.key} {plugin.version}: {plugin.title}"
    for unit_type in plugin.unit_types:
        yield f"unit type {unit_type.key}: {unit_type.title}"
        for kind in unit_type.kinds:
            yield f"  kind {kind.key}: {kind.title}{' (front line)' if kind.front_line else ''}"
    for duty in (*plugin.duties, *(duty for unit_type in plugin.unit_types for duty in unit_type.duties)):
        whom = "、".join(kind.key for kind in duty.who) if isinstance(duty.who, tuple) else "everyone"
        yield f"  duty {duty.code}: {duty.title} ({whom}; {cadence_words(duty.due)})"


def _next_steps(key: str, into: Path, settings: Settings) -> str:
    setting = "" if settings.plugins_dir == into else f"set DUDAO_PLUGINS_DIR={into}, "
    return (
        f"next: {setting}`dudao reload` where Dudao runs, then `dudao plugin enable {key}`: "
        "its duties join the campaign under way from today on"
    )


def _sheet_file(named: str, settings: Settings) -> Path:
    """The file of a sheet, named by its path or by the key of one in the folder of plugins."""
    path = Path(named)
    if path.is_file():
        return path
    folder = _plugins_folder(settings)
    for suffix in sorted(SUFFIXES):
        if (folder / f"{named}{suffix}").is_file():
            return folder / f"{named}{suffix}"
    raise click.ClickException(
        f"there is no duty sheet {named!r}: give a file, or the key of one in {folder}"
    )
