"""The page of a requester says what they were told: one line for each reply."""

import pytest

from portal.desk.requester import first_line
from services.users.identity import SYSTEM


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("Hello Ines,\n\nBoth charges are seen.\nMore follows.", "Both charges are seen."),
        ("  Done.  ", "Done."),
        ("Dear all,\nHello:", "Hello:"),
        ("Hello Ines,\n\nHere are the steps:\n1. Restart.", "Here are the steps:"),
        ("Please do these steps:\nRestart the printer!\nThank you", "Restart the printer!"),
        (f"{'Long words ' * 5}are no greeting:\nThe rest.", f"{'Long words ' * 5}are no greeting:"),
        ("Hi!\n\n", "Hi!"),
        ("\n \n", ""),
    ],
)
def test_the_line_that_says_something(body, line):
    assert first_line(body) == line


def test_the_page_shows_public_replies_with_a_way_to_them(site):
    number = site.ticket(subject="Charged twice", body="Why?")
    for body, public in (("Hello,\nOne of them is back.", True), ("Ask <b>billing</b>", False)):
        ticket = site.services.tickets.service.get(actor=SYSTEM, ticket_id=number)
        site.services.tickets.service.update(
            actor=site.actor("agent"), now=ticket.updated_at, ticket_id=number, expected_version=ticket.version,
            changes={}, body=body, public=public,
        )  # fmt: skip
    page = site.read("agent", f"/desk/people/{site.users['customer']}")
    assert f"/desk/tickets/{number}#v2" in page.links
    assert "One of them is back." in page.text
    assert "Ask" not in page.text.partition("What we told")[2]
