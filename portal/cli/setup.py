"""`ledgerdesk setup`: tables, built-in roles and, outside production, a demo; safe and quick to repeat."""

from datetime import UTC, datetime

import click

from portal.cli import demo
from portal.cli.product import Product, pass_product
from portal.config.private_files import make_private


@click.command("setup")
@pass_product
def setup(product: Product) -> None:
    """Create what is missing: tables, indexes, built-in roles and, in development, the demo."""
    settings, services, now = product.settings, product.services, datetime.now(UTC)
    for warning in make_private(settings):
        click.echo(f"WARNING: {warning}", err=True)
    for name in services.maintenance.create_tables():
        click.echo(f"created table {name}")
    for table, number in services.maintenance.migrate(now=now).items():
        click.echo(f"moved {number} items into table {table}")
    if settings.dynamodb_endpoint:  # on Amazon DynamoDB the stack makes tables and indexes
        for name in services.maintenance.upgrade_indexes():
            click.echo(f"rebuilt index {name}")
        for name in services.maintenance.switch_on_expiry():
            click.echo(f"switched on the expiry of table {name}")
    services.users.roles.ensure_built_in()
    if settings.is_production or not settings.demo_password:
        return
    if demo.ensure(services, password=settings.demo_password, now=now):
        click.echo("created the demo")
