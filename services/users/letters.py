"""The letters about accounts: written when they are due, so that nothing secret waits in the outbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import user as user_table
from models.user import User as UserItem
from services.mail import Letter, Mailer
from services.users.links import Link, Links, LinkSpent, Purpose

KIND = "letter"
GREETING = "Hello {name},\n\n"
WORDS = {
    Purpose.WELCOME: (
        "Your account at Ledgerdesk",
        "an account was made for you. Choose a password here, within seven days:\n\n{url}\n",
    ),
    Purpose.RESET: (
        "A new password for Ledgerdesk",
        "somebody, probably you, asked for a new password. Choose it here, within one hour:\n\n{url}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n",
    ),
}


class Letters:
    """Delivers what the outbox holds about accounts."""

    kind = KIND

    def __init__(self, *, links: Links, mailer: Mailer, base_url: str) -> None:
        self._links, self._mailer, self._base_url = links, mailer, base_url.rstrip("/")

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Write and send one letter; one whose link has been replaced or used meanwhile is not sent."""
        link = Link(payload["user_id"], Purpose(payload["purpose"]), payload["nonce"])
        try:
            person = self._links.check(user_table.find(link.user_id), link, now)
        except LinkSpent:
            return
        if person.email:
            self._mailer.send(self._write(person, link, person.email), message_id=entry_id)

    def _write(self, person: UserItem, link: Link, to: str) -> Letter:
        subject, text = WORDS[link.purpose]
        url = f"{self._base_url}/account/{link.purpose}/{self._links.token(link)}"
        return Letter(to, subject, (GREETING + text).format(name=person.name, url=url))
