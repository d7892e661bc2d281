"""The pages of people and teams, a ticket for somebody new, and choices that are looked up."""

import re
from datetime import UTC, datetime

import pytest

from services.users.identity import SYSTEM
from tests.portal.pages import Page


def send(site, form, role="agent", **changes):
    return site.as_(role).post(form.action, data=form.filled(**changes))


@pytest.fixture(scope="module")
def organization(site):
    return site.services.users.organizations.save(
        actor=SYSTEM, now=datetime.now(UTC), id_=None, name="Brandt & Söhne", active=True, shares_tickets=True,
        domains=["brandt.example"], expected_version=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def colleagues(site, organization):
    """Two customers of one organization, each with a ticket, one of them solved."""
    tickets, users = site.services.tickets.service, []
    for name in ("Lukas Brandt", "Greta Brandt"):
        user = site.services.users.accounts.create(
            actor=SYSTEM, now=datetime.now(UTC), name=name, email=f"{name.split()[0].lower()}@brandt.example",
            role_id="customer", invite=False,
        )  # fmt: skip
        users.append(user)
        for subject in (f"Open one of {name}", f"Solved one of {name}"):
            ticket = tickets.create(
                actor=site.actor("agent"), now=datetime.now(UTC), subject=subject, body="It is.",
                requester_id=user.user_id,
            )  # fmt: skip
            if subject.startswith("Solved"):
                tickets.update(
                    actor=site.actor("agent"), now=datetime.now(UTC), ticket_id=ticket.ticket_id,
                    expected_version=1, changes={"status": "solved"},
                )  # fmt: skip
    return users


def new_form(site, query=""):
    return site.read("agent", f"/desk/new{query}").form("/desk/new")


def test_a_person_s_page_has_all_their_tickets_and_their_organization(site, organization, colleagues):
    lukas, _ = colleagues
    page = site.read("agent", f"/desk/people/{lukas.user_id}")
    assert "Open one of Lukas Brandt" in page.text
    assert "Solved one of Lukas Brandt" in page.text
    assert "lukas@brandt.example" in page.text
    assert "Open one of Greta Brandt" in page.text, "a colleague's open ticket"
    assert "Solved one of Greta Brandt" not in page.text
    assert f"/desk/tickets/?organization={organization.id}" in page.links
    assert f"/desk/new?requester={lukas.user_id}" in page.links
    opened = site.read("agent", f"/desk/people/{lukas.user_id}?state=open").text
    assert "Solved one of Lukas" not in opened
    assert site.as_("agent").get("/desk/people/nobody").status_code == 404
    assert site.as_("customer").get(f"/desk/people/{lukas.user_id}").status_code == 403


def test_a_ticket_leads_to_its_requester_and_organization(site, organization, colleagues):
    lukas, _ = colleagues
    rows = site.services.tickets.service.get_tickets_by_user(actor=SYSTEM, user_id=lukas.user_id).rows
    page = site.read("agent", f"/desk/tickets/{rows[0].ticket_id}")
    assert f"/desk/people/{lukas.user_id}" in page.links
    assert f"/desk/tickets/?organization={organization.id}&state=open" in page.links


def test_lists_are_filtered_by_requester_and_organization(site, organization, colleagues):
    lukas, _ = colleagues
    read = site.as_("agent").get
    for query in (
        f"requester={lukas.user_id}",
        "requester.find=lukas",
        "requester.find=LUKAS@brandt.example",
    ):
        text = read(f"/desk/tickets/?{query}").text
        assert "Open one of Lukas" in text
        assert "of Greta" not in text
    for query in (f"organization={organization.id}", "organization.find=sohne"):
        text = read(f"/desk/tickets/?{query}").text
        assert "Open one of Lukas" in text
        assert "Open one of Greta" in text
    assert read("/desk/tickets/?organization=nobody").status_code == 400
    assert read("/desk/tickets/?requester.find=zzzz").status_code == 400
    assert read("/desk/tickets/?team=zzzz").status_code == 400


def test_a_ticket_for_somebody_new_makes_both_in_one_act(site, organization):
    form = new_form(site, "?channel=phone")
    filled = {
        "person_name": "Lena Voss", "person_email": "lena.voss@brandt.example",
        "subject": "Delivery note says 12 rolls", "body": "The box holds ten.",
    }  # fmt: skip
    answers = [send(site, form, **filled, assign="me") for _ in range(2)]
    assert answers[0].location == answers[1].location
    number = int(re.search(r"\d+", answers[0].location)[0])
    ticket = site.services.tickets.service.get(actor=SYSTEM, ticket_id=number)
    user = site.services.users.accounts.find_by_email("lena.voss@brandt.example")
    assert (ticket.requester_id, ticket.organization_id) == (user.user_id, organization.id)
    assert (ticket.channel, ticket.assignee_id) == ("phone", site.users["agent"])
    assert [one for _, one, *_ in site.as_("agent").get("/lookup/requester?q=voss").json] == ["Lena Voss"]


def test_a_line_without_a_script_fills_the_parts_of_a_new_person(site, organization):
    form = new_form(site)
    line = "Nora Quist, Brandt & Söhne, nora@quist.example"
    answer = send(site, form, requester_text=line, subject="By phone", body="She calls.")
    assert answer.status_code == 400
    refilled = Page(answer.text).form("/desk/new")
    assert refilled.one("person_name") == "Nora Quist"
    assert refilled.one("person_email") == "nora@quist.example"
    assert refilled.one("requester_text") == ""
    assert refilled.one("person_organization") == organization.id
    assert send(site, refilled).status_code == 302
    assert site.services.users.accounts.find_by_email("nora@quist.example").organization_id == organization.id


def test_a_refused_ticket_adds_nobody(site):
    answer = send(site, new_form(site), person_name="Refused", person_email="refused@x.example", body="x")
    assert answer.status_code == 400
    assert site.services.users.accounts.find_by_email("refused@x.example") is None
    taken = send(
        site, new_form(site), person_name="Other", person_email="customer@demo.example", subject="s", body="b"
    )
    assert taken.status_code == 400
    assert "Another account already uses this address." in taken.text


def test_what_a_line_says_and_who_is_alike(site, colleagues):
    told = site.as_("agent").get("/desk/caller", query_string={"q": "Lukas, lukas@brandt.example"}).json
    assert (told["name"], told["email"]) == ("Lukas", "lukas@brandt.example")
    assert [one["name"] for one in told["alike"]] == ["Lukas Brandt"]
    assert site.as_("agent").get("/desk/caller").json["alike"] == []


def test_a_text_without_a_script_names_one_agent_or_is_refused(site):
    ticket_id = site.ticket()
    path = f"/desk/tickets/{ticket_id}/update"

    def change(**fields):
        form = site.read("agent", f"/desk/tickets/{ticket_id}").form(path)
        return send(site, form, **fields)

    assert change(assignee_id_text="agent dem").status_code == 302
    ticket = site.services.tickets.service.get(actor=SYSTEM, ticket_id=ticket_id)
    assert ticket.assignee_id == site.users["agent"]
    refused = change(assignee_id_text="demo")
    assert refused.status_code == 400
    assert "Several agents match “demo”" in refused.text
    assert Page(refused.text).form(path).one("assignee_id_text") == "demo"
    assert change(assignee_id_text="zzzz").status_code == 400
    assert change(assignee_id_text="").status_code == 302
    assert site.services.tickets.service.get(actor=SYSTEM, ticket_id=ticket_id).assignee_id is None


def test_no_page_sends_the_agents(site):
    ticket_id = site.ticket()
    for path in (f"/desk/tickets/{ticket_id}", "/desk/new", "/desk/tickets/"):
        text = site.as_("agent").get(path).text
        assert not re.search(r"<option[^>]*>\s*Agent Demo", text)


def test_people_join_and_leave_a_team_on_its_page(site):
    team = site.services.catalog.save(
        actor=SYSTEM, now=datetime.now(UTC), kind="team", id_=None, name="Night shift", active=True,
        expected_version=0,
    )  # fmt: skip
    path = f"/desk/teams/{team.id}"
    assert "Nobody is in this team" in site.read("agent", path).text
    assert "Add somebody" not in site.read("agent", path).text
    add = site.read("administrator", path).form(f"{path}/add")
    assert send(site, add, "administrator", person_text="manager demo").status_code == 302
    page = site.read("administrator", path)
    assert "Manager Demo" in page.text
    again = send(site, add, "administrator", person_text="nobody at all")
    assert again.status_code == 400
    lead = page.form(f"{path}/lead")
    assert send(site, lead, "administrator", lead=site.users["manager"]).status_code == 302
    assert site.services.catalog.get("team", team.id).lead_id == site.users["manager"]
    assert "Lead" in site.read("agent", path).text
    assert send(site, lead, "administrator", lead=site.users["agent"]).status_code == 400
    remove = site.read("administrator", path).form(f"{path}/remove")
    assert send(site, remove, "administrator", person=site.users["manager"]).status_code == 302
    assert "Nobody is in this team" in site.read("agent", path).text
    assert site.as_("agent").get("/desk/teams/none-such").status_code == 404
    assert path in [item["url"] for group in site.as_("agent").get(
        "/jump?q=night", headers={"Accept": "application/json"}).json for item in group["items"]]  # fmt: skip


@pytest.mark.parametrize("kind", ["assignee", "requester", "person", "organization", "team"])
@pytest.mark.parametrize("text", ["zzzz", "\x00", "x" * 5000, "%", "é" * 300])
def test_odd_texts_look_up_nothing_and_break_nothing(site, kind, text):
    answer = site.as_("agent").get(f"/lookup/{kind}", query_string={"q": text, "near": text})
    assert (answer.status_code, answer.json) == (200, [])
