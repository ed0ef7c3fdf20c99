"""Measuring the product on this machine."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import click

from core.bench import likeness, many_plugins, measure, report, uploads
from core.bench.browser import WrongAnswer
from core.bench.operations import OPERATIONS
from core.bench.servers import BenchError


def _chosen(context: click.Context, parameter: click.Parameter, value: str | None) -> list[str]:
    names = [name.strip() for name in value.split(",")] if value else list(OPERATIONS)
    unknown = [name for name in names if name not in OPERATIONS]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(OPERATIONS)}")
    return names


@click.command()
@click.option("--quick", is_flag=True, help="A small run that shows whether all works; rough figures.")
@click.option(
    "--operations", callback=_chosen, help=f"Some only, separated by commas: {', '.join(OPERATIONS)}."
)
@click.option("--plugins", "many", is_flag=True, help="Instead: what 200 plugins cost at start and on pages.")
@click.option("--uploads", "sending", is_flag=True, help="Instead: uploads against hashing and writing the same bytes.")
@click.option("--likeness", "alike", is_flag=True, help="Instead: finding pictures that look alike.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="File for the JSON [stdout].")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where the throwaway installation is made [the system's]. On a memory disk writes look too fast.",
)
def bench(
    quick: bool,
    operations: list[str],
    many: bool,
    sending: bool,
    alike: bool,
    output: Path | None,
    folder: Path | None,
) -> None:
    """Measure the product on throwaway data: JSON on stdout, a table on stderr.

    Each figure comes with its ratio to a bare Flask and SQLAlchemy application measured in the same run.
    """
    # As with Ctrl-C, what was started is ended and what was made is removed.
    signal.signal(signal.SIGTERM, _interrupt)
    effort = measure.QUICK if quick else measure.FULL
    known = report.circumstances(effort)
    if many:
        cost = many_plugins.run(3 if quick else 15, _say, folder)
        _write(output, report.as_json(known, cost))
        return
    if sending:
        sent = uploads.run(quick, _say, folder)
        _write(output, report.as_json(known, sent))
        _all(uploads.table(sent))
        return
    if alike:
        seen = likeness.run(likeness.QUICK if quick else likeness.FULL, _say, folder)
        _write(output, report.as_json(known, seen))
        _all(likeness.lines(seen))
        return
    try:
        found = measure.run(effort, operations, folder, _say)
    except (BenchError, WrongAnswer, OSError) as error:
        raise click.ClickException(str(error)) from error
    _write(output, report.as_json(known, found))
    _all(report.table(found))


def _say(line: str) -> None:
    click.echo(line, err=True)


def _all(lines: Iterable[str]) -> None:
    for line in lines:
        _say(line)


def _write(output: Path | None, figures: dict[str, Any]) -> None:
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    if output is not None:
        output.write_text(text + "\n", "utf-8")
    else:
        click.echo(text)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
