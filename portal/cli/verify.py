"""`ledgerdesk verify`: is every change there, and does every ticket equal its history?"""

import sys

import click

from portal.cli.product import Product, pass_product


@click.command("verify")
@pass_product
def verify(product: Product) -> None:
    """Check every ticket against its history; exits with 1 when something is wrong."""
    tickets = product.services.tickets
    report = tickets.audit.verify(origins=tickets.importer.origins())
    for line in report.shown:
        click.echo(line)
    if report.violations > len(report.shown):
        click.echo(f"... and {report.violations - len(report.shown)} more")
    click.echo(
        f"{report.tickets} tickets, {report.history_items} history items, {report.violations} violations"
    )
    for origin, (count, items) in sorted(report.by_origin.items()):
        click.echo(f"  from {origin}: {count} tickets, {items} history items")
    sys.exit(1 if report.violations else 0)
