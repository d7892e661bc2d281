"""`flask analytics`: the columnar copy of the ledger, rebuilt or summed up."""

import json
from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from portal.cli.error_messages import in_one_line
from portal.web.guards import services

group = AppGroup("analytics", help="Rebuild or sum up the columnar copy of the ledger.")


@group.command("rebuild")
def rebuild() -> None:
    """Build the columnar copy anew from the ledger."""
    with in_one_line():
        progress = services().reporting.analytics.rebuild(now=datetime.now(UTC))
    click.echo(f"{progress.seen} events")


@group.command("summary")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@click.option("--source", help="Count only what this import brought, for example uci-incidents.")
def summary(as_json: bool, source: str | None) -> None:
    """Print counts of everything in the ledger."""
    with in_one_line():
        only = None
        if source is not None:
            only = [
                number for number, origin in services().tickets.importer.origins().items() if origin == source
            ]
            if not only:
                raise click.ClickException(f"Nothing was imported from {source!r}.")
        figures = services().reporting.reports.summary(only=only)
    if as_json:
        click.echo(json.dumps(figures, indent=2, sort_keys=True))
        return
    for name, value in figures.items():
        if isinstance(value, dict):
            click.echo(f"{name}:")
            for key, count in value.items():
                click.echo(f"  {key}: {count}")
        else:
            click.echo(f"{name}: {value}")
