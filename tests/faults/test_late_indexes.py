"""Indexes that lag behind, as on AWS: lists may be out of date for a moment, decisions may not."""

import json
from datetime import UTC, datetime

import pytest

from models import session
from models.ticket import Ticket
from services.users.authorization import LastAdministrator
from services.users.identity import SYSTEM
from tests.faults.proxy import between
from tests.faults.random_faults import Trouble
from tests.portal.conftest import PASSWORD, sign_in

GRID = "/desk/tickets/"
FOREVER = 3600.0
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def proxy(tables):
    """Put a proxy before the engine whose indexes wait to be told to catch up."""
    with between(tables.endpoint or "", lag=FOREVER) as running:
        yield running


@pytest.fixture
def lagging(site, proxy):
    """Freeze every index at this moment."""
    proxy.disturb(Trouble({"late index": 1.0}))
    prefix = Ticket.Meta.table_name.removesuffix("tickets")
    for table in ("tickets", "users", "sessions"):
        proxy.late.redirected(json.dumps({"IndexName": "any", "TableName": prefix + table}).encode())
    yield proxy.late
    proxy.late.settle()
    assert proxy.broken == []


def listed(site, number):
    """Return the version that the list shows of a ticket, None when it is not there."""
    rows = site.services.tickets.service.get_tickets_by_user(
        actor=SYSTEM, user_id=site.users["customer"], done=None
    )
    return next((row.version for row in rows.rows if row.ticket_id == number), None)


def change(site, number, version, **fields):
    return site.post("agent", f"{GRID}{number}/update", version=str(version), **fields)


def test_lists_are_late_and_tickets_are_not(site, lagging):
    old = site.ticket()
    lagging.settle()
    number = site.ticket()
    assert change(site, old, 1, priority="high").status_code == 302
    assert listed(site, number) is None
    assert listed(site, old) == 1
    assert site.as_("customer").get(f"/help/tickets/{number}").status_code == 200
    lagging.settle()
    assert listed(site, number) == 1
    assert listed(site, old) == 2


def test_who_writes_from_an_old_row_overwrites_nothing(site, lagging):
    """The row shows a value that somebody else has changed: one cell, and many at once."""
    number = site.ticket()
    lagging.settle()
    change(site, number, 1, priority="high")
    cell_update = {"pk": str(number), "field": "priority", "value": "low", "version": listed(site, number)}
    headers = {"X-CSRFToken": site.token("manager")}
    assert (
        site.as_("manager").post(f"{GRID}ajax/update/", json=cell_update, headers=headers).status_code == 409
    )
    form = {"csrf_token": headers["X-CSRFToken"], "action": "priority", "value": "low"}
    form["rowid"] = f"{number}:{listed(site, number)}"
    answer = site.as_("manager").post(f"{GRID}action/", data=form, headers=JSON)
    assert [row["status"] for row in answer.json["results"]] == ["conflict"]
    assert len(site.history(number)) == 2


def test_a_session_that_no_index_knows_yet_ends_with_its_person(site, lagging):
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Eve", email="eve@demo.example", role_id="agent",
        password=PASSWORD,
    )  # fmt: skip
    client = sign_in(site.app, "eve@demo.example")
    assert client.get("/desk/new").status_code == 200
    assert session.of_user(user.user_id) == [], "or this tests nothing"
    site.services.users.accounts.update(
        actor=SYSTEM, now=datetime.now(UTC), user_id=user.user_id, expected_version=user.version, name="Eve",
        email="eve@demo.example", role_id="agent", active=False, team_ids=(),
    )  # fmt: skip
    assert client.get("/desk/new").location == "/login?next=/desk/new"


def test_the_last_administrator_stays_whatever_the_index_says(site, lagging):
    """The index still lists somebody who is no longer an administrator."""
    second = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Ada", email="ada@demo.example", role_id="administrator",
        password=PASSWORD,
    )  # fmt: skip
    lagging.settle()
    demote(site, second.user_id, "Ada", "ada@demo.example")
    with pytest.raises(LastAdministrator):
        demote(site, site.users["administrator"], "Administrator Demo", "administrator@demo.example")


def demote(site, user_id, name, email):
    version = site.services.users.accounts.get(user_id).version
    site.services.users.accounts.update(
        actor=SYSTEM, now=datetime.now(UTC), user_id=user_id, expected_version=version, name=name, email=email,
        role_id="agent", active=True, team_ids=(),
    )  # fmt: skip
