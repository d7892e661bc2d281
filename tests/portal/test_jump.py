"""Jump leads everybody to what their role may see, and to nothing else."""

from datetime import UTC, datetime

import pytest

from portal.ui.jump import split
from services.users.identity import SYSTEM, Permission, Scope
from tests.portal.conftest import PASSWORD, sign_in

DESK = ("agent", "manager", "administrator")
SCRIPT = {"Accept": "application/json"}


def options(client, text):
    """Return what the dialog would offer, without its groups."""
    answer = client.get("/jump", query_string={"q": text}, headers=SCRIPT)
    assert answer.status_code == 200
    return [item for group in answer.json for item in group["items"]]


def links(client, text):
    return [item["url"] for item in options(client, text) if "url" in item]


@pytest.fixture(scope="module")
def team_agent(site):
    """Sign in an agent whose role reaches the tickets of the team Billing alone."""
    teams = {entry.name: entry.id for entry in site.services.catalog.teams()}
    permissions = dict.fromkeys((Permission.TICKET_VIEW, Permission.TICKET_NOTE), Scope.TEAM)
    site.services.users.roles.save(
        now=datetime.now(UTC),
        actor=SYSTEM,
        role_id="billing-desk",
        name="Billing desk",
        permissions=permissions,
        expected_version=0,
    )
    site.services.users.accounts.create(
        actor=SYSTEM,
        now=datetime.now(UTC),
        name="Tessa Team",
        email="tessa@demo.example",
        role_id="billing-desk",
        password=PASSWORD,
        team_ids=[teams["Billing"]],
    )
    return sign_in(site.app, "tessa@demo.example")


def ticket_of(site, team, subject="Printer on fire"):
    teams = {entry.name: entry.id for entry in site.services.catalog.teams()}
    ticket = site.services.tickets.service.create(
        actor=site.actor("agent"), now=datetime.now(UTC), subject=subject, body="Hot", team_id=teams[team]
    )
    return ticket.ticket_id


@pytest.mark.parametrize("role", DESK)
@pytest.mark.parametrize("prefix", ["", "#"])
def test_a_number_leads_to_its_ticket(site, role, prefix):
    number = site.ticket(subject="Smoke & mirrors")
    (option,) = options(site.as_(role), f"{prefix}{number}")
    assert option["url"] == f"/desk/tickets/{number}"
    assert (option["label"], option["rest"], option["hint"]) == (f"#{number}", "Smoke & mirrors", "New")


@pytest.mark.parametrize("text", ["999999", "#", "0", "1" * 40, "²", "-1", "1.5", "#12x"])
def test_a_number_without_a_ticket_leads_to_none(site, text):
    assert not [item for item in options(site.as_("administrator"), text) if "status" in item]


def test_nobody_jumps_to_a_ticket_of_another_team(site, team_agent):
    ours, theirs = ticket_of(site, "Billing"), ticket_of(site, "Devices")
    assert links(team_agent, str(ours)) == [f"/desk/tickets/{ours}"]
    assert options(team_agent, str(theirs)) == []
    assert "Printer" not in team_agent.get(f"/jump?q={theirs}").text


def test_customers_and_strangers_are_turned_away(site):
    for headers in ({}, SCRIPT):
        assert site.as_("customer").get("/jump?q=1", headers=headers).status_code == 403
    answer = site.as_("anonymous").get("/jump?q=1")
    assert (answer.status_code, answer.location) == (302, "/login?next=/jump?q%3D1")
    assert site.as_("anonymous").get("/jump?q=1", headers=SCRIPT).status_code == 401
    assert "data-jump" not in site.as_("customer").get("/help/").text
    assert 'id="jump"' not in site.as_("customer").get("/help/").text


