"""`flask setup`: tables, built-in roles and, outside production, a demo; safe and quick to repeat."""

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

import models
from portal.cli import demo
from portal.config.settings import Settings
from portal.web.guards import services


@click.command("setup")
@with_appcontext
def setup() -> None:
    """Create what is missing: tables, indexes, built-in roles, the demo."""
    settings: Settings = current_app.extensions["settings"]
    for name in models.create_tables():
        click.echo(f"created table {name}")
    if settings.dynamodb_endpoint:  # on Amazon DynamoDB the stack makes tables and indexes
        for name in models.upgrade_indexes():
            click.echo(f"built index {name} anew")
    services().users.roles.ensure_built_in()
    if settings.is_production or not settings.demo_password:
        return
    if demo.ensure(services(), password=settings.demo_password, now=datetime.now(UTC)):
        click.echo("created the demo")
