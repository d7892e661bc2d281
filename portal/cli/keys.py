"""`flask keys`: what is needed before an older SECRET_KEY may be forgotten."""

import click
from flask.cli import AppGroup

from portal.cli.error_messages import in_one_line
from portal.web.guards import services

group = AppGroup("keys", help="Let go of older secret keys.")


@group.command("renew")
def renew() -> None:
    """Seal anew with SECRET_KEY what an older key has sealed for good: the seeds of second factors."""
    with in_one_line():
        renewed, unreadable = services().users.second_factor.renew_encryption()
    click.echo(f"{renewed} renewed")
    if unreadable:
        raise click.ClickException(f"{unreadable} were sealed with a key that SECRET_KEY_FALLBACKS lacks.")
