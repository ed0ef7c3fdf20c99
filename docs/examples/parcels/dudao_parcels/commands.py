"""``dudao plugin do parcels enter CODE NUMBER``: for whoever has the printer's list."""

from __future__ import annotations

import click

from core.api import Data
from dudao_parcels import stock


@click.command()
@click.argument("code")
@click.argument("leaflets", type=click.IntRange(min=0))
@click.pass_obj
def enter(data: Data, code: str, leaflets: int) -> None:
    """Enter the stock of the depot with a code."""
    unit = next((unit for unit in data.units() if unit.code == code), None)
    if unit is None:
        raise click.ClickException(f"no depot has the code {code}")
    stock.enter(data, unit, leaflets)
    click.echo(f"{unit.name}: {leaflets}")


COMMANDS = (enter,)
