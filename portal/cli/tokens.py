"""`ledgerdesk tokens`: which API tokens there are, and an end to one that went astray."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from portal.cli.columns import in_columns
from portal.cli.product import Product, pass_product
from pynamodb_grid.listing import Condition, Conditions, Op
from services.users.api_tokens import ApiToken, ApiTokenNotFound
from services.users.identity import SYSTEM, UserNotFound

SHOWN_ID = 12  # characters of an id: enough to name one of many

group = click.Group("tokens", help="List and revoke API tokens.")


@group.command("list")
@click.option("--email", help="Only the tokens of the person with this address.")
@pass_product
def list_tokens(product: Product, email: str | None) -> None:
    """List API tokens; none of them can be read from this list."""
    users = product.services.users
    conditions: Conditions = ()
    if email is not None:
        user = users.accounts.find_by_email(email)
        if user is None:
            raise UserNotFound
        conditions = (Condition("user_id", Op.EQ, user.user_id),)
    tokens = list(users.api_tokens.iterate(actor=SYSTEM, conditions=conditions, sort=None))
    names = users.accounts.names({token.user_id for token in tokens})
    header = ("ID", "PERSON", "NAME", "LAST USED", "EXPIRES", "MAY")
    rows = [_row(token, names.get(token.user_id, token.user_id)) for token in tokens]
    for line in in_columns([header, *rows]):
        click.echo(line)


@group.command("revoke")
@click.argument("token_id", metavar="ID")
@pass_product
def revoke(product: Product, token_id: str) -> None:
    """Revoke the API token with this ID, as `list` prints it; it stops working at once."""
    users = product.services.users
    token = _only(
        token
        for token in users.api_tokens.iterate(actor=SYSTEM, conditions=(), sort=None)
        if len(token_id) >= SHOWN_ID and token.id.startswith(token_id)
    )
    users.api_tokens.revoke(actor=SYSTEM, token_id=token.id, now=datetime.now(UTC))
    name = users.accounts.names({token.user_id}).get(token.user_id, token.user_id)
    click.echo(f"The token {token.name} of {name} is revoked.")


def _only(tokens: Iterable[ApiToken]) -> ApiToken:
    matching = list(tokens)
    if len(matching) != 1:
        raise ApiTokenNotFound
    return matching[0]


def _row(token: ApiToken, person: str) -> tuple[str, str, str, str, str, str]:
    return (
        token.id[:SHOWN_ID],
        person,
        token.name,
        f"{token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never",
        f"{token.expires_at:%Y-%m-%d}" if token.expires_at else "never",
        ", ".join(token.scopes),
    )
