"""Wires the ways in beside the password."""

import secrets
import time
from dataclasses import dataclass
from typing import Protocol

from models import tokens_listing
from services.ids import new_id
from services.options import Options
from services.users.accounts import UserService
from services.users.api_tokens import TokenService
from services.users.audit import AuditWriter
from services.users.authorization import RoleService
from services.users.credentials import Encryption, LoginThrottle
from services.users.organizations import OrganizationService
from services.users.sign_in import AuthenticationService, FederatedAccounts, OpenIdClient, SingleSignOn


@dataclass(frozen=True)
class Doors:
    """What lets people in without a password."""

    sign_on: SingleSignOn
    tokens: TokenService


class People(Protocol):
    """The services to which the doors lead."""

    @property
    def users(self) -> UserService:
        """Return who is there."""

    @property
    def roles(self) -> RoleService:
        """Return what they may do."""

    @property
    def organizations(self) -> OrganizationService:
        """Return who shares tickets with whom."""

    @property
    def audit_writer(self) -> AuditWriter:
        """Return who writes it down."""

    @property
    def authentication(self) -> AuthenticationService:
        """Return who starts sessions."""

    @property
    def login_throttle(self) -> LoginThrottle:
        """Return who slows guessers down."""


def build_doors(options: Options, people: People) -> Doors:
    """Build the ways in that lead to these people."""
    # Providers send people back to our own address, whatever a request calls us.
    back = f"{options.base_url.rstrip('/')}/login/from/"
    sign_on = SingleSignOn(
        clients=[
            (provider, OpenIdClient(provider, return_to=back + provider.id, clock=time.monotonic))
            for provider in options.providers
        ],
        accounts=FederatedAccounts(
            users=people.users,
            roles=people.roles,
            organizations=people.organizations,
            audit_writer=people.audit_writer,
            new_id=new_id,
        ),
        authentication=people.authentication,
        login_throttle=people.login_throttle,
        encryption=Encryption(options.keys("sign-on")),
        new_secret=lambda: secrets.token_urlsafe(32),
    )
    tokens = TokenService(
        users=people.users,
        roles=people.roles,
        organizations=people.organizations,
        audit_writer=people.audit_writer,
        listing=tokens_listing.build(keys=options.keys("cursors")),
        new_secret=lambda: secrets.token_urlsafe(32),
        may_be_endless=options.endless_tokens,
    )
    return Doors(sign_on, tokens)
