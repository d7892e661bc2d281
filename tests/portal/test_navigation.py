"""The navigation shows true numbers of the person's own lists, with their age, or none."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.users.identity import SYSTEM, Permission, Scope
from tests.portal.conftest import PASSWORD, sign_in

ITEM = re.compile(
    r'<a class="nav-item" href="([^"]+)"[^>]*>.*?<span class="cut">([^<]*)</span>'
    r'(?:<span class="n">([\d,]+)</span>)?'
)
ROLES = ("agent", "manager", "administrator")


def numbers(client, path="/desk/tickets/?state=open"):
    """Return the numbers beside the navigation's items, by address."""
    return {url.replace("&amp;", "&"): count for url, _, count in ITEM.findall(client.get(path).text)}


def rows(client, url):
    """Count the rows of a list, page by page."""
    count = 0
    while url:
        text = client.get(url).text
        count += text.count('name="rowid"') or len(set(re.findall(r'href="/desk/tickets/(\d+)"', text)))
        older = re.search(r'rel="next" href="([^"]+)"', text)
        url = older[1].replace("&amp;", "&") if older else None
    return count


@pytest.fixture(scope="module")
def busy(site):
    """Spread tickets over teams, assignees and states, and take them into the copy."""
    services, now = site.services, datetime.now(UTC)
    billing, devices = (entry.id for entry in services.catalog.teams())
    agent, manager = site.users["agent"], site.users["manager"]
    services.users.roles.save(
        now=datetime.now(UTC),
        actor=SYSTEM,
        role_id="team-desk",
        name="Team desk",
        permissions=dict.fromkeys((Permission.TICKET_VIEW, Permission.TICKET_NOTE), Scope.TEAM),
        expected_version=0,
    )
    people = {}
    for name, teams in (("teamed", [billing]), ("teamless", [])):
        user = services.users.accounts.create(
            actor=SYSTEM, now=now, name=name.title(), email=f"{name}@demo.example", role_id="team-desk",
            password=PASSWORD, team_ids=teams,
        )  # fmt: skip
        people[name] = (user.user_id, sign_in(site.app, f"{name}@demo.example"))
    spread = [(billing, agent), (billing, None), (devices, agent), (devices, manager), (None, None)]
    for at in range(32):
        team, assignee = spread[at % len(spread)]
        ticket = services.tickets.service.create(
            actor=site.actor("agent"), now=now, subject=f"Number {at}", body="x", team_id=team or "",
            assignee_id=assignee or "",
        )  # fmt: skip
        if at % 3 == 0:
            services.tickets.service.update(
                actor=site.actor("agent"), now=now, ticket_id=ticket.ticket_id, expected_version=ticket.version,
                changes={"status": "solved"},
            )  # fmt: skip
    follow(services)
    return people


def follow(services):
    for _ in range(2):  # the first run may build the copy
        services.reporting.analytics.follow(now=datetime.now(UTC) + timedelta(seconds=1))


@pytest.mark.parametrize("who", [*ROLES, "teamed"])
def test_every_number_is_that_of_the_list_it_leads_to(site, busy, who):
    client = busy[who][1] if who in busy else site.as_(who)
    follow(site.services)
    counts = {url: count for url, count in numbers(client).items() if url.startswith("/desk/tickets/")}
    assert len(counts) >= 5
    assert {url: int(count) for url, count in counts.items()} == {url: rows(client, url) for url in counts}
    assert any(int(count) > 1 for count in counts.values())


def test_somebody_without_a_team_sees_no_numbers(site, busy):
    follow(site.services)
    assert set(numbers(busy["teamless"][1]).values()) == {""}


def test_the_age_stands_beside_the_numbers_and_in_the_heading(site, busy):
    follow(site.services)
    text = site.as_("agent").get("/desk/tickets/?state=open").text
    total = numbers(site.as_("agent"))["/desk/tickets/?state=open"]
    age = int(re.search(r'<span data-age="(\d+)">\1 s</span> ago', text)[1])
    assert age <= 5
    assert f'<span class="count">{total}<span class="only-m"> tickets' in text
    other = site.as_("agent").get("/desk/tickets/?state=open&priority=normal").text
    counted = re.search(r'<span class="count">(\d+)<span class="only-m"> tickets?</span></span>', other)
    assert 0 < int(counted[1]) == other.count('class="ed pr gl p-normal"') <= int(total)
    assert "Selected from data" in other


def test_numbers_that_nobody_keeps_true_are_not_shown(site, busy):
    site.services.reporting.analytics.follow(now=datetime.now(UTC) - timedelta(seconds=40))
    text = site.as_("agent").get("/desk/tickets/?state=open").text
    assert set(numbers(site.as_("agent")).values()) == {""}
    assert "data-age" not in text
    assert '<span class="count">' not in text


def test_administration_has_its_own_navigation(site):
    labels = [label for _, label, _ in ITEM.findall(site.as_("administrator").get("/admin/users/").text)]
    assert labels == [
        "Back to desk",
        "Users",
        "Roles and access",
        "Sessions",
        "Sign-in",
        "Organizations",
        "Teams",
        "Categories",
        "Emails",
        "API tokens",
        "API documentation",
        "Audit log",
    ]
    labels = [label for _, label, _ in ITEM.findall(site.as_("manager").get("/admin/users/").text)]
    assert labels == ["Back to desk", "Users"]


@pytest.mark.parametrize(
    ("page", "marked"),
    [
        ("/admin/users/", "Users page"),
        ("/admin/users/new/", "Users true"),
        ("/admin/users/import/", "Users true"),
        ("/admin/roles/edit/?id=agent", "Roles and access true"),
        ("/admin/categories/new/", "Categories true"),
    ],
)
def test_the_section_of_a_page_is_marked(site, page, marked):
    text = site.as_("administrator").get(page).text
    current = re.findall(r'aria-current="(\w+)"(?:(?!</a>).)*?<span class="cut">([^<]+)<', text, re.DOTALL)
    assert [f"{label} {kind}" for kind, label in current] == [marked]


@pytest.mark.parametrize("query", ["", "&sort=updated_at", "&sort=updated_at&desc=1&size=50", "&size=25"])
@pytest.mark.parametrize(
    ("view", "label"),
    [
        ("state=open", "All unsolved"),
        ("state=open&assignee=-", "Unassigned"),
        ("state=open&assignee={me}", "My work"),
    ],
)
def test_a_view_keeps_its_name_on_every_page_of_it(site, busy, view, label, query):
    url = f"/desk/tickets/?{view.format(me=site.users['agent'])}{query}"
    while url:
        text = site.as_("agent").get(url).text
        assert re.search(r"<h1[^>]*>([^<]+)<", text)[1] == label
        older = re.search(r'rel="next" href="([^"]+)"', text)
        url = older[1].replace("&amp;", "&") if older else None
    other = site.as_("agent").get(f"/desk/tickets/?{view}{query}&priority=high").text
    assert re.search(r"<h1[^>]*>([^<]+)<", other)[1] == "Tickets"
