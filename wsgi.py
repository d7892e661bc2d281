"""The composition root: settings, services, portal, dashboards."""

from analytics_dash import mount
from portal.app import create_app
from portal.config.service_options import service_options
from portal.config.settings import settings_or_exit
from portal.ui import formatting, grid_links, reports_shell
from portal.web import csrf
from services.bootstrap import build_services

settings = settings_or_exit()
services = build_services(service_options(settings))
app = create_app(settings, services)
dash = mount(
    app, services, guard=reports_shell.guard, shell=reports_shell.shell, grid_url=grid_links.chart_mark_url,
    csrf_token=csrf.token, zone=settings.time_zone, avatar=formatting.avatar,
    script=app.extensions["assets"].url("overview.js"),
)  # fmt: skip
reports_shell.admit(app, dash.csp_hashes())
