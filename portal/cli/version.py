"""`ledgerdesk version`: which release this is."""

import click

from services import __version__


@click.command("version")
def version() -> None:
    """Print the version."""
    click.echo(f"ledgerdesk {__version__}")
