"""`ledgerdesk keys`: what is needed before an older SECRET_KEY may be removed."""

import click

from portal.cli.product import Product, pass_product

group = click.Group("keys", help="Prepare the removal of older secret keys.")


@group.command("renew")
@pass_product
def renew(product: Product) -> None:
    """Encrypt with SECRET_KEY what is stored under an older key: the seeds of second factors."""
    renewed, unreadable = product.services.users.second_factor.renew_encryption()
    click.echo(f"{renewed} renewed")
    if unreadable:
        raise click.ClickException(f"SECRET_KEY_FALLBACKS lacks the key of {unreadable} second factors.")
