"""`flask people`: let somebody in where nobody inside could."""

from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from portal.cli.error_messages import in_one_line
from portal.web.guards import services
from services.users.identity import SYSTEM

group = AppGroup("people", help="Invite people, and let in again who lost phone and recovery codes.")


@group.command("invite")
@click.argument("email")
@click.option("--name", required=True, help="How others see the person.")
@click.option("--role", default="administrator", show_default=True, help="What the person may do.")
def invite(email: str, name: str, role: str) -> None:
    """Invite a person by letter, such as the first administrator of a new instance."""
    with in_one_line():
        person = services().users.accounts.create(
            actor=SYSTEM, now=datetime.now(UTC), name=name, email=email, role_id=role
        )
    click.echo(f"{person.email} is invited as {role}; the letter goes out with the next round of the worker")


@group.command("second-factor-off")
@click.argument("email")
def second_factor_off(email: str) -> None:
    """Turn off the second factor of somebody no administrator can help; make sure that it is them who ask."""
    with in_one_line():
        person = services().users.accounts.find_by_email(email)
        if person is None:
            raise click.ClickException(f"Nobody has the address {email}.")
        if not services().users.second_factor.is_on(person.user_id):
            raise click.ClickException(f"{person.email} has no second factor.")
        services().users.second_factor.turn_off(actor=SYSTEM, user_id=person.user_id, now=datetime.now(UTC))
    click.echo(f"{person.email} signs in without a second factor; a role that demands one asks for a new one")
