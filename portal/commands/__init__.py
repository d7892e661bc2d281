"""What operators type: `flask setup`, `flask worker`, `flask ledger`, `flask analytics`, `flask import`."""

from flask import Flask

from portal.commands import analytics, importing, ledger, setup, worker


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(setup.setup)
    app.cli.add_command(worker.worker)
    app.cli.add_command(ledger.group)
    app.cli.add_command(analytics.group)
    app.cli.add_command(importing.group)
