"""Tokens for programs: made by people for themselves, never worth more than their maker's role."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from models import api_token as token_table
from models.api_token import PARTITION, ApiToken
from pynamodb_grid.listing import Condition, Conditions, Listing, ListRequest, Op, Page, Sort
from services.errors import Invalid, NotFound
from services.text import one_line
from services.users.accounts.user_service import UserService
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission, Scope
from services.users.identity.user_errors import RoleNotFound, UserNotFound
from services.users.organizations.organizations import OrganizationService
from services.users.sign_in.current_actor import works_on_desk

PREFIX = "ld_"  # by which scanners find a token that went astray
LENGTHS = range(40, 100)
DAYS = (7, 30, 90, 365)
MOST = 50  # of one person
WRITE_EVERY = timedelta(minutes=10)
# What the API can do: a token for more would be a danger that nobody has a use for.
SCOPES = (
    Permission.TICKET_VIEW, Permission.TICKET_CREATE, Permission.TICKET_REPLY, Permission.TICKET_NOTE,
    Permission.TICKET_UPDATE, Permission.TICKET_ASSIGN,
)  # fmt: skip
EVERYTHING = Condition("partition", Op.EQ, PARTITION)


class TokenNotFound(NotFound):
    """No such token, or not the actor's."""

    def __init__(self) -> None:
        super().__init__("There is no such token.")


