"""What can be permitted, and up to which scope."""

from enum import IntEnum, StrEnum


class Permission(StrEnum):
    """Everything that can be permitted, named `resource:action`."""

    TICKET_VIEW = "ticket:view"
    TICKET_CREATE = "ticket:create"
    TICKET_REPLY = "ticket:reply"
    TICKET_NOTE = "ticket:note"
    TICKET_UPDATE = "ticket:update"
    TICKET_ASSIGN = "ticket:assign"
    TICKET_EXPORT = "ticket:export"
    USER_VIEW = "user:view"
    USER_EDIT = "user:edit"
    USER_VIEW_AS = "user:view_as"
    USER_EXPORT = "user:export"
    USER_ERASE = "user:erase"
    ORGANIZATION_EDIT = "organization:edit"
    SESSION_REVOKE = "session:revoke"
    TOKEN_CREATE = "token:create"  # noqa: S105  # a permission, not a password
    TOKEN_REVOKE = "token:revoke"  # noqa: S105  # a permission, not a password
    ROLE_VIEW = "role:view"
    ROLE_EDIT = "role:edit"
    SETTING_EDIT = "setting:edit"
    REPORT_VIEW = "report:view"
    AUDIT_VIEW = "audit:view"


# What only reads: all there is for somebody who looks at the product as another person. Notes are read and
# written under one permission; writing is refused where it happens.
READING = frozenset(key for key in Permission if key.endswith(":view")) | {Permission.TICKET_NOTE}


class Scope(IntEnum):
    """How far a permission reaches.

    Organization and team are two different widths: each includes what is one's own, neither the other.
    """

    NONE = 0
    OWN = 1
    ORGANIZATION = 2
    TEAM = 3
    ALL = 4

    def covers(self, other: "Scope") -> bool:
        """Tell whether whoever has this scope has the other one too."""
        return self in (other, Scope.ALL) or (self > other and other <= Scope.OWN)


P = Permission
_DESK = {
    P.TICKET_VIEW: Scope.ALL,
    P.TICKET_CREATE: Scope.ALL,
    P.TICKET_REPLY: Scope.ALL,
    P.TICKET_NOTE: Scope.ALL,
    P.TICKET_UPDATE: Scope.ALL,
    P.TICKET_ASSIGN: Scope.ALL,
    P.TOKEN_CREATE: Scope.ALL,
}
BUILT_IN: dict[str, tuple[str, dict[Permission, Scope]]] = {
    "customer": (
        "Customer",
        # One's own; also the organization's while its members share their tickets.
        {P.TICKET_VIEW: Scope.ORGANIZATION, P.TICKET_CREATE: Scope.OWN, P.TICKET_REPLY: Scope.ORGANIZATION},
    ),
    "agent": ("Agent", _DESK),
    "manager": (
        "Manager",
        _DESK | {P.TICKET_EXPORT: Scope.ALL, P.USER_VIEW: Scope.ALL, P.REPORT_VIEW: Scope.ALL},
    ),
    "administrator": ("Administrator", dict.fromkeys(Permission, Scope.ALL)),
}
