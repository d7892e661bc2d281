"""The whole web application in this process, on the embedded engine, with the demo's people."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from analytics_dash import mount
from dynamodb_client import ConnectionOptions
from models import ticket_history
from models import user as user_table
from models.ticket_history import TicketHistory
from portal.app import create_app
from portal.config.settings import Settings
from portal.ui import formatting, grid_links, reports_shell
from services.bootstrap import Services, build_services
from services.users.accounts import Link, Purpose
from services.users.credentials import Origin
from services.users.identity import SYSTEM, normalize_email
from services.users.sign_in import Provider
from tests.portal.pages import Page
from tests.services.harness import options as service_options

PASSWORD = "correct horse battery staple"
ROLES = ("customer", "agent", "manager", "administrator")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Site:
    """The application with a signed-in client per role."""

    app: Flask
    services: Services
    users: dict[str, str]
    clients: dict[str, FlaskClient]

    def as_(self, role: str) -> FlaskClient:
        """Return the client of a role; "anonymous" is nobody, anew each time."""
        return self.app.test_client() if role == "anonymous" else self.clients[role]

    def token(self, role: str, page: str | None = None) -> str:
        """Read the CSRF token of a page."""
        page = page or ("/help/new" if role == "customer" else "/desk/new")
        return TOKEN.search(self.as_(role).get(page).text)[1]

    def post(self, role: str, path: str, **fields: Any) -> Any:
        """Post a form with the token of its person."""
        return self.as_(role).post(path, data={"csrf_token": self.token(role), **fields})

    def read(self, role: str, path: str) -> Page:
        """Open a page as a person of a role and read it; it must be there."""
        answer = self.as_(role).get(path)
        assert answer.status_code == 200, f"{path} answered {answer.status_code} to the {role}"
        return Page(answer.text)

    def history(self, ticket_id: int) -> list[TicketHistory]:
        """Read a ticket's history as stored."""
        return ticket_history.of_ticket(ticket_id)

    def events(self, ticket_id: int) -> list[tuple[str, str | None]]:
        """List kind and text of each change of a ticket."""
        return [(event.kind, event.body) for event in self.history(ticket_id)]

    def ticket(self, role: str = "customer", subject: str = "Printer on fire", body: str = "It burns") -> int:
        """Open a ticket and return its number."""
        ticket = self.services.tickets.service.create(
            actor=self.actor(role), now=datetime.now(UTC), subject=subject, body=body
        )
        return ticket.ticket_id

    def actor(self, role: str) -> Any:
        """Return a person of a role as the services see them."""
        token = self.services.users.sessions.start(user_id=self.users[role], now=datetime.now(UTC))
        return self.services.users.authentication.actor_for(token=token, now=datetime.now(UTC))


def build(options: ConnectionOptions, folder: Path, providers: tuple[Provider, ...] = ()) -> Site:
    """Compose the application as wsgi.py does and sign everybody in."""
    services = build_services(service_options(options, folder, providers=providers))
    services.users.roles.ensure_built_in()
    settings = Settings(secret_key="s" * 48, data_dir=folder, mail_dir=folder / "mail")
    app = create_app(settings, services)
    dash = mount(
        app,
        services,
        guard=reports_shell.guard,
        shell=reports_shell.shell,
        grid_url=grid_links.chart_mark_url,
        csrf_token=generate_csrf,
        avatar=formatting.avatar,
    )
    reports_shell.admit(app, dash.csp_hashes())
    for kind, name in (("team", "Billing"), ("team", "Devices"), ("category", "Invoices")):
        services.catalog.save(
            now=datetime.now(UTC),
            actor=SYSTEM,
            kind=kind,
            id_=None,
            name=name,
            active=True,
            expected_version=0,
        )
    site = Site(app, services, {}, {})
    now = datetime.now(UTC)
    for role in (*ROLES, "stranger"):
        user = services.users.accounts.create(
            actor=SYSTEM,
            now=now,
            name=f"{role.title()} Demo",
            email=f"{role}@demo.example",
            role_id="customer" if role == "stranger" else role,
            password=PASSWORD,
        )
        site.users[role] = user.user_id
        site.clients[role] = sign_in(app, f"{role}@demo.example")
    return site


def sign_in(app: Flask, email: str, password: str = PASSWORD) -> FlaskClient:
    """Sign in through the form."""
    client = app.test_client()
    token = TOKEN.search(client.get("/login").text)[1]
    answer = client.post("/login", data={"csrf_token": token, "email": email, "password": password})
    assert answer.status_code == 302, answer.text
    return client


def choose_password(site: Site, email: str, password: str = PASSWORD) -> None:
    """Take somebody's invitation up, with the link that their letter would hold."""
    item = user_table.find_by_email(normalize_email(email))
    link = Link(item.user_id, Purpose.WELCOME, item.links[Purpose.WELCOME][0])
    site.services.users.own_account.choose_password(
        token=site.services.users.own_account._links.token(link),
        purpose=Purpose.WELCOME,
        password=password,
        origin=Origin(),
        now=datetime.now(UTC),
    )


@pytest.fixture(scope="module")
def site(tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Build the application once per module."""
    built = build(tables, tmp_path_factory.mktemp("site"))
    yield built
    built.services.reporting.analytics.close()


@pytest.fixture
def read(site: Site) -> Callable[[int], Any]:
    """Read a ticket as the system sees it."""
    return lambda ticket_id: site.services.tickets.service.get(actor=SYSTEM, ticket_id=ticket_id)
