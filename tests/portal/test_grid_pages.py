"""What every grid page holds: its size, its foot, its way to sort, and what it says when it is empty."""

from datetime import UTC, datetime
from functools import partial

import pytest

from portal.admin.tickets import LISTED
from services.users.identity import SYSTEM
from tests.portal.conftest import sign_in
from tests.portal.pages import Page

GRID = "/desk/tickets/"
MOST = 50 * 1024
# What the tickets' own page keeps in hand for what the frame around it will gain.
ROOM = 49 * 1024
SUBJECT = "The second scanner of the returns desk in Rotterdam stopped reading labels after last night, again"


@pytest.fixture(scope="module")
def full(site):
    """Fill every list: a house with many people, teams and categories, and tickets with long subjects."""
    now = datetime.now(UTC)
    save = partial(site.services.catalog.save, now=datetime.now(UTC))
    site.quiet = save(
        actor=SYSTEM, kind="team", id_=None, name="A quiet team", active=True, expected_version=0
    ).id
    for kind, count in (("team", 10), ("category", 20)):
        for n in range(count):
            name = f"{kind.title()} with a name {n}"
            save(actor=SYSTEM, kind=kind, id_=None, name=name, active=True, expected_version=0)
    teams = [team.id for team in site.services.catalog.teams() if team.id != site.quiet]
    people = [
        site.services.users.accounts.create(
            actor=SYSTEM, now=now, name=f"Alexandra van der Berg {n}", email=f"agent{n}@demo.example",
            role_id="agent", password="correct horse battery staple", team_ids=[teams[n % len(teams)]],
        )
        for n in range(26)
    ]  # fmt: skip
    categories = [entry.id for entry in site.services.catalog.all("category")]
    for n in range(30):
        site.services.tickets.service.create(
            actor=SYSTEM, now=now, subject=f"{SUBJECT} {n}", body="Long.",
            requester_id=site.users["customer"],
            priority=("low", "normal", "high", "urgent")[n % 4], team_id=teams[n % len(teams)],
            category=categories[n % len(categories)], assignee_id=people[n % 26].user_id,
        )  # fmt: skip
    return site


def size(site, path, role="administrator"):
    answer = site.as_(role).get(path)
    assert answer.status_code == 200
    return len(answer.data), answer.text


@pytest.mark.parametrize(
    ("filters", "most"),
    [
        ("state=open", ROOM),
        (
            "state=open&priority=low&priority=normal&priority=high&priority=urgent&created.from=2020-01-01",
            ROOM,
        ),
        (
            "state=open&status.not=closed&team.not=billing&updated.from=2020-01-01&updated.to=2099-01-01",
            MOST,
        ),
    ],
)
def test_a_page_of_tickets_stays_small(full, filters, most):
    length, text = size(full, f"{GRID}?{filters}")
    assert text.count('name="rowid"') == 25
    assert text.count(SUBJECT) == 25
    assert length <= most, f"{length} bytes"


def test_a_page_with_every_column_stays_small(full):
    client = sign_in(full.app, "administrator@demo.example")
    form = next(f for f in Page(client.get(GRID).text).forms if f.action.endswith("/columns/"))
    names = [value for name, value in columns_of(client.get(GRID).text)]
    client.post(form.action, data={**form.fields, "column": names})
    page = client.get(f"{GRID}?state=open&priority=normal&priority=high&created.from=2020-01-01")
    assert page.text.count("<th") == len(LISTED) + 2  # with the box and the head itself
    assert len(page.data) <= MOST


def columns_of(text):
    return [
        (has["name"], has["value"])
        for tag, has in Page(text).tags
        if tag == "input" and has.get("name") == "column"
    ]


@pytest.mark.parametrize(
    ("path", "most"), [("/admin/users/", MOST), ("/admin/teams/", MOST), ("/admin/categories/", MOST)]
)
def test_the_other_grids_stay_small_too(full, path, most):
    length, text = size(full, path)
    assert text.count("<tr") >= 13
    assert length <= most, f"{length} bytes"


