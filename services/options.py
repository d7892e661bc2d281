"""What the services need to know of an instance."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from argon2 import PasswordHasher

from dynamodb_client import ConnectionOptions
from services.mail import Mailer
from services.users.credentials import OWASP_MINIMUM
from services.users.sign_in import Provider

__all__ = ["ConnectionOptions", "Options"]


@dataclass(frozen=True)
class Options:
    """What the services need to know of this instance.

    All its keys are made from `secrets`: the first one signs and seals, the others are accepted too.
    """

    connection: ConnectionOptions
    analytics_dir: Path
    secrets: tuple[bytes, ...]
    mailer: Mailer
    base_url: str
    rejects_dir: Path
    shards: int = 1
    providers: tuple[Provider, ...] = ()
    endless_tokens: bool = False
    customer_emails: bool = True
    assign_on_reply: bool = True
    own_addresses: frozenset[str] = frozenset()  # whom the product writes as: they are never answered
    tickets_per_hour: int = 0  # that one person may open; 0: any number
    password_hasher: PasswordHasher = OWASP_MINIMUM

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """Derive the keys for one purpose, so that what is signed for one is worth nothing for another."""
        return tuple(hmac.new(secret, purpose.encode(), sha256).digest() for secret in self.secrets)
