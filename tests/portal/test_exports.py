"""What exports hold: names with ids behind them, times in the zone of the pages, all that a manager asks for."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.users.identity import SYSTEM
from tests.portal.pages import Page

ZONE = "Europe/Berlin"
TICKET_COLUMNS = [
    "Number", "Subject", "Status", "Priority", "Category", "Team", "Assignee", "Requester", "Channel",
    f"Created ({ZONE})", f"Updated ({ZONE})", "Subcategory", "Organization", f"First response ({ZONE})",
    f"First solved ({ZONE})", f"Solved ({ZONE})", f"Closed ({ZONE})", "Reopened", "Reassigned", "Agent replies",
    "Category ID", "Team ID", "Assignee ID", "Requester ID", "Organization ID",
]  # fmt: skip


@pytest.fixture
def in_berlin(site, monkeypatch):
    """Show times as in Berlin."""
    settings = replace(site.app.extensions["settings"], time_zone=ZONE)
    monkeypatch.setitem(site.app.extensions, "settings", settings)


def table(site, path, role="administrator"):
    answer = site.as_(role).get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.data.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def local(at):
    return f"{at.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M:%S}"


def test_tickets_have_names_times_and_figures(site, in_berlin):
    services, agent = site.services, site.actor("agent")
    organization = services.users.organizations.save(
        actor=SYSTEM, now=datetime.now(UTC), id_=None, name="Nordwind, Söhne", active=True, shares_tickets=False,
        domains=(), expected_version=0,
    )  # fmt: skip
    customer = services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Zoë; Müller", email="zoe@nordwind.example", role_id="customer",
        organization_id=organization.id,
    )  # fmt: skip
    at = datetime.now(UTC).replace(microsecond=0)
    opened = services.tickets.service.create(
        actor=SYSTEM, now=at, subject="-5;=1+1", body="It burns", requester_id=customer.user_id,
        team_id="billing", category="invoices",
    )  # fmt: skip
    answered, solved = at + timedelta(minutes=5), at + timedelta(minutes=9)
    replied = services.tickets.service.update(
        actor=agent, now=answered, ticket_id=opened.ticket_id, expected_version=1, body="Put it out.",
        changes={"assignee_id": agent.user_id},
    )  # fmt: skip
    services.tickets.service.update(
        actor=agent, now=solved, ticket_id=opened.ticket_id, expected_version=replied.version,
        changes={"status": "solved"},
    )  # fmt: skip
    rows = table(site, f"/desk/tickets/export/csv/?requester={customer.user_id}")
    assert list(rows[0]) == TICKET_COLUMNS
    (row,) = rows
    expected = {
        "Number": str(opened.ticket_id), "Subject": "'-5;'=1+1", "Status": "Solved", "Category": "Invoices",
        "Category ID": "invoices", "Team": "Billing", "Team ID": "billing", "Assignee": "Agent Demo",
        "Assignee ID": agent.user_id, "Requester": "Zoë; Müller", "Requester ID": customer.user_id,
        "Organization": "Nordwind, Söhne", "Organization ID": organization.id, f"Created ({ZONE})": local(at),
        f"First response ({ZONE})": local(answered), f"Solved ({ZONE})": local(solved), "Reopened": "0",
        "Agent replies": "1", f"Closed ({ZONE})": "",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_a_long_export_holds_every_ticket_once(site):
    for number in range(3):
        site.ticket(subject=f"Counted {number}")
    rows = table(site, "/desk/tickets/export/csv/", "manager")
    numbers = [int(row["Number"]) for row in rows]
    assert len(numbers) == len(set(numbers)) >= 3


def test_users_are_exported_and_imported_again(site, in_berlin):
    rows = table(site, "/admin/users/export/csv/")
    assert list(rows[0]) == [
        "Name", "Email", "Phone", "Role", "Teams", "Organization", "ID", "Can sign in",
        f"Created ({ZONE})", f"Invited ({ZONE})",
    ]  # fmt: skip
    agent = next(row for row in rows if row["ID"] == site.users["agent"])
    assert (agent["Role"], agent["Email"], agent["Can sign in"]) == ("Agent", "agent@demo.example", "yes")
    data = site.as_("administrator").get("/admin/users/export/csv/").data
    sent = {"csrf_token": site.token("administrator"), "file": (io.BytesIO(data), "users.csv")}
    page = Page(site.as_("administrator").post("/admin/users/import/", data=sent).text)
    assert f"Unchanged {len(rows)} " in " ".join(page.text.split())
    assert site.as_("manager").get("/admin/users/export/csv/").status_code == 403
    assert not [link for link in site.read("manager", "/admin/users/").links if "export" in link]
    assert [link for link in site.read("administrator", "/admin/users/").links if "export" in link]


def test_the_audit_log_reads_as_its_page(site, in_berlin):
    rows = table(site, "/admin/audit-log/export/csv/")
    assert list(rows[0]) == [
        f"When ({ZONE})", "Who", "Action", "What", "Before and after", "From", "Who ID", "Action ID", "What ID",
    ]  # fmt: skip
    created = [row for row in rows if row["Action ID"] == "user.created"]
    about = next(row for row in created if row["What ID"] == f"user:{site.users['agent']}")
    assert (about["Who"], about["What"], about["Action"]) == ("Ledgerdesk", "Agent Demo", "added a user")
    assert (about["Who ID"], about["Action ID"]) == ("system", "user.created")
    assert datetime.fromisoformat(about[f"When ({ZONE})"]).tzinfo is None
