"""The command `dudao`."""

from __future__ import annotations

import click

import core
from core.commands import administration, benching, checking, plugins, running, switching


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(core.__version__, prog_name="dudao")
def main() -> None:
    """督导 Dudao: supervise what a campaign's member units owe, report and prove."""


for command in (
    running.demo,
    running.init,
    running.run,
    running.reload,
    running.serve,
    running.worker,
    running.scheduler,
    running.migrate,
    plugins.plugin,
    administration.user,
    administration.import_,
    switching.units,
    administration.publish,
    administration.seed_command,
    checking.routes,
    checking.fsck,
    checking.scrub,
    benching.bench,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
