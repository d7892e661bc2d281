"""The order of the API's list: every one that the grid offers, by the same names, page by page."""

from datetime import UTC, datetime

import pytest

from portal.admin.tickets import TicketView
from services.tickets import SORTABLE
from tests.portal.api_client import TICKETS, Program, problem, token_for

# By which the copy sorts; subjects are not in it.
FROM_THE_COPY = [name for name in SORTABLE if name != "subject"]
PRIORITIES = ["low", "normal", "high", "urgent"]


@pytest.fixture(scope="module")
def agent(site):
    """Bring a program of an agent, and tickets that differ."""
    program = Program(site, token_for(site)[1])
    for number, priority in enumerate([*PRIORITIES, *PRIORITIES[::-1]]):
        fields = {"subject": f"order {number}", "body": "b", "priority": priority}
        fields |= {"team_id": ("billing", "devices")[number % 2]} if number % 3 else {}
        assert program.post(TICKETS, fields).status_code == 201
    site.services.reporting.analytics.follow(now=datetime.now(UTC))
    return program


def listed(program, query):
    """Read all pages of a list."""
    tickets, cursor = [], ""
    while cursor is not None:
        page = program.get(f"{TICKETS}?{query}&size=3{cursor and f'&cursor={cursor}'}").json
        tickets += page["tickets"]
        cursor = page["next"]
    return tickets


def test_the_grid_and_the_api_offer_the_same_orders():
    assert tuple(TicketView.column_sortable_list) == SORTABLE
    assert {
        "priority",
        "created_at",
        "requester_id",
        "assignee_id",
        "team_id",
        "status",
        "updated_at",
    } <= set(SORTABLE)


@pytest.mark.parametrize("field", FROM_THE_COPY)
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_of_the_grid_is_that_of_the_api(site, agent, field, descending):
    order = f"sort={field}{'&desc=1' if descending else ''}"
    mine = [ticket["id"] for ticket in listed(agent, order)]
    text = site.as_("agent").get(f"/desk/tickets/?{order}&size=100").text
    places = [text.index(f"/desk/tickets/{number}") for number in mine]
    assert len(mine) == len(PRIORITIES) * 2
    assert places == sorted(places)


def test_an_order_goes_with_filters(agent):
    ranks = [PRIORITIES.index(t["priority"]) for t in listed(agent, "team=billing&sort=priority&desc=1")]
    assert ranks == sorted(ranks, reverse=True)
    assert len(ranks) > 1
    assert [
        PRIORITIES.index(t["priority"]) for t in listed(agent, "team=billing&sort=priority&desc=0")
    ] == ranks[::-1]


def test_a_cursor_of_another_order_is_refused(agent):
    cursor = agent.get(f"{TICKETS}?sort=priority&size=1").json["next"]
    assert agent.get(f"{TICKETS}?sort=priority&size=1&cursor={cursor}").status_code == 200
    for other in ("sort=priority&desc=1", "sort=status", "state=open"):
        problem(agent.get(f"{TICKETS}?{other}&size=1&cursor={cursor}"), 400)


def test_a_list_says_which_orders_it_can_have(agent):
    refused = problem(agent.get(f"{TICKETS}?sort=subject"), 400)
    assert refused["detail"].startswith("This list cannot be sorted by subject, only by status, priority,")
    refused = problem(agent.get(f"{TICKETS}?sort=age"), 400)
    assert refused["errors"]["sort"].startswith("Must be one of 'subject', 'status', 'priority'")


def test_an_order_that_needs_the_copy_waits_for_it(site, agent, monkeypatch):
    monkeypatch.setattr(site.services.reporting.analytics, "behind", lambda **_: None)
    problem(agent.get(f"{TICKETS}?sort=priority"), 503)
    assert agent.get(f"{TICKETS}?sort=updated_at").status_code == 200
