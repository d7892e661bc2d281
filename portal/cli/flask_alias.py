"""`flask COMMAND`, as operators typed it before there was `ledgerdesk`: deprecated, and otherwise the same."""

import click
from flask import Flask
from flask.cli import ScriptInfo

from portal.cli.main import ledgerdesk
from portal.cli.product import Product

UNCHANGED = ("setup", "worker", "import", "analytics", "keys")


def init_app(app: Flask) -> None:
    """Register the alias of each command."""
    for name in UNCHANGED:
        app.cli.add_command(_alias(name, name))
    app.cli.add_command(_alias("people", "accounts"))
    ledger = click.Group("ledger", help="Deprecated: `ledgerdesk verify`.")
    ledger.add_command(_alias("ledger verify", "verify"))
    app.cli.add_command(ledger)


def _alias(old: str, new: str) -> click.Command:
    @click.pass_context
    def call(ctx: click.Context, arguments: tuple[str, ...]) -> None:
        click.echo(f"`flask {old}` is deprecated: use `ledgerdesk {new}`.", err=True)
        app = ctx.ensure_object(ScriptInfo).load_app()
        product = Product(app.extensions["settings"], app.extensions["services"])
        ledgerdesk.main([new, *arguments], prog_name="ledgerdesk", obj=product)

    return click.Command(
        old.split()[-1],
        callback=call,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        help=f"Deprecated: `ledgerdesk {new}`.",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
    )
