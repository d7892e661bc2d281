"""Running a command of `ledgerdesk` in this process."""

from click.testing import CliRunner, Result

from portal.cli.main import ledgerdesk
from portal.cli.product import Product
from portal.config.settings import Settings
from services.bootstrap import Services


def run(services: Services | None, *arguments: object, settings: Settings | None = None) -> Result:
    """Run a command with these services; without them it makes its own from the environment."""
    product = Product(settings, services)
    return CliRunner().invoke(ledgerdesk, [str(one) for one in arguments], obj=product)
