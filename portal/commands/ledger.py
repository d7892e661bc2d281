"""`flask ledger verify`: is every change there, and does every ticket equal its history?"""

import sys

import click
from flask.cli import AppGroup

from portal.guards import services

group = AppGroup("ledger", help="Check the ledger.")


@group.command("verify")
def verify() -> None:
    """Check every ticket against its history; exits with 1 when something is wrong."""
    found = services().audit.verify()
    for line in found.shown:
        click.echo(line)
    if found.violations > len(found.shown):
        click.echo(f"... and {found.violations - len(found.shown)} more")
    click.echo(f"{found.tickets} tickets, {found.history_items} history items, {found.violations} violations")
    sys.exit(1 if found.violations else 0)
