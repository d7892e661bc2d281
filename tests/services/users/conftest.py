"""The letters of a test's house, delivered and read."""

import re
from email import message_from_bytes
from email.policy import default

import pytest

from tests.services.harness import START

LINK = re.compile(r"http://127\.0\.0\.1/(?:account/)?(\w+)/(\S+)")


@pytest.fixture
def mailbox(house, tmp_path_factory):
    """Deliver what is due and read what arrived for an address."""
    folder = house.services.outbox._makers["letter"].__self__._mailer.folder

    def read(address, now=START):
        while house.services.outbox.deliver_due(now=now):
            pass
        letters = [message_from_bytes(path.read_bytes(), policy=default) for path in folder.glob("*.eml")]
        return [letter for letter in letters if address in letter["To"]]

    return read


def link_in(letter):
    """Return purpose and token of the link in a letter."""
    return LINK.search(letter.get_content()).groups()
