"""What a change of a person makes us write to them; it is written in the change's own transaction."""

from collections.abc import Mapping
from datetime import datetime

from models.outbox import Outbox as Entry
from models.user import User as UserItem
from services.outbox import Outbox
from services.users.accounts.emails import AccountEmails, NoticeEmails
from services.users.accounts.signed_links import Links, Purpose


class EmailNotices:
    """Puts links on a person's item and makes the letters about them; whoever writes the item sends both."""

    def __init__(self, links: Links, outbox: Outbox) -> None:
        self._links, self._outbox = links, outbox

    def invite(self, item: UserItem, now: datetime) -> Entry:
        """Give a person the one link that lets them choose a first password, and write the letter."""
        item.links, item.invited_at = self._links.issue({}, Purpose.WELCOME, now), now
        return self.mail_message(item.user_id, item.links, Purpose.WELCOME, now)

    def moved(self, item: UserItem, old_email: str | None, now: datetime) -> list[Entry]:
        """Have a new address confirmed and tell the old one; what was sent to the old one opens nothing now.

        Who has not taken up an invitation yet is invited anew instead.
        """
        item.verified_at = None
        if not item.password_hash and not item.identities:
            return [self.invite(item, now)]
        item.links = self._links.issue({}, Purpose.VERIFY, now, item.email or "")
        told = [self.notice(item, old_email, "moved", now)] if old_email else []
        return [self.mail_message(item.user_id, item.links, Purpose.VERIFY, now), *told]

    def mail_message(
        self,
        user_id: str,
        links: Mapping[str, list[str]],
        purpose: Purpose,
        now: datetime,
        words: str | None = None,
    ) -> Entry:
        """Write the letter about one of a person's links, in its usual words or in others."""
        payload = {"user_id": user_id, "purpose": purpose.value, "nonce": links[purpose][0]}
        return self._outbox.entry(AccountEmails.kind, payload | ({"words": words} if words else {}), now=now)

    def notice(self, item: UserItem, email: str, about: str, now: datetime) -> Entry:
        """Write a letter without a link to an address that is not, or no longer, the person's."""
        payload = {"user_id": item.user_id, "email": email, "about": about}
        return self._outbox.entry(NoticeEmails.kind, payload, now=now)
