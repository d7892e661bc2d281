"""The letters about accounts: written when they are due, so that nothing secret waits in the outbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import user as user_table
from models.user import User as UserItem
from services.mail import Email, Mailer
from services.users.accounts.signed_links import Link, Links, LinkSpent, Purpose

GREETING = "Hello {name},\n\n"
# By purpose, or by the words that a letter asks for. To an address that may be somebody else's goes no name:
# it could hold whatever a stranger wants to tell them.
WORDS = {
    "welcome": (
        "Your account at Ledgerdesk",
        GREETING + "An account was made for you. Choose a password here, within seven days:\n\n{url}\n",
    ),
    "reset": (
        "A new password for Ledgerdesk",
        GREETING
        + "Somebody, probably you, asked for a new password. Choose it here, within one hour:\n\n{url}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n",
    ),
    "verify": (
        "Confirm your address for Ledgerdesk",
        "Hello,\n\nThis address was given as the one of an account. Confirm it here, within three days:"
        "\n\n{url}\n\nIf you know nothing of this, do nothing.\n",
    ),
    "known": (
        "Your account at Ledgerdesk",
        GREETING
        + "Somebody, probably you, wanted to make an account with this address. You have one already. "
        "If you do not know the password any more, choose a new one here, within one hour:\n\n{url}\n\n"
        "If it was not you, do nothing: nothing was changed.\n",
    ),
}
NOTICES = {
    "moved": (
        "Your address at Ledgerdesk has changed",
        GREETING
        + "The address of your account was changed to another one. Letters about your account go there "
        "from now on, and you sign in with it.\n\n"
        "If you did not want this, tell the people who run the desk: {url}\n",
    ),
    "taken": (
        "Your address at Ledgerdesk",
        "Hello,\n\nSomebody, perhaps you, wanted to use this address for another account. It has an account "
        "already, so nothing was changed.\n\nIf it was you, sign in with this address: {url}/login\n",
    ),
}


class AccountEmails:
    """Delivers the letters that hold a link."""

    kind = "account_email"

    def __init__(self, *, links: Links, mailer: Mailer, base_url: str) -> None:
        self._links, self._mailer, self._base_url = links, mailer, base_url.rstrip("/")

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Write and send one letter; one whose link has been replaced or used meanwhile is not sent."""
        link = Link(payload["user_id"], Purpose(payload["purpose"]), payload["nonce"])
        try:
            person = self._links.check(user_table.find(link.user_id), link, now)
        except LinkSpent:
            return
        to = self._links.address_of(person, link.purpose)
        if to:
            subject, text = self._write(person, link, to, payload.get("words"))
            self._mailer.send(Email(to, subject, text), message_id=entry_id)

    def _write(self, person: UserItem, link: Link, to: str, words: str | None) -> tuple[str, str]:
        owner = user_table.find_by_email(to)
        if owner is not None and owner.user_id != person.user_id:
            # Who asked learns nothing; whose address it is may know that it has an account.
            subject, text = NOTICES["taken"]
            return subject, text.format(url=self._base_url)
        subject, text = WORDS[words or link.purpose.value]
        url = f"{self._base_url}/account/{link.purpose}/{self._links.token(link)}"
        return subject, text.format(name=person.name, url=url)


class NoticeEmails:
    """Delivers the letters without a link that go to an address which is not, or no longer, the person's."""

    kind = "notice"

    def __init__(self, *, mailer: Mailer, base_url: str) -> None:
        self._mailer, self._base_url = mailer, base_url.rstrip("/")

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Write and send one notice; one about a person who is gone is not sent."""
        del now
        person = user_table.find(payload["user_id"])
        if person is None:
            return
        subject, text = NOTICES[payload["about"]]
        text = text.format(name=person.name, url=self._base_url)
        self._mailer.send(Email(payload["email"], subject, text), message_id=entry_id)
