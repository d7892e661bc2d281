"""Queues the e-mails that a change of a user causes, to be written in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime

from models.outbox import Outbox as Entry
from models.times import to_text
from models.user import User as UserItem
from services.outbox import Outbox
from services.users.accounts.emails import AccountEmails, NoticeEmails, link_purpose
from services.users.accounts.signed_links import Links, Purpose
from services.users.credentials.security_notice import Notice


class EmailNotices:
    """Puts links on a user's item and builds the outbox entries for their e-mails; the caller writes both."""

    def __init__(self, links: Links, outbox: Outbox) -> None:
        self._links, self._outbox = links, outbox

    def invite(self, item: UserItem, now: datetime) -> Entry:
        """Give a user the one link to choose a first password, and build the e-mail for it."""
        item.links, item.invited_at = self._links.issue({}, Purpose.WELCOME, now), now
        return self.link_email(item.user_id, item.links, Purpose.WELCOME, now)

    def address_changed(self, item: UserItem, old_email: str | None, now: datetime) -> list[Entry]:
        """Ask to confirm a new address and notify the old one, whose links stop working.

        A user who has not accepted their invitation yet gets a new invitation instead.
        """
        item.verified_at = None
        if not item.password_hash and not item.identities:
            return [self.invite(item, now)]
        item.links = self._links.issue({}, Purpose.VERIFY, now, item.email or "")
        notices = [self.notice(item, old_email, "moved", now)] if old_email else []
        return [self.link_email(item.user_id, item.links, Purpose.VERIFY, now), *notices]

    def link_email(self, user_id: str, links: Mapping[str, list[str]], template: str, now: datetime) -> Entry:
        """Build the e-mail about one of a user's links; `template` names one that has a purpose."""
        purpose = link_purpose(template)
        payload = {"user_id": user_id, "purpose": purpose.value, "nonce": links[purpose][0]}
        if template != purpose:
            payload["words"] = template
        return self._outbox.entry(AccountEmails.kind, payload, now=now)

    def security_notice(
        self, item: UserItem, notice: Notice, *, now: datetime, address: str | None = None
    ) -> list[Entry]:
        """Build the e-mail that tells a user what happened to their account; none without an address."""
        if not item.email:
            return []
        payload = {"user_id": item.user_id, "email": item.email, "about": notice.value}
        payload |= {"at": to_text(now), "address": address or ""}
        return [self._outbox.entry(NoticeEmails.kind, payload, now=now)]

    def notice(self, item: UserItem, email: str, template: str, now: datetime) -> Entry:
        """Build an e-mail without a link to an address that is not, or no longer, the user's."""
        payload = {"user_id": item.user_id, "email": email, "about": template}
        return self._outbox.entry(NoticeEmails.kind, payload, now=now)
