"""Links in e-mails: signed, valid once and for a limited time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, URLSafeSerializer

from models.times import from_text, to_text
from models.user import User as UserItem
from services.errors import Invalid

LONGEST_TOKEN = 500


class Purpose(StrEnum):
    """What a link is for."""

    WELCOME = "welcome"
    RESET = "reset"
    VERIFY = "verify"
    CODE = "code"


GOOD_FOR = {
    Purpose.WELCOME: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.VERIFY: timedelta(days=3),
    Purpose.CODE: timedelta(hours=1),
}


class LinkSpent(Invalid):
    """The link was used, replaced by a newer one, has expired, or was not signed by us."""

    def __init__(self) -> None:
        super().__init__("This link has been used or has expired. Ask for a new one.")


@dataclass(frozen=True)
class Link:
    """The content of a link: its user, its purpose, and the nonce of this one link."""

    user_id: str
    purpose: Purpose
    nonce: str


class Links:
    """Issues and verifies links; the user's item stores the newest of each purpose.

    What is stored is not secret: only the signature turns it into a link.
    """

    def __init__(self, keys: tuple[bytes, ...], new_id: Callable[[], str]) -> None:
        # This library signs with the last key of a list.
        self._signer = URLSafeSerializer(list(reversed(keys)), salt="account links")
        self._new_id = new_id

    def issue(
        self, links: dict[str, list[str]], purpose: Purpose, now: datetime, *facts: str
    ) -> dict[str, list[str]]:
        """Return a user's links with a new one that replaces the previous one; `facts` are stored with it."""
        return {**links, purpose.value: [self._new_id(), to_text(now + GOOD_FOR[purpose]), *facts]}

    def token(self, link: Link) -> str:
        """Return the signed part of a link's URL."""
        return str(self._signer.dumps([link.user_id, link.purpose.value, link.nonce]))

    def read(self, token: str, purpose: Purpose) -> Link:
        """Return the content of a token; raises LinkSpent if we did not sign it or it has another purpose."""
        try:
            user_id, signed_for, nonce = self._signer.loads(token[:LONGEST_TOKEN])
        except (BadSignature, ValueError) as forged:
            raise LinkSpent from forged
        if signed_for != purpose:
            raise LinkSpent
        return Link(user_id, purpose, nonce)

    @staticmethod
    def check(item: UserItem | None, link: Link, now: datetime) -> UserItem:
        """Return the user's item if the link is still valid; raises LinkSpent."""
        nonce, until, *_ = ((item.links or {}) if item else {}).get(link.purpose, ("", ""))
        if item is None or nonce != link.nonce or from_text(until) <= now or not item.active:
            raise LinkSpent
        return item

    @staticmethod
    def waiting(item: UserItem, purpose: Purpose, now: datetime) -> list[str]:
        """Return the facts stored with a link that is still valid; empty if there is none."""
        _, until, *facts = (item.links or {}).get(purpose, ("", ""))
        return facts if until and from_text(until) > now else []

    @staticmethod
    def address_of(item: UserItem, purpose: Purpose) -> str | None:
        """Return where a link is sent: to the address that it confirms, otherwise to the user's own."""
        return str(item.links[purpose][2]) if purpose is Purpose.VERIFY else item.email

    @staticmethod
    def spend(links: dict[str, list[str]], purpose: Purpose) -> dict[str, list[str]]:
        """Return a user's links without the one that was used."""
        return {key: value for key, value in links.items() if key != purpose}
