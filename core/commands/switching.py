"""Switching many units on or off from a list."""

from __future__ import annotations

from pathlib import Path

import click

from core.commands.context import application, plain_errors
from core.services import switching, unit_lists
from core.services.unit_lists import WrongRows
from core.services.work import SYSTEM


@click.group()
def units() -> None:
    """Member units: switch many of them at once."""


@units.command("switch")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--on/--off", "on", default=None, help="What to do with rows that name no state.")
@click.option("--reason", default="", help="Why; every unit sees it. Rows may give reasons of their own.")
@plain_errors
def units_switch(file: Path, on: bool | None, reason: str) -> None:
    """Columns: code, and perhaps state (on, off) and reason; or unit codes alone. All or none are switched."""
    with application():
        try:
            parts = unit_lists.read(SYSTEM, unit_lists.decoded(file.read_bytes()), file.name, on)
        except WrongRows as wrong:
            for problem in wrong.problems:
                click.echo(
                    f"{file.name}:{problem.line}: {problem.code}: {problem.message.en} · {problem.message.zh}",
                    err=True,
                )
            raise
        done = switching.switch_parts(SYSTEM, parts, reason)
    click.echo(f"{done.changed} units switched, {done.already} stood so already")
