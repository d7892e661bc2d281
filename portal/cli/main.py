"""The one entry point: `ledgerdesk COMMAND`."""

import click

from portal.cli import accounts, analytics, config, importing, keys, setup, tokens, verify, version, worker
from portal.cli.error_messages import in_one_line
from portal.config.private_files import write_privately


class OneLineErrors(click.Group):
    """A group whose commands say in one line what services and engine refuse."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        with in_one_line():
            return super().invoke(ctx)


@click.group("ledgerdesk", cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
def ledgerdesk() -> None:
    """Set up, run, check and administer Ledgerdesk; settings come from the environment."""
    write_privately()


for command in (
    setup.setup,
    worker.worker,
    importing.group,
    verify.verify,
    config.group,
    accounts.group,
    tokens.group,
    analytics.group,
    keys.group,
    version.version,
):
    ledgerdesk.add_command(command)
