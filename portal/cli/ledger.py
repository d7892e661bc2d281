"""`flask ledger verify`: is every change there, and does every ticket equal its history?"""

import sys

import click
from flask.cli import AppGroup

from portal.cli.error_messages import in_one_line
from portal.web.guards import services

group = AppGroup("ledger", help="Check the ledger.")


@group.command("verify")
def verify() -> None:
    """Check every ticket against its history; exits with 1 when something is wrong."""
    with in_one_line():
        found = services().tickets.audit.verify(origins=services().tickets.importer.origins())
    for line in found.shown:
        click.echo(line)
    if found.violations > len(found.shown):
        click.echo(f"... and {found.violations - len(found.shown)} more")
    click.echo(f"{found.tickets} tickets, {found.history_items} history items, {found.violations} violations")
    for origin, (tickets, items) in sorted(found.by_origin.items()):
        click.echo(f"  from {origin}: {tickets} tickets, {items} history items")
    sys.exit(1 if found.violations else 0)
