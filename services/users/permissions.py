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
    ROLE_VIEW = "role:view"
    ROLE_EDIT = "role:edit"
    SETTING_EDIT = "setting:edit"
    REPORT_VIEW = "report:view"
    AUDIT_VIEW = "audit:view"


class Scope(IntEnum):
    """How far a permission reaches; a wider scope includes the narrower ones."""

    NONE = 0
    OWN = 1
    TEAM = 2
    ALL = 3


P = Permission
_DESK = {
    P.TICKET_VIEW: Scope.ALL,
    P.TICKET_CREATE: Scope.ALL,
    P.TICKET_REPLY: Scope.ALL,
    P.TICKET_NOTE: Scope.ALL,
    P.TICKET_UPDATE: Scope.ALL,
    P.TICKET_ASSIGN: Scope.ALL,
}
BUILT_IN: dict[str, tuple[str, dict[Permission, Scope]]] = {
    "customer": (
        "Customer",
        {P.TICKET_VIEW: Scope.OWN, P.TICKET_CREATE: Scope.OWN, P.TICKET_REPLY: Scope.OWN},
    ),
    "agent": ("Agent", _DESK),
    "manager": (
        "Manager",
        _DESK | {P.TICKET_EXPORT: Scope.ALL, P.USER_VIEW: Scope.ALL, P.REPORT_VIEW: Scope.ALL},
    ),
    "administrator": ("Administrator", dict.fromkeys(Permission, Scope.ALL)),
}
