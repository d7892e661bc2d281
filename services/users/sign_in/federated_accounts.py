"""Accounts of people whom a provider vouches for: found, linked, made, given the role their groups say."""

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
from services.users.authorization.roles import RoleService
from services.users.credentials.trusted_device import Origin
from services.users.identity.actor import SYSTEM, Actor
from services.users.identity.names import clean_name, sort_name
from services.users.identity.user_errors import RoleNotFound, StaleRecord
from services.users.organizations.organizations import OrganizationService
from services.users.sign_in.openid import SignOnFailed
from services.users.sign_in.provider import FederatedIdentity, Provider

TRIES = 3  # for two writers who meet on one person
LEAST_ROLE = "customer"
log = structlog.get_logger()


class SignOnRefused(SignOnFailed, Forbidden):
    """The provider knows the person, but this house does not let them in this way."""


@dataclass(frozen=True)
class _FederatedSignIn:
    """Somebody whom a provider vouches for, at the door."""

    provider: Provider
    federated: FederatedIdentity
    origin: Origin
    now: datetime

    @property
    def identity(self) -> str:
        """Name the person as the account keeps it."""
        return self.provider.identity(self.federated.subject)

    @property
    def system(self) -> Actor:
        """Act as the system at the place the person comes from."""
        return replace(SYSTEM, address=self.origin.address)


class FederatedAccounts:
    """Finds or makes the account behind what a provider says."""

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
        """Return the id of the person's account, its role as their groups say; raises SignOnRefused."""
        who, mapped = (
            _FederatedSignIn(provider, federated, origin, now),
            provider.mapped_role(federated.groups),
        )
        if mapped is None and provider.closed:
            raise _refused("no role", f"{provider.label} knows you, but none of your groups has access here.")
        for _ in range(TRIES):
            try:
                item = self._account(who, mapped or provider.default_role)
            except IdentityClaimed:
                continue  # somebody signed in with the same identity at this moment: find it
            if not item.active:
                raise _refused("suspended", "This account is suspended.")
            if mapped is not None and mapped != item.role_id:
                self._follow(who, item, mapped)
            return item.user_id
        raise _refused("claimed", "Your account is being changed at this moment.")

    def _account(self, who: _FederatedSignIn, given: str) -> UserItem:
        item = identity_table.find(who.identity)
        if item is not None:
            return item
        email, label = who.federated.email, who.provider.label
        if email is None or not who.provider.covers_domain(email):
            raise _refused(
                "address", f"{label} did not confirm an e-mail address that it may vouch for here."
            )
        item = user_table.find_by_email(email)
        return self._make(who, email, given) if item is None else self._link(who, item, given or LEAST_ROLE)

    def _link(self, who: _FederatedSignIn, item: UserItem, given: str) -> UserItem:
        """Let a person into the account that has their address, if nobody can gain by it."""
        if not item.active:
            return item
        if item.verified_at is None:
            raise _refused(
                "unverified",
                "An account with your address exists, but its owner never confirmed the address. "
                "Ask for a new password by mail once: the letter confirms it.",
            )
        if not self._covers(given, item.role_id):
            label = who.provider.label
            raise _refused(
                "higher role",
                f"An account with your address exists, and it may do more here than {label} says. "
                "Sign in with its password.",
            )
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=who.origin.address)
        act = self._act(owner, who, "user.linked", item.user_id, {})
        identity_table.link(item, who.identity, [act])
        return item

    def _make(self, who: _FederatedSignIn, email: str, role_id: str) -> UserItem:
        """Write an account at the first sign-in; the provider has confirmed its address."""
        self._check_role(who.provider, role_id)
        name = clean_name(who.federated.name or email.partition("@")[0][:100])
        item = UserItem(
            user_id=self._new_id(),
            name=name,
            sort_name=sort_name(name),
            email=email,
            role_id=role_id,
            organization_id=self._organizations.of_new(email, role_id, None),
            verified_at=who.now,
            created_at=who.now,
        )
        act = self._act(who.system, who, "user.created", item.user_id, {"role_id": role_id})
        identity_table.add(item, who.identity, [act])
        return item

    def _check_role(self, provider: Provider, role_id: str) -> None:
        if not role_id:
            label = provider.label
            raise _refused("no account", f"{label} knows you, but you have no account here.")
        try:
            self._roles.get(role_id)
        except RoleNotFound as missing:
            log.error("sign_on_role_missing", provider=provider.id, role=role_id)
            raise _refused("role missing", "The role that is meant for you does not exist.") from missing

    def _follow(self, who: _FederatedSignIn, item: UserItem, role_id: str) -> None:
        """Give a person the role their groups say; the rules that bind administrators bind this too."""
        found: UserItem | None = item
        for _ in range(TRIES):
            if found is None or not found.active:
                raise _refused("suspended", "This account is suspended.")
            try:
                self._users.update(
                    actor=who.system,
                    now=who.now,
                    user_id=found.user_id,
                    expected_version=int(found.version),
                    name=found.name,
                    email=found.email or "",
                    role_id=role_id,
                    active=True,
                    team_ids=found.team_ids or (),
                )
                return
            except StaleRecord:
                found = user_table.find(item.user_id)
            except Invalid:
                # For example the last administrator: they stay what they are, and get in.
                provider, user = who.provider.id, item.user_id
                log.warning("sign_on_role_kept", provider=provider, user=user, role=role_id)
                return
        raise _refused("claimed", "Your account is being changed at this moment.")

    def _covers(self, given: str, held: str) -> bool:
        """Tell whether the role a provider gives allows everything that the held one does."""
        if given == held:
            return True
        try:
            wide, narrow = self._roles.get(given).permissions, self._roles.get(held).permissions
        except RoleNotFound:
            return False
        return all(
            permission in wide and wide[permission].covers(scope) for permission, scope in narrow.items()
        )

    def _act(
        self, actor: Actor, who: _FederatedSignIn, action: str, user_id: str, facts: dict[str, str]
    ) -> AuditEntry:
        after = {**facts, "provider": who.provider.id}
        subject = f"user:{user_id}"
        return self._audit_writer.entry(actor=actor, now=who.now, action=action, subject=subject, after=after)


def _refused(reason: str, message: str) -> SignOnRefused:
    return SignOnRefused(f"{message} Nothing was changed. Ask an administrator of this desk.", reason)
