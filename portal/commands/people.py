"""`flask people`: bring in somebody before there is anybody who could."""

from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from portal.commands.plain import in_one_line
from portal.guards import services
from services.users import SYSTEM

group = AppGroup("people", help="Invite people.")


@group.command("invite")
@click.argument("email")
@click.option("--name", required=True, help="How others see the person.")
@click.option("--role", default="administrator", show_default=True, help="What the person may do.")
def invite(email: str, name: str, role: str) -> None:
    """Invite a person by letter, such as the first administrator of a new instance."""
    with in_one_line():
        person = services().users.create(
            actor=SYSTEM, now=datetime.now(UTC), name=name, email=email, role_id=role
        )
    click.echo(f"{person.email} is invited as {role}; the letter goes out with the next round of the worker")
