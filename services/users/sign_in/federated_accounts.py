"""Accounts of users whom a provider authenticates: found, linked or created, with the role of their groups."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from models import identity as identity_table
from models import user as user_table
from models.audit import AuditEntry
from models.identity import IdentityClaimed
from models.user import User as UserItem
from services.errors import Forbidden, Invalid
from services.users.accounts.user_service import UserService
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.rank import Reach
from services.users.authorization.roles import RoleService
from services.users.credentials.trusted_device import Origin
from services.users.identity.actor import SYSTEM, Actor
from services.users.identity.names import clean_name, sort_name
from services.users.identity.user_errors import RoleNotFound, StaleRecord
from services.users.organizations.organizations import OrganizationService
from services.users.sign_in.openid import SignOnFailed
from services.users.sign_in.provider import FederatedIdentity, Provider

MAX_TRIES = 3  # when two writers change the same user
DEFAULT_ROLE = "customer"
log = structlog.get_logger()


class SignOnRefused(SignOnFailed, Forbidden):
    """The provider knows the user, but they may not sign in here this way."""


@dataclass(frozen=True)
class _FederatedSignIn:
    """A sign-in with a provider that has authenticated the user."""

    provider: Provider
    federated: FederatedIdentity
    origin: Origin
    now: datetime

    @property
    def identity(self) -> str:
        """Return the user's identity as the account stores it."""
        return self.provider.identity(self.federated.subject)

    @property
    def system(self) -> Actor:
        """Return the system as actor, with the network address of the user."""
        return replace(SYSTEM, address=self.origin.address)


class FederatedAccounts:
    """Finds or creates the account for a federated identity."""

    def __init__(
        self,
        *,
        users: UserService,
        roles: RoleService,
        organizations: OrganizationService,
        audit_writer: AuditWriter,
        new_id: Callable[[], str],
    ) -> None:
        self._users, self._roles, self._organizations = users, roles, organizations
        self._audit_writer, self._new_id = audit_writer, new_id

    def admit(
        self, *, provider: Provider, federated: FederatedIdentity, origin: Origin, now: datetime
    ) -> str:
        """Return the id of the user's account, updated to the role of their groups; raises SignOnRefused."""
        sign_in = _FederatedSignIn(provider, federated, origin, now)
        mapped = provider.mapped_role(federated.groups)
        if mapped is None and provider.closed:
            raise _refused(
                "no role", f"{provider.label} signed you in, but none of your groups has access here."
            )
        for _ in range(MAX_TRIES):
            try:
                item = self._account(sign_in, mapped or provider.default_role)
            except IdentityClaimed:
                continue  # somebody just signed in with the same identity: find it
            if not item.active:
                raise _refused("suspended", "This account is suspended.")
            if mapped is not None and mapped != item.role_id:
                self._follow(sign_in, item, mapped)
            return item.user_id
        raise _refused("claimed", "Your account is being changed right now.")

    def _account(self, sign_in: _FederatedSignIn, role_id: str) -> UserItem:
        item = identity_table.find(sign_in.identity)
        if item is not None:
            return item
        email, label = sign_in.federated.email, sign_in.provider.label
        if email is None or not sign_in.provider.covers_domain(email):
            raise _refused("address", f"{label} did not confirm an email address that is accepted here.")
        item = user_table.find_by_email(email)
        return (
            self._make(sign_in, email, role_id)
            if item is None
            else self._link(sign_in, item, role_id or DEFAULT_ROLE)
        )

    def _link(self, sign_in: _FederatedSignIn, item: UserItem, role_id: str) -> UserItem:
        """Link the identity to the account with the same address, unless that could be abused."""
        if not item.active:
            return item
        if item.verified_at is None:
            raise _refused(
                "unverified",
                "An account with your address exists, but the address was never confirmed. "
                "Reset its password once: the link in the email confirms the address.",
            )
        if not self._covers(role_id, item):
            label = sign_in.provider.label
            raise _refused(
                "higher role",
                f"An account with your address exists, and its role allows more than the one {label} gives you. "
                "Sign in with the password of that account.",
            )
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=sign_in.origin.address)
        audit_entry = self._audit_entry(owner, sign_in, "user.linked", item.user_id, {})
        identity_table.link(item, sign_in.identity, [audit_entry])
        return item

    def _make(self, sign_in: _FederatedSignIn, email: str, role_id: str) -> UserItem:
        """Create an account at the first sign-in; the provider has confirmed its address."""
        self._check_role(sign_in.provider, role_id)
        name = clean_name(sign_in.federated.name or email.partition("@")[0][:100])
        item = UserItem(
            user_id=self._new_id(),
            name=name,
            sort_name=sort_name(name),
            email=email,
            role_id=role_id,
            organization_id=self._organizations.for_new_user(email, role_id, None),
            verified_at=sign_in.now,
            created_at=sign_in.now,
        )
        audit_entry = self._audit_entry(
            sign_in.system, sign_in, "user.created", item.user_id, {"role_id": role_id}
        )
        identity_table.add(item, sign_in.identity, [audit_entry])
        return item

    def _check_role(self, provider: Provider, role_id: str) -> None:
        if not role_id:
            label = provider.label
            raise _refused("no account", f"{label} signed you in, but you have no account here.")
        try:
            self._roles.get(role_id)
        except RoleNotFound as missing:
            log.error("sign_on_role_missing", provider=provider.id, role=role_id)
            raise _refused("role missing", "The role assigned to you does not exist.") from missing

    def _follow(self, sign_in: _FederatedSignIn, item: UserItem, role_id: str) -> None:
        """Give a user the role of their groups; the rules for administrators apply here too."""
        current: UserItem | None = item
        for _ in range(MAX_TRIES):
            if current is None or not current.active:
                raise _refused("suspended", "This account is suspended.")
            try:
                self._users.update(
                    actor=sign_in.system,
                    now=sign_in.now,
                    user_id=current.user_id,
                    expected_version=int(current.version),
                    name=current.name,
                    email=current.email or "",
                    role_id=role_id,
                    active=True,
                    team_ids=current.team_ids or (),
                )
                return
            except StaleRecord:
                current = user_table.find(item.user_id)
            except Invalid:
                # For example the last administrator: they keep their role and are signed in.
                provider, user = sign_in.provider.id, item.user_id
                log.warning("sign_on_role_kept", provider=provider, user=user, role=role_id)
                return
        raise _refused("claimed", "Your account is being changed right now.")

    def _covers(self, role_id: str, item: UserItem) -> bool:
        """Tell whether the provider's role allows everything that the user's present role does."""
        if role_id == item.role_id:
            return True
        try:
            wide, narrow = self._roles.get(role_id).permissions, self._roles.get(item.role_id).permissions
        except RoleNotFound:
            return False
        return Reach.of_account(item, wide).covers(Reach.of_account(item, narrow))

    def _audit_entry(
        self, actor: Actor, sign_in: _FederatedSignIn, action: str, user_id: str, facts: dict[str, str]
    ) -> AuditEntry:
        after = {**facts, "provider": sign_in.provider.id}
        subject = f"user:{user_id}"
        return self._audit_writer.entry(
            actor=actor, now=sign_in.now, action=action, subject=subject, after=after
        )


def _refused(reason: str, message: str) -> SignOnRefused:
    return SignOnRefused(f"{message} Nothing was changed. Ask an administrator of this help desk.", reason)
