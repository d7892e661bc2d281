"""The letters of a test's house, delivered and read."""

import re
from email import message_from_bytes
from email.policy import default

import pytest

from tests.services.harness import START

LINK = re.compile(r"http://127\.0\.0\.1/(?:account/)?(\w+)/(\S+)")


@pytest.fixture
def mailbox(harness, tmp_path_factory):
    """Deliver what is due and read what arrived for an address."""
    folder = harness.services.outbox._delivers["account_email"].__self__._mailer.folder

    def read(address, now=START):
        while harness.services.outbox.deliver_due(now=now):
            pass
        messages = [message_from_bytes(path.read_bytes(), policy=default) for path in folder.glob("*.eml")]
        return [message for message in messages if address in message["To"]]

    return read


def link_in(message):
    """Return purpose and token of the link in a letter."""
    return LINK.search(message.get_content()).groups()
