"""The composition root: settings, services, portal, dashboards."""

from analytics_dash import mount
from portal import forgery, links, reports, words
from portal.app import create_app
from portal.settings import Settings
from portal.wiring import service_options
from services.bootstrap import build_services

settings = Settings.from_env()
services = build_services(service_options(settings))
app = create_app(settings, services)
dash = mount(
    app, services, guard=reports.guard, shell=reports.shell, grid_url=links.behind_a_mark,
    csrf_token=forgery.token, zone=settings.time_zone, avatar=words.avatar,
    script=app.jinja_env.globals["asset"]("overview.js"),
)  # fmt: skip
reports.admit(app, dash.csp_hashes())
