"""Wires the ways in beside the password."""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from services.users import (
    AuthenticationService,
    Brake,
    OpenIdClient,
    Provider,
    Recorder,
    RoleService,
    SingleSignOn,
    UserService,
    Vault,
    VouchedAccounts,
)


@dataclass(frozen=True)
class Doors:
    """What lets people in without a password."""

    sign_on: SingleSignOn


class People(Protocol):
    """The services to which the doors lead."""

    @property
    def users(self) -> UserService:
        """Return who is there."""

    @property
    def roles(self) -> RoleService:
        """Return what they may do."""

    @property
    def recorder(self) -> Recorder:
        """Return who writes it down."""

    @property
    def authentication(self) -> AuthenticationService:
        """Return who starts sessions."""

    @property
    def brake(self) -> Brake:
        """Return who slows guessers down."""


def build_doors(
    people: People, providers: Iterable[Provider], *, key: Callable[[str], bytes], base_url: str
) -> Doors:
    """Build them; `key` derives a key for one purpose."""
    # Providers send people back to our own address, whatever a request calls us.
    back = f"{base_url.rstrip('/')}/login/from/"
    sign_on = SingleSignOn(
        clients=[
            (provider, OpenIdClient(provider, return_to=back + provider.id, clock=time.monotonic))
            for provider in providers
        ],
        accounts=VouchedAccounts(
            users=people.users, roles=people.roles, recorder=people.recorder, new_id=lambda: uuid4().hex
        ),
        authentication=people.authentication,
        brake=people.brake,
        vault=Vault(key("sign-on")),
        new_secret=lambda: secrets.token_urlsafe(32),
    )
    return Doors(sign_on)
