"""The composition root: settings, services, portal."""

from portal import create_app
from portal.settings import Settings
from services.bootstrap import build_services

settings = Settings.from_env()
app = create_app(settings, build_services(settings.service_options))
