"""Where an agent goes on after sending a message, and taking a ticket on."""

import pytest

HERE, NEXT, LIST = "here", "/desk/tickets/1", "/desk/tickets/?status=open"


@pytest.fixture
def prefer(site):
    """Choose on the account page, and go back to the start afterwards."""

    def choose(choice):
        answer = site.post("agent", "/preferences/after-sending", after_sending=choice)
        assert answer.location == "/account/"

    yield choose
    choose("stay")


def after_reply(site, **fields):
    """Reply to a new ticket; return where that led, as HERE if to the ticket itself."""
    ticket_id = site.ticket()
    sent = {"kind": "reply", "body": "Hello", "status": "new", "version": "1", **fields}
    answer = site.post("agent", f"/desk/tickets/{ticket_id}/reply", **sent)
    assert answer.status_code == 302
    return HERE if answer.location == f"/desk/tickets/{ticket_id}" else answer.location


@pytest.mark.parametrize(
    ("choice", "fields", "target"),
    [
        ("stay", {"next": NEXT, "list": LIST}, HERE),
        ("next", {"next": NEXT, "list": LIST}, NEXT),
        ("next", {"next": "", "list": LIST}, LIST),
        ("next", {"next": "", "list": ""}, HERE),
        ("list", {"next": NEXT, "list": LIST}, LIST),
        ("list", {"next": "", "list": ""}, "/desk/tickets/"),
    ],
)
def test_the_agent_goes_where_they_prefer(site, prefer, choice, fields, target):
    prefer(choice)
    assert after_reply(site, **fields).rstrip("?") == target


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/desk/tickets/1",
        "//evil.example",
        "/desk/tickets/1/reply",
        "/admin/",
        "javascript:1",
        "x" * 999,
    ],
)
def test_the_form_leads_to_tickets_and_lists_alone(site, prefer, elsewhere):
    for choice, safe in (("next", HERE), ("list", "/desk/tickets/")):
        prefer(choice)
        target = after_reply(site, next=elsewhere, list=elsewhere)
        assert target.rstrip("?") == safe


def test_a_list_of_another_site_gives_its_filter_at_most(site, prefer):
    prefer("list")
    assert after_reply(site, list="https://evil.example/desk/tickets/?status=open") == LIST


def test_on_another_page_the_message_says_which_ticket_it_is_about(site, prefer):
    prefer("list")
    after_reply(site, list=LIST, status="")
    said = site.as_("agent").get("/desk/tickets/").text
    assert "Reply sent, Open. Assigned to you." in said
    assert "#" in said.partition("Reply sent, Open.")[0][-12:]


def test_a_refused_message_stays_on_its_page(site, prefer):
    prefer("next")
    ticket_id = site.ticket()
    answer = site.post(
        "agent", f"/desk/tickets/{ticket_id}/reply", kind="reply", body=" ", version="1", next=NEXT
    )
    assert answer.status_code == 400


def test_the_account_page_shows_what_was_chosen(site, prefer):
    prefer("next")
    page = site.read("agent", "/account/")
    assert page.form("/preferences/after-sending").one("after_sending") == "next"
    assert site.post("agent", "/preferences/after-sending", after_sending="home").status_code == 400
    assert "After sending a message" not in site.as_("customer").get("/account/").text


def offers_to_take(site, ticket_id):
    page = site.as_("agent").get(f"/desk/tickets/{ticket_id}").text
    return "data-take" in page


def test_a_ticket_is_assigned_to_oneself_with_one_press(site, read):
    ticket_id = site.ticket()
    assert offers_to_take(site, ticket_id)
    assert "Assign the ticket to me" in site.as_("agent").get(f"/desk/tickets/{ticket_id}").text
    fields = {"version": "1", "assignee_id": site.users["agent"], "seen_assignee_id": ""}
    assert site.post("agent", f"/desk/tickets/{ticket_id}/update", **fields).status_code == 302
    assert read(ticket_id).assignee_id == site.users["agent"]
    assert not offers_to_take(site, ticket_id)
    assert "Assign the ticket to me" not in site.as_("agent").get(f"/desk/tickets/{ticket_id}").text
