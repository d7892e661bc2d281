"""Links in mails: signed, good once, and only for a while."""

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
    """What a link is good for."""

    WELCOME = "welcome"
    RESET = "reset"
    VERIFY = "verify"


GOOD_FOR = {
    Purpose.WELCOME: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.VERIFY: timedelta(days=3),
}


class LinkSpent(Invalid):
    """The link was used, replaced by a newer one, has expired, or was never ours."""

    def __init__(self) -> None:
        super().__init__("This link has been used or has expired. Ask for a new one.")


@dataclass(frozen=True)
class Link:
    """What a link says: for whom, for what, and which of the links once made."""

    user_id: str
    purpose: Purpose
    nonce: str


class Links:
    """Makes links and reads them; the person's item remembers the newest of each purpose.

    What is stored is no secret: only the signature makes a link of it.
    """

    def __init__(self, keys: tuple[bytes, ...], new_id: Callable[[], str]) -> None:
        # This library signs with the last key of a list.
        self._signer = URLSafeSerializer(list(reversed(keys)), salt="account links")
        self._new_id = new_id

    def issue(
        self, links: dict[str, list[str]], purpose: Purpose, now: datetime, *facts: str
    ) -> dict[str, list[str]]:
        """Return the person's links with a new one, which replaces the one before; `facts` go with it."""
        return {**links, purpose.value: [self._new_id(), to_text(now + GOOD_FOR[purpose]), *facts]}

    def token(self, link: Link) -> str:
        """Return the part of an address that proves a link."""
        return str(self._signer.dumps([link.user_id, link.purpose.value, link.nonce]))

    def read(self, token: str, purpose: Purpose) -> Link:
        """Return what a token says; raises LinkSpent for one we did not sign, or for another purpose."""
        try:
            user_id, signed_for, nonce = self._signer.loads(token[:LONGEST_TOKEN])
        except (BadSignature, ValueError) as forged:
            raise LinkSpent from forged
        if signed_for != purpose:
            raise LinkSpent
        return Link(user_id, purpose, nonce)

    @staticmethod
    def check(item: UserItem | None, link: Link, now: datetime) -> UserItem:
        """Return the person when the link is still good for them; raises LinkSpent."""
        nonce, until, *_ = ((item.links or {}) if item else {}).get(link.purpose, ("", ""))
        if item is None or nonce != link.nonce or from_text(until) <= now or not item.active:
            raise LinkSpent
        return item

    @staticmethod
    def waiting(item: UserItem, purpose: Purpose, now: datetime) -> list[str]:
        """Return the facts that go with a link which is still good; none where there is no such link."""
        _, until, *facts = (item.links or {}).get(purpose, ("", ""))
        return facts if until and from_text(until) > now else []

    @staticmethod
    def address_of(item: UserItem, purpose: Purpose) -> str | None:
        """Return where a person's link goes: to the address that it is to confirm, else to the person's."""
        return str(item.links[purpose][2]) if purpose is Purpose.VERIFY else item.email

    @staticmethod
    def spend(links: dict[str, list[str]], purpose: Purpose) -> dict[str, list[str]]:
        """Return the person's links without the one that was used."""
        return {key: value for key, value in links.items() if key != purpose}
