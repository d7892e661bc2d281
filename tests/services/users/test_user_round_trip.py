"""Users that are exported can be imported again: nothing changes, whatever teams and people are called."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import user as user_table
from pynamodb_grid.spreadsheet import stream_csv
from services.users.accounts import USER_CSV_COLUMNS
from services.users.accounts.user_csv import read, read_list, written_list
from services.users.identity import SYSTEM, Permission, Scope

ODD_TEAMS = ("Sales, EMEA", "Ops; nights|days", '"Quoted", team', "Sales", "EMEA", "=Sum", "-Minus")


@pytest.fixture(scope="module")
def odd_teams(harness):
    """Teams whose names have separators, quotation marks and signs."""
    return {
        name: harness.services.catalog.save(
            actor=SYSTEM, now=harness.now(), kind="team", id_=None, name=name, active=True, expected_version=0
        ).id
        for name in ODD_TEAMS
    }


@pytest.fixture
def create(harness):
    def run(**fields):
        given = {"name": "Ana", "email": f"{uuid.uuid4().hex}@example.org", "role_id": "agent", **fields}
        return harness.services.users.accounts.create(actor=SYSTEM, now=harness.now(), **given)

    return run


def exported(harness, users):
    """Write users as the grid exports them."""
    cells = harness.services.users.user_import.cells()
    titles = [
        *(name.capitalize() for name in USER_CSV_COLUMNS),
        "ID",
        "Can sign in",
        "Created (Europe/Berlin)",
    ]
    rows = [
        [*(cells(user)[name] for name in USER_CSV_COLUMNS), user.user_id, "yes", "2026-11-30 12:00:00"]
        for user in users
    ]
    return "".join(stream_csv(titles, rows))


def run(harness, text):
    return harness.services.users.user_import.run(
        actor=SYSTEM, now=harness.now(), text=text, invite=False, why_not=lambda: None
    )


def test_an_export_changes_nothing_when_it_is_imported(harness, odd_teams, create):
    ids = list(odd_teams.values())
    users = [
        create(team_ids=[]),
        create(team_ids=ids, name="=1+1"),
        create(team_ids=[odd_teams["Sales"], odd_teams["EMEA"]], name="-Ana; @home"),
        create(team_ids=[odd_teams["Sales, EMEA"]], role_id="manager"),
    ]
    report = run(harness, exported(harness, users))
    assert [(line.outcome, line.reason) for line in report.lines] == [("unchanged", "")] * len(users)


def test_what_is_corrected_in_it_changes(harness, odd_teams, create):
    user = create(team_ids=[odd_teams["Sales, EMEA"]])
    text = exported(harness, [user]).replace('"Ana"', '"Ana Lima"').replace("Agent", "Manager")
    assert [line.outcome for line in run(harness, text).lines] == ["changed"]
    changed = harness.services.users.accounts.get(user.user_id, fresh=True)
    assert (changed.name, changed.role_id, changed.team_ids) == ("Ana Lima", "manager", user.team_ids)


def test_a_team_or_organization_that_is_switched_off_stays_where_it_is(harness, create):
    def save(version, *, active):
        return harness.services.catalog.save(
            actor=SYSTEM, now=harness.now(), kind="team", id_="closing" if version else None, name="Closing",
            active=active, expected_version=version,
        )  # fmt: skip

    def save_organization(version, *, active):
        return harness.services.users.organizations.save(
            actor=SYSTEM, now=harness.now(), id_="gone" if version else None, name="Gone", active=active,
            shares_tickets=False, domains=(), expected_version=version,
        )  # fmt: skip

    team, organization = save(0, active=True).id, save_organization(0, active=True).id
    user = create(team_ids=[team], role_id="customer", organization_id=organization)
    save(1, active=False)
    save_organization(1, active=False)
    text = exported(harness, [user])
    assert [line.outcome for line in run(harness, text).lines] == ["unchanged"]
    for cells in (",,Closing,", ",,,Gone"):
        new = f"name,email,role,teams,organization\nNew,{uuid.uuid4().hex}@example.org{cells}\n"
        assert "There is no" in run(harness, new).lines[0].reason


def test_somebody_without_an_address_is_left_alone(harness):
    harness.services.users.accounts.upsert({"caller-9": ("Caller 9", "customer")}, now=harness.now())
    caller = harness.services.users.accounts.get("caller-9")
    assert [line.outcome for line in run(harness, exported(harness, [caller])).lines] == ["unchanged"]
    unknown = exported(harness, [caller]).replace("caller-9", "caller-0")
    assert [line.outcome for line in run(harness, unknown).lines] == ["rejected"]
    assert user_table.find("caller-9").email is None


def test_those_who_may_more_are_not_exported(harness, create):
    granted = {Permission.USER_VIEW: Scope.ALL, Permission.USER_EXPORT: Scope.ALL}
    clerk = harness.actor("manager", permissions={**harness.actor("manager").permissions, **granted})
    agent, administrator = create(), create(role_id="administrator")
    users = list(harness.services.users.accounts.iterate(actor=clerk, conditions=(), sort=None))
    assert agent.user_id in {user.user_id for user in users}
    assert administrator.user_id not in {user.user_id for user in users}


@given(
    st.lists(
        st.text(alphabet='AB ,;|"', min_size=1, max_size=5).map(str.strip).filter(bool),
        max_size=4,
        unique=True,
    )
)
def test_names_with_separators_are_read_as_they_were_written(names):
    assert read_list(written_list(names), lambda name: name in names) == names


def test_a_list_that_a_person_typed():
    known = {"sales, emea", "sales", "emea", "billing"}

    def typed(cell):
        return read_list(cell, lambda name: name.casefold() in known)

    assert typed("Billing, Sales, EMEA") == ["Billing", "Sales, EMEA"]
    assert typed("Sales; EMEA") == ["Sales", "EMEA"]
    assert typed('"Sales", EMEA') == ["Sales", "EMEA"]
    assert typed("Billing;nobody|Sales") == ["Billing", "nobody", "Sales"]
    assert typed(" ; ,") == []


def test_the_titles_of_an_export_are_known():
    text = (
        "Name,Email,ID,Can sign in,Created (Europe/Berlin),Invited (Europe/Berlin)\nAna,a@b.example,7,yes,,\n"
    )
    assert read(text)[0].user_id == "7"