def test_views_and_pages_are_those_of_the_role(site, team_agent):
    everywhere = {"/desk/new", "/desk/tickets/?state=open", "/desk/tickets/?state=done"}
    for client, reports, people, rest in (
        (site.as_("agent"), False, False, False),
        (team_agent, False, False, False),
        (site.as_("manager"), True, True, False),
        (site.as_("administrator"), True, True, True),
    ):
        found_links = set(links(client, ""))
        assert everywhere <= found_links
        assert ("/reports/" in found_links) == reports
        assert ("/admin/users/" in found_links) == people
        assert ({"/admin/roles/", "/admin/teams/", "/admin/categories/"} & found_links != set()) == rest
        assert all(client.get(link).status_code == 200 for link in found_links)


def test_a_name_is_found_by_any_part_and_the_match_is_highlighted(site):
    assert options(site.as_("administrator"), "UNSOL")[0]["parts"] == ["All ", "unsol", "ved"]
    assert "All <b>unsol</b>ved" in site.as_("administrator").get("/jump?q=UNSOL").text
    assert "/admin/categories/" in links(site.as_("administrator"), "administr")
    assert [item["theme"] for item in options(site.as_("agent"), "dark")] == ["dark"]


def test_teams_beyond_the_navigation_are_reached(site):
    teams = {entry.name: entry.id for entry in site.services.catalog.teams()}
    assert f"/desk/tickets/?team={teams['Devices']}&state=open" in links(site.as_("agent"), "devic")


def test_people_are_found_by_those_who_may_look_them_up(site):
    users = site.users
    assert f"/desk/people/{users['stranger']}" in links(site.as_("administrator"), "strang")
    assert f"/admin/users/edit/?id={users['agent']}" in links(site.as_("administrator"), "agent@demo.example")
    manager = site.as_("manager")
    assert links(manager, "stranger") == [f"/desk/people/{users['stranger']}"]
    assert f"/desk/tickets/?assignee={users['agent']}" in links(manager, "agent d")


def test_who_opens_tickets_for_others_finds_them_by_any_part_of_name_or_address(site):
    page = f"/desk/people/{site.users['stranger']}"
    for text in ("stranger", "demo stra", "STRÄNGER", "stranger@demo.example", "nger@demo"):
        assert links(site.as_("agent"), text) == [page]
    (option,) = options(site.as_("agent"), "stranger@demo.example")
    assert option["hint"] == "stranger@demo.example"


def test_others_find_assignable_colleagues_without_addresses(site, team_agent):
    assert links(team_agent, "stranger") == []
    assert links(team_agent, "customer@demo.example") == []
    (option,) = options(team_agent, "agent dem")
    assert option["url"] == f"/desk/tickets/?assignee={site.users['agent']}"
    assert "@" not in str(option)


@pytest.mark.parametrize(
    "text", ["<b>x", "%", "\x00", "\ud800".encode("utf-8", "replace").decode(), "a" * 5000]
)
def test_odd_texts_find_nothing_and_break_nothing(site, text):
    answer = site.as_("administrator").get("/jump", query_string={"q": text})
    assert answer.status_code == 200
    assert "<b>x" not in answer.text


def test_the_page_works_as_a_form(site):
    number = site.ticket(subject="By form")
    page = site.read("agent", f"/jump?q={number}")
    assert f"/desk/tickets/{number}" in page.links
    assert page.text.count("By form") == 1
    assert "No results for" in site.read("agent", "/jump?q=zzz").text
    assert "/jump" in site.read("agent", "/desk/tickets/").links


@pytest.mark.parametrize(
    ("label", "text", "parts"),
    [
        ("All unsolved", "UN", ("All ", "un", "solved")),
        ("José Álvarez", "alv", ("José ", "Álv", "arez")),
        ("Weiß", "ss", ("Wei", "ß", "")),
        ("Weiß", "s", ("Wei", "ß", "")),
        ("Plain", "", ("Plain", "", "")),
        ("Plain", "x", ("Plain", "", "")),
    ],
)
def test_a_label_is_cut_at_its_match(label, text, parts):
    assert split(label, text) == parts
