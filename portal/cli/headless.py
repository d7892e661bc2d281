"""The product without its pages: for the worker, the set-up and every command, which need none."""

from flask import Flask

from portal import cli
from portal.config.service_options import service_options
from portal.config.settings import Settings
from portal.web import logs
from services.bootstrap import build_services


def create_headless(settings: Settings) -> Flask:
    """Build an application that has the services and the commands, and answers no request."""
    logs.init_logs()
    app = Flask("ledgerdesk", static_folder=None)
    app.config["SECRET_KEY"] = settings.secret_key
    app.extensions["services"] = build_services(service_options(settings))
    app.extensions["settings"] = settings
    cli.init_app(app)
    return app


def create_app() -> Flask:
    """Build it from the environment, for `flask --app portal.cli.headless`."""
    settings = Settings.from_env()
    if settings.is_production:
        logs.init_library_logs()
    return create_headless(settings)
