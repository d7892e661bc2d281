"""E-mails that tell people about a change of how their account is protected."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from models.outbox import Outbox as Entry
from models.user import User as UserItem


class Notice(StrEnum):
    """What people are told of; each names its e-mail in services/users/accounts/emails.py."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of an e-mail, not a password
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    RECOVERY_CODE_USED = "recovery_code_used"
    NEW_DEVICE = "new_device"
    TOKEN_CREATED = "token_created"  # noqa: S105  # as above
    SESSIONS_ENDED = "sessions_ended"


class SecurityNotice(Protocol):
    """Builds the e-mail to an account's owner, to be written in the transaction of the change."""

    def __call__(
        self, item: UserItem, notice: Notice, *, now: datetime, address: str | None = None
    ) -> list[Entry]:
        """Return the outbox entry, none if the user has no address; `address` is where the request came from."""
