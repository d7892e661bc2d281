"""`flask setup`: tables, built-in roles and, outside production, a demo; safe and quick to repeat."""

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.cli import demo
from portal.config.settings import Settings
from portal.web.guards import services


@click.command("setup")
@with_appcontext
def setup() -> None:
    """Create what is missing: tables, built-in roles, the demo."""
    settings: Settings = current_app.extensions["settings"]
    maintenance, now = services().maintenance, datetime.now(UTC)
    for name in maintenance.create_tables():
        click.echo(f"created table {name}")
    for table, number in maintenance.migrate(now=now).items():
        click.echo(f"moved {number} items into table {table}")
    services().users.roles.ensure_built_in()
    if settings.is_production or not settings.demo_password:
        return
    if demo.ensure(services(), password=settings.demo_password, now=now):
        click.echo("created the demo")
