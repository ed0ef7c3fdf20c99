"""`dudao plugin check`: the conformance kit over plugins, in words for their authors."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from core.commands.context import plain_errors
from core.config import from_environment
from core.extend import discover
from core.extend.discover import Found
from core.testing import conformance
from core.testing.conformance import Outcome, Subject

_SIGNS = {"passed": "✓", "failed": "✗", "not applicable": "–", "hint": "✓"}


@click.command("check")
@click.argument("target", required=False, metavar="KEY|FILE|FOLDER")
@click.option("--all", "every", is_flag=True, help="Every installed plugin, the bundled ones included.")
@click.option("--quiet", is_flag=True, help="Only what is wrong, and the sum.")
@plain_errors
def check(target: str | None, every: bool, quiet: bool) -> None:
    """Run the conformance checks over a plugin: one that is installed, a file, or a package's folder.

    Each check is a line: ✓ kept, ✗ broken and what to do, – nothing to look at. Ends with 1 if any is broken.
    """
    if bool(target) == every:
        raise click.UsageError("name a plugin by its key, file or folder, or say --all")
    # What a plugin logs while it is tried out is no news.
    logging.disable(logging.CRITICAL)
    try:
        broken = sum(_checked(found, quiet) for found in _wanted(target))
    finally:
        logging.disable(logging.NOTSET)
    raise SystemExit(1 if broken else 0)


def _wanted(target: str | None) -> list[Found]:
    if target is not None and ("/" in target or Path(target).exists()):
        found = conformance.found_at(Path(target))
        if not found:
            raise click.ClickException(f"{target}: no plugin stands there")
        return found
    with tempfile.TemporaryDirectory() as folder:
        installed = list(discover.find(from_environment(data=Path(folder)).plugins_dir))
    if target is None:
        return installed
    named = [item for item in installed if item.name == target] or list(_by_key(installed, target))
    if not named:
        names = ", ".join(item.name for item in installed)
        raise click.ClickException(f"no plugin is called {target!r}; there are {names}")
    return named[:1]


def _by_key(installed: list[Found], key: str) -> Iterator[Found]:
    """Plugins whose place has another name than their key."""
    for item in installed:
        try:
            if Subject(item, Path()).key == key:
                yield item
        except conformance.NotApplicable:
            continue


def _checked(found: Found, quiet: bool) -> int:
    """Print each check of one plugin; says how many are broken."""
    click.echo(f"{found.name} ({found.source})")
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for outcome in conformance.check_all(Subject(found, Path(folder))):
            outcomes.append(outcome)
            if not quiet or not outcome.ok:
                click.echo(_line(outcome))
    count = {state: sum(outcome.state == state for outcome in outcomes) for state in _SIGNS}
    click.echo(
        f"  {len(outcomes)} checks: {count['passed'] + count['hint']} kept, {count['failed']} broken, "
        f"{count['not applicable']} not applicable"
    )
    return count["failed"]


def _line(outcome: Outcome) -> str:
    said = f"  {_SIGNS[outcome.state]} {outcome.check.name}: {outcome.check.title}"
    if outcome.state == "not applicable":
        return f"{said} (not applicable: {outcome.message})"
    return f"{said}\n      {outcome.message}" if outcome.message else said
