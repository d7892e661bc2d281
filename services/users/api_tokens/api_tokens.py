"""API tokens: users create them for programs; a token never allows more than its owner's role."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from models import api_token as token_table
from models import user as user_table
from models.api_token import PARTITION
from models.api_token import ApiToken as ApiTokenItem
from pynamodb_grid.listing import Condition, Conditions, Listing, ListRequest, Op, Page, Sort
from services.errors import Invalid, NotFound
from services.text import one_line
from services.users.accounts.user_service import UserService
from services.users.audit.audit_writer import AuditWriter
from services.users.audit.security_log import Failure, SecurityLog
from services.users.authorization.roles import RoleService
from services.users.credentials.login_throttle import network_of
from services.users.credentials.security_notice import Notice, SecurityNotice
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission, Scope
from services.users.sign_in.absent_actors import AbsentActors

PREFIX = "ld_"  # by which scanners find a leaked token
LENGTHS = range(40, 100)
LIFETIME_DAYS = (7, 30, 90, 365)
MAX_TOKENS = 50  # of one user
WRITE_EVERY = timedelta(minutes=10)
# What the API can do: a token for more would be a risk without a use. What roles allow, exports and new tokens stay
# with people, who confirm them with a password; accounts are changed within the rank of the token.
SCOPES = (
    Permission.TICKET_VIEW, Permission.TICKET_CREATE, Permission.TICKET_REPLY, Permission.TICKET_NOTE,
    Permission.TICKET_UPDATE, Permission.TICKET_ASSIGN,
    Permission.USER_VIEW, Permission.USER_EDIT, Permission.ORGANIZATION_EDIT, Permission.SESSION_REVOKE,
    Permission.TOKEN_REVOKE, Permission.REPORT_VIEW, Permission.SETTING_EDIT, Permission.ROLE_VIEW,
    Permission.AUDIT_VIEW,
)  # fmt: skip
ALL_TOKENS = Condition("partition", Op.EQ, PARTITION)


class ApiTokenNotFound(NotFound):
    """There is no such token, or it is not the actor's."""

    def __init__(self) -> None:
        super().__init__("This token does not exist.")


