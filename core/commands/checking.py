"""Looking at an installation: its routes, and whether everything agrees."""

from __future__ import annotations

import json

import click

from core.commands.context import application, plain_errors
from core.services import fsck as checks
from core.services import scrub as scrubbing
from core.services.comparing import Kind
from core.web.policy import READING, Policy


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@plain_errors
def routes(as_json: bool) -> None:
    """Every route with its permission and audit action, read from the router itself."""
    with application() as app:
        declared: dict[str, Policy] = app.extensions["dudao_policies"]
        rows = [
            {
                "endpoint": rule.endpoint,
                "rule": rule.rule,
                "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
                "permission": declared[rule.endpoint].permission.value,
                "scope": "unit type's own pages" if declared[rule.endpoint].unit_pages else "by permission",
                "audit": declared[rule.endpoint].audit,
                "changing": bool((rule.methods or set()) - READING),
            }
            for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        methods = ",".join(row["methods"])
        click.echo(f"{methods:6} {row['rule']!s:55} {row['permission']!s:16} {row['audit'] or ''}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--no-hashes", is_flag=True, help="Do not read every file's bytes.")
@plain_errors
def fsck(as_json: bool, no_hashes: bool) -> None:
    """Compare rows, files, hashes, tallies, histories and the outbox; exit 0 only if all agree."""
    with application():
        found = checks.check(hashes=not no_hashes)
    if as_json:
        click.echo(json.dumps({"clean": found.clean, **vars(found)}, ensure_ascii=False, indent=2))
    else:
        for kind, lines in vars(found).items():
            click.echo(f"{kind}: {len(lines) or 'none'}")
            for line in lines[:20]:
                click.echo(f"  {line}")
    raise SystemExit(0 if found.clean else 1)


@click.command()
@click.option("--resume/--from-start", default=True, help="Go on where the last round stopped (the default).")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@plain_errors
def scrub(resume: bool, as_json: bool) -> None:
    """Read every stored byte and name what is wrong; exit 0 only if nothing is. May be stopped at any time."""
    with application():
        found = scrubbing.run(resume=resume)
    counts = {kind.value: [one for one in found.wrong if one.kind == kind] for kind in Kind}
    if as_json:
        named = {kind: [one.name for one in wrong] for kind, wrong in counts.items()}
        holds = {one.name: one.holds for one in found.wrong if one.holds}
        answer = {"clean": found.clean, "files": found.files, "bytes": found.size, **named, "holds": holds}
        click.echo(json.dumps(answer | {"more": found.more}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"read {found.files} files, {found.size / 1_000_000:,.0f} MB")
        for kind, wrong in counts.items():
            click.echo(f"{kind}: {len(wrong) or 'none'}")
            for one in wrong[:20]:
                click.echo(f"  {one.name}{f', holds the bytes of {one.holds}' if one.holds else ''}")
        if found.more:
            click.echo(f"and {found.more} more that are not named")
    raise SystemExit(0 if found.clean else 1)
