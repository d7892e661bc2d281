"""What the services need to know of an instance."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from models.connection import ConnectionOptions
from services.mail import Mailer
from services.users import Provider


@dataclass(frozen=True)
class Options:
    """What the services need to know of this instance; `secret` is what all its keys are made from."""

    connection: ConnectionOptions
    analytics_dir: Path
    secret: bytes
    mailer: Mailer
    base_url: str
    rejects_dir: Path
    shards: int = 1
    providers: tuple[Provider, ...] = ()
    endless_tokens: bool = False

    def key(self, purpose: str) -> bytes:
        """Derive a key for one purpose, so that what is signed for one is worth nothing for another."""
        return hmac.new(self.secret, purpose.encode(), sha256).digest()
