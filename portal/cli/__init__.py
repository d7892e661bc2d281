"""What operators type: `flask setup`, `worker`, `ledger`, `analytics`, `import`, `keys`, `people`."""

from flask import Flask

from portal.cli import accounts, analytics, importing, keys, ledger, setup, worker


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(setup.setup)
    app.cli.add_command(worker.worker)
    app.cli.add_command(ledger.group)
    app.cli.add_command(analytics.group)
    app.cli.add_command(importing.group)
    app.cli.add_command(keys.group)
    app.cli.add_command(accounts.group)
