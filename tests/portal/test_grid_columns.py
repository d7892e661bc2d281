"""Which columns a person sees, how dense rows are: kept per person and grid, and on the page at once."""

import pytest

from pynamodb_grid.listing import ListRequest
from tests.portal.conftest import sign_in
from tests.portal.pages import Page

GRID = "/desk/tickets/"
USERS = "/admin/users/"
ALL = [
    "Status", "Priority", "Subject and requester", "Category", "Team", "Assignee", "Requester", "Channel",
    "Created", "Updated",
]  # fmt: skip
ALL_NAMES = (
    "status", "priority", "category", "team_id", "assignee_id", "requester_id", "channel", "created_at",
    "updated_at",
)  # fmt: skip
FIRST = ["Status", "Priority", "Subject and requester", "Team", "Assignee", "Updated"]


@pytest.fixture(autouse=True)
def a_ticket(site):
    if site.services.tickets.service.page(actor=site.actor("agent"), request=ListRequest(size=1)).rows == []:
        site.ticket(subject="A row to look at")


@pytest.fixture
def client(site):
    return sign_in(site.app, "agent@demo.example")


def head(client, path=GRID):
    """Read the heads of a grid's columns; the boxes' column has none."""
    text = client.get(path).text
    rows = Page(text[text.index("<thead") : text.index("</thead>")])
    return rows.text


def chooser(client, path=GRID):
    return next(form for form in Page(client.get(path).text).forms if form.action.endswith("/columns/"))


def choose(client, *names, path=GRID, **more):
    form = chooser(client, path)
    return client.post(form.action, data={**form.fields, "column": list(names), **more})


def test_the_usual_columns_stand_there_until_somebody_chooses(client):
    assert head(client) == " ".join(FIRST)
    assert chooser(client).fields["column"] == [
        "status", "priority", "subject", "team_id", "assignee_id", "updated_at",
    ]  # fmt: skip


def test_chosen_columns_are_shown_in_the_grids_order_and_nothing_else_is_rendered(client):
    answer = choose(client, "created_at", "category", "status")
    assert answer.location == GRID
    assert head(client) == "Status Subject and requester Category Created"
    text = client.get(GRID).text
    body = text[text.index("<tbody") : text.index("</tbody>")]
    assert "Unassigned" not in body
    assert 'data-v="' not in body.replace('data-v=""', ""), (
        "no column with values but the category, which is empty"
    )
    choose(
        client,
        *[
            "status",
            "priority",
            "category",
            "team_id",
            "assignee_id",
            "requester_id",
            "channel",
            "created_at",
            "updated_at",
        ],
    )
    assert head(client) == " ".join(ALL)


def test_the_subject_stays_and_what_is_not_offered_is_left_out(client):
    choose(client, "body", "password", "", "../x")
    assert head(client) == "Subject and requester"
    choose(client)
    assert head(client) == "Subject and requester"


def test_reset_returns_to_the_usual_columns(client):
    choose(client, "status")
    choose(client, "status", reset="1")
    assert head(client) == " ".join(FIRST)


def test_the_choice_leads_back_to_the_list_it_was_made_on(client):
    where = f"{GRID}?state=open&sort=updated_at"
    assert choose(client, "status", path=where).location == where
    assert head(client, where) == "Status Subject and requester"
    assert choose(client, "status", url="https://evil.example/").location == GRID


def test_a_choice_belongs_to_one_person_and_one_grid(site, client):
    administrator = sign_in(site.app, "administrator@demo.example")
    choose(administrator, "active", path=USERS)
    assert head(administrator, USERS) == "Name Can sign in Open"
    assert head(administrator) == " ".join(FIRST)
    choose(administrator, "status")
    assert head(administrator, USERS) == "Name Can sign in Open"
    # Somebody else signs in with the same browser.
    token = Page(administrator.get("/desk/new").text).form("/logout").one("csrf_token")
    administrator.post("/logout", data={"csrf_token": token})
    form = Page(administrator.get("/login").text).form("/login")
    fields = form.filled(email="manager@demo.example", password="correct horse battery staple")
    assert administrator.post("/login", data=fields).status_code == 302
    assert head(administrator) == " ".join(FIRST)


def test_a_cookie_somebody_wrote_by_hand_does_no_harm(site, client):
    for value in ("", ".", "x" * 3000, "status.status", "<script>", "subject%00"):
        client.set_cookie(f"columns-{site.users['agent']}", value, path="/desk/tickets")
        assert "Subject and requester" in head(client)


def test_short_lists_offer_no_choice(site):
    text = site.as_("administrator").get("/admin/teams/").text
    assert "Columns" not in Page(text).text


def test_rows_are_compact_from_the_first_byte_on(client):
    form = chooser(client)
    assert ("density", "compact") in form.buttons
    assert client.post(form.action, data={**form.fields, "density": "compact"}).location == GRID
    assert 'class="grid tickets compact"' in client.get(GRID).text
    assert head(client) == " ".join(FIRST)
    again = chooser(client)
    assert ("density", "roomy") in again.buttons
    client.post(again.action, data={**again.fields, "density": "roomy"})
    assert "compact" not in client.get(GRID).text.split("<thead")[0].split("<table")[1]


def test_who_may_not_see_a_grid_cannot_choose_its_columns(site):
    assert site.post("customer", f"{GRID}columns/", column="status").status_code == 403
    assert site.post("agent", f"{USERS}columns/", column="name").status_code == 403
    assert site.as_("anonymous").get(f"{GRID}columns/").status_code in (302, 405)
