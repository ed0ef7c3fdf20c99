"""The group `dudao plugin`: what is installed, switching it, and the commands for authors."""

from __future__ import annotations

from dataclasses import replace

import click

from core.commands.conformance import check
from core.commands.context import application, plain_errors
from core.commands.scaffolding import new
from core.commands.sheets import SHEET_COMMANDS
from core.config import from_environment
from core.extend.trace import listening
from core.services import failures, plugin_commands, plugins, sessions, upgrading
from core.services.runtime import runtime
from core.services.work import SYSTEM


@click.group()
def plugin() -> None:
    """Plugins: write, check and list them, switch them on and off."""


@plugin.command("list")
@plain_errors
def plugin_list() -> None:
    """Every plugin found, with its state; for one in quarantine, what to do."""
    with application():
        for row in plugins.overview():
            state = "on " if row.enabled else "off"
            parked = plugins.parked_parts(row.plugin.key)
            click.echo(
                f"{state}  {row.plugin.key:24} {row.plugin.version:8} {row.duties:3} duties  {row.plugin.title}"
                + (f"  parked: {', '.join(parked)}" if parked else "")
            )
        for bad in runtime().registry.quarantined:
            click.echo(f"!!   {bad.key:24} left out ({bad.source}): {bad.problem}")


def _switch(key: str, enable: bool, reason: str) -> None:
    with application():
        plugins.switch_from_command(key, enable, reason)
        click.echo(f"{key} is {'on' if enable else 'off'}")


@plugin.command("enable")
@click.argument("key")
@click.option("--reason", default="", help="Why; kept with the audit record.")
@plain_errors
def plugin_enable(key: str, reason: str) -> None:
    """Switch a plugin on."""
    _switch(key, True, reason)


@plugin.command("disable")
@click.argument("key")
@click.option("--reason", required=True, help="Why; kept with the audit record.")
@plain_errors
def plugin_disable(key: str, reason: str) -> None:
    """Switch a plugin off: its pages are gone, its duties are not owed, its history stays."""
    _switch(key, False, reason)


# For authors: a new plugin, and plugins without code.
for command in (new, check, *SHEET_COMMANDS):
    plugin.add_command(command)


@plugin.command("put-back")
@click.argument("key")
@click.option("--reason", required=True, help="Why; kept with the audit record.")
@plain_errors
def plugin_put_back(key: str, reason: str) -> None:
    """Call again the parts of a plugin that were parked because they failed."""
    with application():
        failures.put_back(SYSTEM, key, reason)
        click.echo(f"{key}: nothing is parked any more")


@plugin.command("migrate")
@click.argument("key")
@click.option(
    "--to", "revision", default="head", show_default=True, help="A revision, or base to remove its tables."
)
@click.option("--new", "message", help="Write a migration from the difference between tables and models.")
@plain_errors
def plugin_migrate(key: str, revision: str, message: str | None) -> None:
    """Bring a plugin's own tables to a revision, or write its next migration."""
    with application():
        click.echo(f"{key}: {upgrading.migrate(key, revision, message)}")


@plugin.command("do", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("key")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@plain_errors
def plugin_do(key: str, words: tuple[str, ...]) -> None:
    """Run a command that a plugin brings; without one, list them."""
    with application():
        commands = plugin_commands.of(key)
        if not words:
            for name, command in sorted(commands.items()):
                click.echo(f"{name:24} {command.get_short_help_str()}")
        else:
            plugin_commands.run(key, click.Group(f"{key} commands", commands), words)


@plugin.command("trace")
@click.argument("address")
@click.option("--as", "login", required=True, help="The account through whose eyes the page is asked for.")
@plain_errors
def plugin_trace(address: str, login: str) -> None:
    """Ask for a page and show which hooks of which plugins it called, how long, with what result."""
    # The product's own tracing would take the calls for its file.
    settings = replace(from_environment(), trace=False)
    with application(settings) as app, listening() as calls, sessions.lent(login) as secret:
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = secret, True
        answer = client.get(address)
    click.echo(f"{answer.status_code} {address}")
    for call in calls:
        click.echo(f"{call.plugin:24} {call.hook:32} {call.milliseconds:8.1f} ms  {call.result}")
    if not calls:
        click.echo("no plugin was asked; a part that is parked is not: see `dudao plugin list`")