@dataclass(frozen=True)
class ApiToken:
    """One token; `id` names it but grants no access."""

    id: str
    user_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def from_model(cls, item: ApiTokenItem) -> "ApiToken":
        """Build a token from its stored item."""
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
        """Tell whether the token has expired; the engine deletes it some time later."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True)
class TokenOwner:
    """The owner of a token, with what both their role and the token permit."""

    actor: Actor
    token: ApiToken


class ApiTokenService:
    """Creates, lists and revokes tokens, and authenticates calls by them."""

    def __init__(
        self,
        *,
        users: UserService,
        roles: RoleService,
        absent_actors: AbsentActors,
        audit_writer: AuditWriter,
        listing: Listing,
        new_secret: Callable[[], str],
        may_be_endless: bool,
        security_log: SecurityLog,
        security_notice: SecurityNotice,
    ) -> None:
        self._security_log, self._security_notice = security_log, security_notice
        self._users, self._roles, self._audit_writer = users, roles, audit_writer
        self._absent_actors = absent_actors
        self._listing, self._new_secret = listing, new_secret
        self.may_be_endless = may_be_endless

    @staticmethod
    def grantable(actor: Actor) -> list[Permission]:
        """List the permissions that the actor can give to a token."""
        return [permission for permission in SCOPES if actor.may(permission)]

    def create(
        self, *, actor: Actor, now: datetime, name: str, scopes: Iterable[str], days: int | None
    ) -> tuple[ApiToken, str]:
        """Create a token for the actor and return it with its secret, which is not stored. Raises Invalid."""
        self._roles.check_permission(actor=actor, permission=Permission.TOKEN_CREATE, any_scope=True)
        name = _clean_name(name)
        granted = _clean_scopes(scopes, self.grantable(actor))
        if days not in LIFETIME_DAYS and not (days is None and self.may_be_endless):
            message = "Choose one of the durations offered."
            raise Invalid(message, {"days": message})
        if len(token_table.of_user(actor.user_id, MAX_TOKENS)) >= MAX_TOKENS:
            raise Invalid(f"You already have {MAX_TOKENS} tokens. Revoke one that you do not use first.")
        secret = PREFIX + self._new_secret()
        item = ApiTokenItem(
            token_hash=hash_secret(secret),
            user_id=actor.user_id,
            name=name,
            scopes=granted,
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        facts = {"token": name, "scopes": granted, "days": days}
        audit_entry = self._audit_writer.entry(
            actor=actor, now=now, action="token.created", subject=f"user:{actor.user_id}", after=facts
        )
        owner = user_table.find(actor.user_id)
        notice = (
            self._security_notice(owner, Notice.TOKEN_CREATED, now=now, address=actor.address)
            if owner
            else []
        )
        token_table.add(item, [audit_entry, *notice])
        return ApiToken.from_model(item), secret

    def own(self, *, actor: Actor) -> list[ApiToken]:
        """List the actor's tokens, newest first."""
        return [ApiToken.from_model(item) for item in token_table.of_user(actor.user_id, MAX_TOKENS)]

    def revoke(self, *, actor: Actor, token_id: str, now: datetime) -> None:
        """Revoke one of the actor's tokens, or anybody's if the role allows it; raises ApiTokenNotFound, Outranked."""
        item = token_table.find(token_id)
        owned = item is not None and item.user_id == actor.user_id
        if item is None or not (owned or actor.scope(Permission.TOKEN_REVOKE) is Scope.ALL):
            raise ApiTokenNotFound
        self._roles.check_rank(actor=actor, account=self._users.get(item.user_id, fresh=True))
        audit_entry = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="token.revoked",
            subject=f"user:{item.user_id}",
            before={"token": item.name, "scopes": item.scopes},
        )
        token_table.delete(token_id, [audit_entry])

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Return one page of everybody's tokens, by creation."""
        self._roles.check_permission(actor=actor, permission=Permission.TOKEN_REVOKE)
        page = self._listing.page(replace(request, conditions=(*request.conditions, ALL_TOKENS)))
        return replace(page, rows=[ApiToken.from_model(item) for item in page.rows])

    def iterate(self, *, actor: Actor, conditions: Conditions, sort: Sort | None) -> Iterator[ApiToken]:
        """Iterate over everybody's tokens that match."""
        self._roles.check_permission(actor=actor, permission=Permission.TOKEN_REVOKE)
        return map(ApiToken.from_model, self._listing.iterate((*conditions, ALL_TOKENS), sort))

    def sortable(self, conditions: Conditions) -> set[str]:
        """Return the fields by which a list with these conditions can be sorted."""
        return self._listing.sortable((*conditions, ALL_TOKENS))

    def authenticate(self, *, secret: str, now: datetime, address: str | None = None) -> TokenOwner | None:
        """Return the owner of a token, None if the token or its owner is not (or no longer) valid.

        The token is read each time; user and role are at most a few seconds old.
        """
        if not secret.startswith(PREFIX) or len(secret) not in LENGTHS:
            return None
        item = token_table.find(hash_secret(secret))
        if item is None:
            self._note_refusal(None, "unknown", address, now)
            return None
        token = ApiToken.from_model(item)
        actor = None if token.has_ended(now) else self._owner(token, address)
        if actor is None:
            self._note_refusal(
                token, "expired" if token.has_ended(now) else "owner may not use it", address, now
            )
            return None
        if token.last_used_at is None or now - token.last_used_at >= WRITE_EVERY:
            token_table.touch(token.id, now)
        return TokenOwner(actor, token)

    def _note_refusal(self, token: ApiToken | None, reason: str, address: str | None, now: datetime) -> None:
        """Note the use of a token that is not valid; of an unknown one, only where it came from is known."""
        network = network_of(address)
        if token is None:
            failure = Failure("token.refused", network, None, network, address)
            self._security_log.failed(failure, now=now, reason=reason)
        else:
            failure = Failure("token.refused", token.id, token.user_id, network, address)
            self._security_log.failed(failure, now=now, reason=reason, token=token.name)

    def sweep(self, *, now: datetime, limit: int = 200) -> int:
        """Delete expired tokens where the engine does not, and return how many."""
        hashes = token_table.expired(now, limit)
        for token_hash in hashes:
            token_table.delete(token_hash)
        return len(hashes)

    def _owner(self, token: ApiToken, address: str | None) -> Actor | None:
        """Return a token's owner, narrowed to its scopes; None if they may no longer use tokens."""
        owner = self._absent_actors.actor(token.user_id, address=address)
        if owner is None or not owner.may(Permission.TOKEN_CREATE):
            return None
        valid_after = self._users.get(token.user_id).tokens_valid_after
        if valid_after is not None and token.created_at < valid_after:
            return None
        return replace(owner, permissions=narrow_permissions(owner.permissions, token.scopes))


def narrow_permissions(
    permissions: Mapping[Permission, Scope], scopes: Collection[str]
) -> dict[Permission, Scope]:
    """Reduce a role's permissions to those that a token's scopes name and the API can use."""
    return {name: scope for name, scope in permissions.items() if name in SCOPES and name in scopes}


def hash_secret(secret: str) -> str:
    """Hash a token into the key under which it is stored; tokens are random enough to need no slow hash."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _clean_name(text: str) -> str:
    name = one_line(text[:1000])
    if not 1 <= len(name) <= 60:
        message = "Enter a name of 1 to 60 characters."
        raise Invalid(message, {"name": message})
    return name


def _clean_scopes(scopes: Iterable[str], grantable: Iterable[Permission]) -> list[str]:
    requested, offered = set(scopes), [str(permission) for permission in grantable]
    if not requested or not requested <= set(offered):
        message = "Choose at least one of the permissions that your role allows."
        raise Invalid(message, {"scopes": message})
    return [scope for scope in offered if scope in requested]
