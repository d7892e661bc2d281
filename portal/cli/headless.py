"""For the deprecated `flask --app portal.cli.headless COMMAND`: an application that answers no request."""

from flask import Flask

from portal.cli import flask_alias
from portal.cli.product import Product


def create_app() -> Flask:
    """Build it from the environment."""
    product = Product()
    app = Flask("ledgerdesk", static_folder=None)
    app.extensions |= {"settings": product.settings, "services": product.services}
    flask_alias.init_app(app)
    return app
