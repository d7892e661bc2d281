"""What commands work with: the settings and the services, without any page of the web."""

from functools import cached_property

import click

from portal.config.service_options import service_options
from portal.config.settings import Settings, settings_or_exit
from portal.web import logs
from services.bootstrap import Services, build_services


class Product:
    """The settings and services of this instance, each made when a command first asks for it."""

    def __init__(self, settings: Settings | None = None, services: Services | None = None) -> None:
        """Take what is there already; the rest comes from the environment."""
        self._settings, self._services = settings, services

    @cached_property
    def settings(self) -> Settings:
        """Return the settings; a wrong one ends the process with a line and exit code 2."""
        return self._settings or settings_or_exit()

    @cached_property
    def services(self) -> Services:
        """Return the services; building them opens no connection."""
        if self._services is not None:
            return self._services
        logs.init_logs()
        if self.settings.is_production:
            logs.init_library_logs()
        return build_services(service_options(self.settings))


pass_product = click.make_pass_decorator(Product, ensure=True)