def test_agents_are_looked_up_and_sent_with_no_page(full):
    agent = full.as_("agent")
    names = [one.name for one in full.services.users.directory.assignable()]
    assert len(names) > 26
    text = agent.get(f"{GRID}?state=open").text
    assert not [name for name in names if f">{name}</option" in text or f'"{name}"' in text]
    answer = agent.get("/lookup/assignee?q=alexandra").json
    assert {name for _, name, *_ in answer} == {name for name in names if name.startswith("Alexandra")}
    teams = {team.name for team in full.services.catalog.teams()}
    # Nobody has counted here yet: the team is the reason.
    assert all(note == team for _, _, note, team in answer)
    near = answer[0][3].split(", ")[0]
    assert near in teams
    first = agent.get("/lookup/assignee", query_string={"near": near}).json[0]
    assert near in first[3].split(", ")


def test_what_a_page_cost_is_told_to_administrators_alone(full):
    for path in (GRID, "/admin/users/"):
        assert "read units" in full.read("administrator", path).text
        assert "read units" not in full.read("manager", path).text
    assert "read units" not in full.read("agent", GRID).text


def test_the_foot_says_in_words_how_the_list_is_sorted(full):
    assert "25 shown tickets, latest change first" in full.read("agent", f"{GRID}?state=open").text
    first = f"{GRID}?state=open&sort=updated_at"
    assert "tickets, longest unchanged first" in full.read("agent", first).text
    assert "people, by name" in full.read("administrator", "/admin/users/").text


def test_the_sort_menu_offers_what_the_head_offers(full):
    text = full.as_("agent").get(f"{GRID}?assignee={full.users['agent']}&state=open").text
    assert "pop-sort" not in text  # nothing to sort
    mine = full.services.users.directory.assignable()[3].user_id
    text = full.as_("agent").get(f"{GRID}?assignee={mine}&state=open").text
    start = text.index('id="pop-sort"')
    menu = Page(text[start : text.index("</div>", start)])
    head = Page(text[text.index("<thead") : text.index("</thead>")])
    assert menu.links == head.links
    assert len(head.links) >= 4
    # An id is nothing to sort by.
    assert not [link for link in head.links if "assignee_id" in link]


def test_priorities_are_sorted_by_urgency(full):
    who = full.services.users.directory.assignable()[3].user_id
    for priority in ("high", "low", "urgent", "normal"):
        full.services.tickets.service.create(
            actor=SYSTEM,
            now=datetime.now(UTC),
            subject="Ranked",
            body="x",
            priority=priority,
            assignee_id=who,
            requester_id=full.users["customer"],
        )
    ranks = ["Low", "Normal", "High", "Urgent"]
    for address, words in (("", "least urgent first"), ("&desc=1", "most urgent first")):
        text = full.as_("agent").get(f"{GRID}?assignee={who}&state=open&sort=priority{address}").text
        body = Page(text[text.index("<tbody") : text.index("</tbody>")]).text.split()
        order = [ranks.index(word) for word in body if word in ranks]
        assert len(order) >= 5
        assert order == sorted(order, reverse=bool(address))
        assert words in text


VIEWS = [
    ("assignee={me}&state=open", "Nothing is waiting for you", ["Unassigned", "All unsolved"]),
    ("assignee=-&state=open", "No unassigned tickets", ["All unsolved", "My work"]),
    ("state=done", "No solved tickets yet", ["All unsolved", "My work"]),
    ("team={team}&state=open", "No unsolved tickets in A quiet team", ["All unsolved", "Unassigned"]),
]


@pytest.mark.parametrize(("filters", "title", "links"), VIEWS)
def test_an_empty_view_says_what_is_empty_and_where_to_go(full, filters, title, links):
    page = full.read("manager", f"{GRID}?{filters.format(me=full.users['manager'], team=full.quiet)}")
    assert title in page.text
    main = page.text[page.text.index(title) :]
    for label in links:
        assert label in main
    assert "No matching tickets" not in page.text


def test_a_filter_of_ones_own_says_that_nothing_matches(full):
    page = full.read("manager", f"{GRID}?state=open&created.to=2001-01-01")
    assert "No matching tickets" in page.text
    assert "Columns" not in page.text
