"""Looking after an installation: people, imports, demo data."""

from __future__ import annotations

import csv
import secrets
from datetime import datetime
from pathlib import Path

import click

from core.commands.context import application, plain_errors
from core.domain.access import Role
from core.domain.errors import Invalid
from core.domain.text import Text
from core.services import campaigns, people, places, seed
from core.services.people import Application
from core.services.places import NewUnit
from core.services.runtime import runtime
from core.services.work import SYSTEM


@click.group()
def user() -> None:
    """Accounts: add, disable, enable, give a new password."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--unit", "unit_code", default="", help="Unit code, for reporters and leads.")
@click.option(
    "--region", "region_code", default="", help="Region code, for inspectors and offices below the province."
)
@click.option("--types", default="", help="Unit types, separated by commas, for inspectors.")
@click.option("--password", default=None, help="Without one, a password is made and printed once.")
@plain_errors
def user_add(
    login: str, name: str, role: str, unit_code: str, region_code: str, types: str, password: str | None
) -> None:
    """Add an account with one role."""
    secret = password or secrets.token_urlsafe(12)
    wanted = Application(login, name, role, unit_code, region_code, tuple(filter(None, types.split(","))))
    with application():
        people.apply(SYSTEM, wanted, secret)
    click.echo(f"{login} added" + ("" if password else f"; password: {secret}"))


@user.command("disable")
@click.argument("login")
@plain_errors
def user_disable(login: str) -> None:
    """Disable an account; its sessions end at once."""
    with application():
        people.set_disabled(login, True)


@user.command("enable")
@click.argument("login")
@plain_errors
def user_enable(login: str) -> None:
    """Enable an account again."""
    with application():
        people.set_disabled(login, False)


@user.command("password")
@click.argument("login")
@plain_errors
def user_password(login: str) -> None:
    """Give an account a new password, printed once; its sessions end."""
    secret = secrets.token_urlsafe(12)
    with application():
        people.reset_password(login, secret)
    click.echo(f"new password of {login}: {secret}")


@click.group("import")
def import_() -> None:
    """Read regions or units from a CSV file; errors by row, nothing half-written."""


@import_.command("regions")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@plain_errors
def import_regions(file: Path) -> None:
    """Columns: code, name, level (province, city, county), parent."""
    with application():
        click.echo(f"{places.import_regions(file)} regions")


@import_.command("units")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day from which they are enabled [the campaign's first day, or today once it has begun].",
)
@plain_errors
def import_units(file: Path, since: datetime | None) -> None:
    """Columns: code, name, unit_type, kind, region, parent (may be empty)."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    needed = {"code", "name", "unit_type", "kind", "region", "parent"}
    if not rows or needed - rows[0].keys():
        raise Invalid(
            Text(
                f"首行须有这些列：{'、'.join(sorted(needed))}",
                f"The first row must name: {', '.join(sorted(needed))}",
            )
        )
    new = [
        NewUnit(r["code"], r["name"], r["unit_type"], r["kind"], r["region"], r["parent"] or None)
        for r in rows
    ]
    with application():
        campaign = campaigns.current()
        today = runtime().clock.today()
        first = max(today, campaign.calendar.span.starts) if campaign else today
        day = since.date() if since else first
        click.echo(f"{len(places.add_units(new, day))} units, enabled from {day} on")


@click.command("seed")
@click.option("--fixture", is_flag=True, help="Also one account for each actor of the access matrix.")
@click.option(
    "--scale", default=1, show_default=True, help="From 10 on, units in every county of the province."
)
@click.option("--password", default=None, help="One password for all accounts; without one it is made.")
@plain_errors
def seed_command(fixture: bool, scale: int, password: str | None) -> None:
    """Fill an empty database with units of every type at three levels and an account for every role."""
    secret = password or secrets.token_urlsafe(9)
    with application():
        if campaigns.current() is not None:
            raise click.ClickException("the database is not empty: use another data folder (DUDAO_DATA)")
        weeks = seed.weeks_until_phase(runtime().clock.today())
        logins = seed.everything(
            secret, size="province" if scale >= 10 else "small", weeks_later=weeks, fixture=fixture
        )
    click.echo(f"password for all accounts: {secret}")
    click.echo("accounts: " + ", ".join(logins))


@click.command()
@click.option("--weeks-later", default=0, show_default=True, help="Move the notice's dates by whole weeks.")
@plain_errors
def publish(weeks_later: int) -> None:
    """Publish the notice's campaign with a frozen copy of all declared duties."""
    with application():
        campaigns.publish(campaigns.read_notice(), weeks_later=weeks_later)
        click.echo("published")
