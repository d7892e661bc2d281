"""What the composer says before a message is sent."""

import pytest

from models import user as user_table


def recipient(site, ticket_id, role="agent"):
    """Read what stands in the composer when a reply is chosen."""
    page = site.as_(role).get(f"/desk/tickets/{ticket_id}").text
    said = page.partition('class="composer-to')[2].partition("</span>")[0]
    return " ".join(said.partition(">")[2].replace("<b>", "").replace("</b>", "").split())


@pytest.fixture
def without_address(site):
    """Take the customer's address away, as if an import had brought them."""
    user_table.update(site.users["customer"], email=None)
    site.services.users.accounts.forget(site.users["customer"])
    yield
    user_table.update(site.users["customer"], email="customer@demo.example")
    site.services.users.accounts.forget(site.users["customer"])


def test_the_composer_names_the_address_that_an_email_goes_to(site):
    assert recipient(site, site.ticket()) == "To customer@demo.example"


@pytest.mark.usefixtures("without_address")
def test_the_composer_says_that_no_email_is_sent(site):
    assert recipient(site, site.ticket()) == "Customer Demo has no email address: no email is sent."


def test_the_composer_says_that_ones_own_request_sends_none(site):
    assert recipient(site, site.ticket("agent")) == "This is your own request: no email is sent."