@dataclass(frozen=True)
class Token:
    """One token; `id` names it without opening anything."""

    id: str
    user_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def from_model(cls, item: ApiToken) -> "Token":
        """Take over a stored token."""
        return cls(
            id=item.token_hash,
            user_id=item.user_id,
            name=item.name,
            scopes=tuple(item.scopes or ()),
            created_at=item.created_at,
            last_used_at=item.last_used_at,
            expires_at=item.expires_at,
        )

    def has_ended(self, now: datetime) -> bool:
        """Tell whether the token has expired; engines delete it some time later."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True)
class Holder:
    """Who is behind a token: its maker, with what both their role and the token permit."""

    actor: Actor
    token: Token


class TokenService:
    """Makes, lists and ends tokens, and tells who is behind one."""

    def __init__(
        self,
        *,
        users: UserService,
        roles: RoleService,
        organizations: OrganizationService,
        audit_writer: AuditWriter,
        listing: Listing,
        new_secret: Callable[[], str],
        may_be_endless: bool,
    ) -> None:
        self._users, self._roles, self._audit_writer = users, roles, audit_writer
        self._organizations = organizations
        self._listing, self._new_secret = listing, new_secret
        self.may_be_endless = may_be_endless

    @staticmethod
    def grantable(actor: Actor) -> list[Permission]:
        """List what the actor can give to a token."""
        return [permission for permission in SCOPES if actor.may(permission)]

    def create(
        self, *, actor: Actor, now: datetime, name: str, scopes: Iterable[str], days: int | None
    ) -> tuple[Token, str]:
        """Make a token for the actor; returns it with its secret, which is kept nowhere. Raises Invalid."""
        self._roles.check_permission(actor=actor, permission=Permission.TOKEN_CREATE, any_scope=True)
        name = _clean_name(name)
        granted = _clean_scopes(scopes, self.grantable(actor))
        if days not in DAYS and not (days is None and self.may_be_endless):
            message = "Choose one of the times that are offered."
            raise Invalid(message, {"days": message})
        if len(token_table.of_user(actor.user_id, MOST)) >= MOST:
            raise Invalid(f"You have {MOST} tokens. Revoke one that is not used first.")
        secret = PREFIX + self._new_secret()
        item = ApiToken(
            token_hash=hash_secret(secret),
            user_id=actor.user_id,
            name=name,
            scopes=granted,
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        facts = {"token": name, "scopes": granted, "days": days}
        act = self._audit_writer.entry(
            actor=actor, now=now, action="token.created", subject=f"user:{actor.user_id}", after=facts
        )
        token_table.add(item, [act])
        return Token.from_model(item), secret

    def own(self, *, actor: Actor) -> list[Token]:
        """List the actor's tokens, the newest first."""
        return [Token.from_model(item) for item in token_table.of_user(actor.user_id, MOST)]

    def revoke(self, *, actor: Actor, token_id: str, now: datetime) -> None:
        """End a token of one's own, or anybody's where the role allows it; raises TokenNotFound."""
        item = token_table.find(token_id)
        owned = item is not None and item.user_id == actor.user_id
        if item is None or not (owned or actor.scope(Permission.TOKEN_REVOKE) is Scope.ALL):
            raise TokenNotFound
        act = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="token.revoked",
            subject=f"user:{item.user_id}",
            before={"token": item.name, "scopes": item.scopes},
        )
        token_table.delete(token_id, [act])

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Return one page of everybody's tokens, by their creation; the rows are tokens."""
        self._roles.check_permission(actor=actor, permission=Permission.TOKEN_REVOKE)
        found = self._listing.page(replace(request, conditions=(*request.conditions, EVERYTHING)))
        return replace(found, rows=[Token.from_model(item) for item in found.rows])

    def iterate(self, *, actor: Actor, conditions: Conditions, sort: Sort | None) -> Iterator[Token]:
        """Walk everybody's tokens that match."""
        self._roles.check_permission(actor=actor, permission=Permission.TOKEN_REVOKE)
        return map(Token.from_model, self._listing.iterate((*conditions, EVERYTHING), sort))

    def sortable(self, conditions: Conditions) -> set[str]:
        """Tell by which fields such a list can be sorted."""
        return self._listing.sortable((*conditions, EVERYTHING))

    def holder(self, *, secret: str, now: datetime, address: str | None = None) -> Holder | None:
        """Tell who is behind a token; None when it or its maker is no longer good, or never was.

        The token is read anew each time, person and role are at most seconds old.
        """
        if not secret.startswith(PREFIX) or len(secret) not in LENGTHS:
            return None
        item = token_table.find(hash_secret(secret))
        if item is None:
            return None
        token = Token.from_model(item)
        actor = None if token.has_ended(now) else self._actor(token, address)
        if actor is None:
            return None
        if token.last_used_at is None or now - token.last_used_at >= WRITE_EVERY:
            token_table.touch(token.id, now)
        return Holder(actor, token)

    def sweep(self, *, now: datetime, limit: int = 200) -> int:
        """Delete expired tokens where the engine does not; returns how many."""
        hashes = token_table.expired(now, limit)
        for token_hash in hashes:
            token_table.delete(token_hash)
        return len(hashes)

    def _actor(self, token: Token, address: str | None) -> Actor | None:
        """Return the token's maker, narrowed to its scopes; None when they may not use tokens any more."""
        try:
            user = self._users.get(token.user_id)
            role = self._roles.get(user.role_id)
        except (UserNotFound, RoleNotFound):
            return None
        unproved = role.security.second_factor and not user.second_factor
        if unproved or not user.active or Permission.TOKEN_CREATE not in role.permissions:
            return None
        return Actor(
            user_id=user.user_id,
            name=user.name,
            kind="agent" if works_on_desk(role) else "customer",
            role_id=user.role_id,
            email=user.email,
            address=address,
            team_ids=frozenset(user.team_ids),
            organization_id=self._organizations.shared_by(user.organization_id),
            permissions=narrowed(role.permissions, token.scopes),
        )


def narrowed(permissions: Mapping[Permission, Scope], scopes: Collection[str]) -> dict[Permission, Scope]:
    """Leave of a role's permissions what a token's scopes name and the API can do."""
    return {name: scope for name, scope in permissions.items() if name in SCOPES and name in scopes}


def hash_secret(secret: str) -> str:
    """Hash a token into the key under which it is stored; it is random enough to need no slow hash."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _clean_name(text: str) -> str:
    name = one_line(text[:1000])
    if not 1 <= len(name) <= 60:
        message = "A token needs a name of 1 to 60 characters."
        raise Invalid(message, {"name": message})
    return name


def _clean_scopes(scopes: Iterable[str], grantable: Iterable[Permission]) -> list[str]:
    wanted, offered = set(scopes), [str(permission) for permission in grantable]
    if not wanted or not wanted <= set(offered):
        message = "Choose at least one of the permissions that your role allows."
        raise Invalid(message, {"scopes": message})
    return [scope for scope in offered if scope in wanted]
