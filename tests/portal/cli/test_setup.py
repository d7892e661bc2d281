"""`ledgerdesk setup`: what it makes, that it can be repeated, and that no demo exists where real people work."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import models
from dynamodb_client import connection
from models.session import Session
from models.ticket import Ticket
from models.user import User
from portal.cli.demo import ACCOUNTS
from portal.config.service_options import service_options
from portal.config.settings import Settings
from services.bootstrap import build_services
from services.users.identity import BUILT_IN, BadCredentials
from tests.portal.cli.run import run

PASSWORD = "correct horse battery staple"


def fresh(tables, folder, **environment):
    """Build the services over empty tables, with the settings a start would have."""
    models.delete_tables()
    settings = Settings.from_env({"DATA_DIR": str(folder), **environment})
    chosen = service_options(settings)
    return settings, build_services(replace(chosen, connection=tables))


def setup(settings, services):
    result = run(services, "setup", settings=settings)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_developer_gets_tables_roles_and_a_demo(tables, tmp_path):
    settings, services = fresh(tables, tmp_path, DEMO_PASSWORD=PASSWORD)
    assert "created the demo" in setup(settings, services)
    assert set(services.users.roles.ids()) == set(BUILT_IN)
    for role in ACCOUNTS:
        email = f"{role}@demo.example"
        user = services.users.authentication.validate_user(email=email, password=PASSWORD)
        assert user.role_id == role
    assert services.tickets.audit.verify().violations == 0


def test_a_second_time_changes_nothing(tables, tmp_path):
    settings, services = fresh(tables, tmp_path, DEMO_PASSWORD=PASSWORD)
    setup(settings, services)

    def stored():
        return sorted(repr(item.serialize()) for table in (User, Ticket) for item in table.scan())

    before = stored()
    assert setup(settings, services) == ""
    assert stored() == before


def test_a_table_whose_expiry_was_not_switched_on_is_repaired(tables, tmp_path):
    settings, services = fresh(tables, tmp_path, DEMO_PASSWORD=PASSWORD)
    setup(settings, services)
    name, client = Session.Meta.table_name, connection().client
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires_at"}
    )
    assert setup(settings, services) == f"switched on the expiry of table {name}\n"
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert setup(settings, services) == ""


def test_a_demo_that_was_interrupted_is_finished(tables, tmp_path):
    settings, services = fresh(tables, tmp_path, DEMO_PASSWORD=PASSWORD)
    setup(settings, services)
    known = services.users.accounts.find_by_email("administrator@demo.example")
    User(user_id=known.user_id).delete()
    models.user.UserEmail(email=known.email).delete()
    tickets = Ticket.count()
    assert "created the demo" in setup(settings, services)
    assert Ticket.count() == tickets
    assert services.users.accounts.find_by_email("administrator@demo.example") is not None


@pytest.mark.parametrize("password", [PASSWORD, ""])
def test_production_has_no_demo(tables, tmp_path, password):
    environment = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "k" * 48,
        "PUBLIC_URL": "https://x.example",
        "DEMO_PASSWORD": password,
    }
    settings, services = fresh(tables, tmp_path, **environment)
    setup(settings, services)
    assert (User.count(), Ticket.count()) == (0, 0)
    assert set(services.users.roles.ids()) == set(BUILT_IN)
    for role in ACCOUNTS:
        with pytest.raises(BadCredentials):
            services.users.authentication.validate_user(email=f"{role}@demo.example", password=PASSWORD)


def test_nothing_of_the_demo_lies_in_the_future(tables, tmp_path):
    settings, services = fresh(tables, tmp_path, DEMO_PASSWORD=PASSWORD)
    setup(settings, services)
    latest = max(item.at for item in models.TicketHistory.scan())
    assert latest <= datetime.now(UTC)
    assert services.tickets.audit.verify().violations == 0
