"""Roles, permissions, tokens and the audit log for programs."""

from portal.api.authentication import caller, token_owner
from portal.api.operations import Answer, Controller, Example
from portal.api.schemas import PageQuery
from portal.api.user_schemas import (
    AuditEvent,
    AuditEvents,
    AuditList,
    PermissionOutput,
    Permissions,
    Role,
    Roles,
    Token,
    Tokens,
)
from portal.web.guards import now, services
from services.tickets import Condition, ListRequest, Op
from services.users.api_tokens import SCOPES
from services.users.authorization import Outranked
from services.users.identity import Permission

controller = Controller("Access", "Roles and permissions, tokens, and the audit log.")


@controller.get("/permissions", needs=(Permission.ROLE_VIEW,), returns=Permissions)
def permissions() -> Answer:
    """List the permissions.

    A token can have those with `for_tokens`.
    """
    shown = [
        PermissionOutput(id=str(each), group=each.group, name=each.label, for_tokens=each in SCOPES)
        for each in Permission
    ]
    return Answer(Permissions(permissions=shown))


@controller.get("/roles", needs=(Permission.ROLE_VIEW,), returns=Roles, sparse=Role)
def roles() -> Answer:
    """List the roles.

    Roles are changed on the page of roles, which asks for a password.
    """
    return Answer(Roles(roles=[Role.from_role(role) for role in services().users.roles.all()]))


@controller.get(
    "/roles/<role_id>",
    needs=(Permission.ROLE_VIEW,),
    returns=Role,
    sparse=Role,
    example=Example({"role_id": "agent"}),
)
def role(role_id: str) -> Answer:
    """Read a role."""
    found = services().users.roles.read(role_id)
    return Answer(Role.from_role(found), version=found.version)


@controller.get("/me/tokens", returns=Tokens, sparse=Token)
def own_tokens() -> Answer:
    """List the own tokens.

    Tokens are created on the page of the account, which asks for a password.
    """
    return Answer(Tokens(tokens=[Token.of(each) for each in services().users.api_tokens.own(actor=caller())]))


@controller.get("/tokens", needs=(Permission.TOKEN_REVOKE,), query=PageQuery, returns=Tokens, sparse=Token)
def tokens(query: PageQuery) -> Answer:
    """List everybody's tokens."""
    request = ListRequest((), None, query.size, query.cursor)
    page = services().users.api_tokens.page(actor=caller(), request=request)
    return Answer(Tokens(tokens=[Token.of(row) for row in page.rows], next=page.next_cursor or page.resume))


@controller.delete(
    "/tokens/<token_id>",
    needs=(Permission.TOKEN_REVOKE,),
    raises=(Outranked,),
    example=Example({"token_id": "$token"}),
)
def revoke_token(token_id: str) -> Answer:
    """Revoke a token."""
    services().users.api_tokens.revoke(actor=caller(), token_id=token_id, now=now())
    return Answer()


@controller.delete("/me/token")
def revoke_own_token() -> Answer:
    """Revoke the token of this request.

    For a program that is taken out of use, or whose token has leaked.
    """
    services().users.api_tokens.revoke(actor=caller(), token_id=token_owner().token.id, now=now())
    return Answer()


@controller.get(
    "/audit-events", needs=(Permission.AUDIT_VIEW,), query=AuditList, returns=AuditEvents, sparse=AuditEvent,
    example=Example(query="subject=user:$user"),
)  # fmt: skip
def audit_events(query: AuditList) -> Answer:
    """List the audit log.

    Latest first.
    """
    conditions = [
        Condition(field, Op.EQ, value)
        for field, value in (("actor_id", query.actor), ("subject", query.subject))
        if value is not None
    ]
    request = ListRequest(tuple(conditions), None, query.size, query.cursor)
    page = services().users.audit_log.page(actor=caller(), request=request)
    shown = [AuditEvent.of(row) for row in page.rows]
    return Answer(AuditEvents(events=shown, next=page.next_cursor or page.resume))
