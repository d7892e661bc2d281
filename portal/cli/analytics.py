"""`ledgerdesk analytics`: the columnar copy of the ledger, rebuilt or summed up."""

import json
from datetime import UTC, datetime

import click

from portal.cli.product import Product, pass_product

group = click.Group("analytics", help="Rebuild or sum up the columnar copy of the ledger.")


@group.command("rebuild")
@pass_product
def rebuild(product: Product) -> None:
    """Build the columnar copy again from the ledger."""
    progress = product.services.reporting.analytics.rebuild(now=datetime.now(UTC))
    click.echo(f"{progress.seen} events")


@group.command("summary")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@click.option("--source", help="Count only what this import brought, for example uci-incidents.")
@pass_product
def summary(product: Product, as_json: bool, source: str | None) -> None:
    """Print counts of everything in the ledger."""
    services = product.services
    only = None
    if source is not None:
        origins = services.tickets.importer.origins()
        only = [number for number, origin in origins.items() if origin == source]
        if not only:
            raise click.ClickException(f"Nothing was imported from {source!r}.")
    figures = services.reporting.reports.summary(only=only)
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
