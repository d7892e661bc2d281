"""`ledgerdesk accounts`: what an operator does where nobody who can sign in could."""

from datetime import UTC, datetime

import click

from portal.cli.product import Product, pass_product
from services.users.identity import SYSTEM

group = click.Group("accounts", help="Invite people, and help those who lost phone and recovery codes.")


@group.command("invite")
@click.argument("email")
@click.option("--name", required=True, help="How others see the person.")
@click.option("--role", default="administrator", show_default=True, help="What the person may do.")
@pass_product
def invite(product: Product, email: str, name: str, role: str) -> None:
    """Invite a person by e-mail, such as the first administrator of a new instance."""
    user = product.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name=name, email=email, role_id=role
    )
    click.echo(f"{user.email} is invited as {role}; the worker sends the email within seconds")


@group.command("second-factor-off")
@click.argument("email")
@pass_product
def second_factor_off(product: Product, email: str) -> None:
    """Turn off the second factor of somebody no administrator can help; make sure it is them who ask."""
    users = product.services.users
    user = users.accounts.find_by_email(email)
    if user is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    if not users.second_factor.is_on(user.user_id):
        raise click.ClickException(f"{user.email} has no second factor.")
    users.second_factor.turn_off(actor=SYSTEM, user_id=user.user_id, now=datetime.now(UTC))
    click.echo(
        f"{user.email} signs in without a second factor; if their role requires one, they set up a new one"
    )
