"""E-mails about accounts: every subject and text, and their delivery.

To add an e-mail, add its template here and name it where it is sent: `EmailNotices.link_email` or `notice`.
Texts are written when they are delivered, so that no secret waits in the outbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import user as user_table
from models.times import from_text
from models.user import User as UserItem
from services.mail import Email, Mailer
from services.outbox import DeliveryKind
from services.users.accounts.signed_links import Link, Links, LinkSpent, Purpose
from services.users.credentials.security_notice import Notice


@dataclass(frozen=True)
class EmailTemplate:
    """One e-mail: subject, text with {url} and perhaps {name}, and the purpose of its link, if it has one.

    Use no {name} if the address may belong to somebody else: a name can hold whatever a stranger wants to
    tell them. Security notices also have {when} and {where}, and nothing that whoever caused them could word.
    """

    subject: str
    text: str
    purpose: Purpose | None = None

    def write(self, to: str, *, url: str, name: str = "", when: str = "", where: str = "") -> Email:
        """Write the e-mail to an address."""
        return Email(to, self.subject, self.text.format(name=name, url=url, when=when, where=where))


NOT_YOU = (
    "\n\nIf this was not you, somebody else may know your password. Choose a new one now, here or where your "
    "organization has you sign in, and tell the people who run the help desk:\n\n{url}/forgot\n"
)


def _security_notice(subject: str, what: str, then: str = NOT_YOU) -> EmailTemplate:
    """Tell the owner of an account what happened, when, and from where, as far as that is known."""
    return EmailTemplate(subject, "Hello {name},\n\n" + what + "\n\nWhen: {when}{where}" + then)


# By the name that waits in the outbox, where entries written by earlier versions must still be found.
TEMPLATES: Mapping[str, EmailTemplate] = {
    "welcome": EmailTemplate(
        purpose=Purpose.WELCOME,
        subject="Your Ledgerdesk account",
        text="Hello {name},\n\nAn account has been created for you. Choose a password within seven days:"
        "\n\n{url}\n",
    ),
    "reset": EmailTemplate(
        purpose=Purpose.RESET,
        subject="Reset your Ledgerdesk password",
        text="Hello {name},\n\nSomebody, probably you, asked to reset your password. Choose a new one within "
        "one hour:\n\n{url}\n\nIf it was not you, ignore this email: your password stays as it is.\n",
    ),
    "verify": EmailTemplate(
        purpose=Purpose.VERIFY,
        subject="Confirm your email address for Ledgerdesk",
        text="Hello,\n\nThis address was entered for a Ledgerdesk account. Confirm it within three days:"
        "\n\n{url}\n\nIf you do not know about this, ignore this email.\n",
    ),
    "known": EmailTemplate(
        purpose=Purpose.RESET,
        subject="Your Ledgerdesk account",
        text="Hello {name},\n\nSomebody, probably you, tried to create an account with this address, but you "
        "already have one. If you have forgotten your password, choose a new one within one hour:\n\n{url}"
        "\n\nIf it was not you, ignore this email: nothing has changed.\n",
    ),
    "registration": EmailTemplate(
        subject="Your Ledgerdesk account",
        text="Hello,\n\nSomebody, probably you, asked for an account with this address. Choose a password "
        "within one day:\n\n{url}\n\nIf it was not you, ignore this email: no account will be created.\n",
    ),
    "moved": EmailTemplate(
        subject="Your Ledgerdesk email address has changed",
        text="Hello {name},\n\nThe email address of your account has been changed. From now on, emails "
        "about your account go to the new address, and you sign in with it.\n\n"
        "If you did not want this, contact the people who run the help desk: {url}\n",
    ),
    "code": EmailTemplate(
        purpose=Purpose.CODE,
        subject="Sign in to Ledgerdesk with a code",
        text="Hello {name},\n\nToo many wrong codes were entered for your account, so codes are not accepted "
        "for a while. With this link you can enter one now. It works within one hour:\n\n{url}\n\nIf you did "
        "not enter wrong codes, somebody else knows your password: change it after you have signed in.\n",
    ),
    Notice.PASSWORD_CHANGED: _security_notice(
        "Your Ledgerdesk password has changed",
        "The password of your account has been changed, and all other devices are signed out.",
    ),
    Notice.SECOND_FACTOR_ON: _security_notice(
        "Second factor switched on",
        "From now on, a code from an app is needed to sign in to your Ledgerdesk account.",
    ),
    Notice.SECOND_FACTOR_OFF: _security_notice(
        "Second factor switched off",
        "The password alone is now enough to sign in to your Ledgerdesk account.",
    ),
    Notice.RECOVERY_CODE_USED: _security_notice(
        "Recovery code used",
        "A recovery code was used for your Ledgerdesk account. Each works once. If you have lost your app, set "
        "up the second factor again: you get new recovery codes then.",
    ),
    Notice.NEW_DEVICE: _security_notice(
        "New sign-in to Ledgerdesk",
        "Your account was used to sign in from a browser that has not been used for it before.",
    ),
    Notice.TOKEN_CREATED: _security_notice(
        "New API token",
        "An API token was created for your Ledgerdesk account. A program that has it can act in your name.",
    ),
    Notice.SESSIONS_ENDED: _security_notice(
        "You were signed out of Ledgerdesk",
        "An administrator ended sessions of your account, or gave it another role. Sign in again to go on. Your "
        "API tokens keep working.",
        then="\n\nIf you do not know why, ask the people who run the help desk: {url}\n",
    ),
    "taken": EmailTemplate(
        subject="Your email address at Ledgerdesk",
        text="Hello,\n\nSomebody, perhaps you, tried to use this address for another account. It already has "
        "an account, so nothing has changed.\n\nIf it was you, sign in with this address: {url}/login\n",
    ),
}


def link_purpose(template: str) -> Purpose:
    """Return the purpose of the link in an e-mail; raises ValueError if it has none."""
    purpose = TEMPLATES[template].purpose
    if purpose is None:
        raise ValueError(f"{template!r} holds no account link")
    return purpose


class AccountEmails:
    """Delivers e-mails that hold a link to an account."""

    kind = DeliveryKind.ACCOUNT_EMAIL

    def __init__(self, *, links: Links, mailer: Mailer, base_url: str) -> None:
        self._links, self._mailer, self._base_url = links, mailer, base_url.rstrip("/")

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Write and send one e-mail, unless its link has been replaced or used in the meantime."""
        link = Link(payload["user_id"], Purpose(payload["purpose"]), payload["nonce"])
        try:
            item = self._links.check(user_table.find(link.user_id), link, now)
        except LinkSpent:
            return
        to = self._links.address_of(item, link.purpose)
        if to:
            email = self._write(item, link, to, payload.get("words", link.purpose.value))
            self._mailer.send(email, message_id=entry_id)

    def _write(self, item: UserItem, link: Link, to: str, template: str) -> Email:
        owner = user_table.find_by_email(to)
        if owner is not None and owner.user_id != item.user_id:
            # Whoever asked learns nothing; the owner of the address may know that it has an account.
            return TEMPLATES["taken"].write(to, url=self._base_url)
        url = f"{self._base_url}/account/{link.purpose}/{self._links.token(link)}"
        return TEMPLATES[template].write(to, url=url, name=item.name)


class NoticeEmails:
    """Delivers e-mails without a link: to an address that is no longer the user's, and security notices."""

    kind = DeliveryKind.NOTICE

    def __init__(self, *, mailer: Mailer, base_url: str) -> None:
        self._mailer, self._base_url = mailer, base_url.rstrip("/")

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Write and send one notice, unless the user no longer exists."""
        del now
        item = user_table.find(payload["user_id"])
        if item is None:
            return
        at, address = payload.get("at"), payload.get("address")
        email = TEMPLATES[payload["about"]].write(
            payload["email"],
            url=self._base_url,
            name=item.name,
            when=from_text(at).strftime("%d %B %Y, %H:%M UTC") if at else "",
            where=f"\nFrom the network address: {address}" if address else "",
        )
        self._mailer.send(email, message_id=entry_id)
