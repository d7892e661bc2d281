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
        mail_messages = [
            message_from_bytes(path.read_bytes(), policy=default) for path in folder.glob("*.eml")
        ]
        return [mail_message for mail_message in mail_messages if address in mail_message["To"]]

    return read


def link_in(mail_message):
    """Return purpose and token of the link in a letter."""
    return LINK.search(mail_message.get_content()).groups()
