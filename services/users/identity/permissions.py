"""Permissions and their scopes."""

from enum import IntEnum, StrEnum


class Permission(StrEnum):
    """Everything that can be permitted, named `resource:action`, with its group and label on the roles page.

    A permission is this line, and the place that asks for it; administrators have it, other built-in roles as
    BUILT_IN says.
    """

    group: str
    label: str

    def __new__(cls, value: str, group: str = "", label: str = "") -> "Permission":
        """Make a member that is its name, with the words for people beside it."""
        member = str.__new__(cls, value)
        member._value_, member.group, member.label = value, group, label
        return member

    TICKET_VIEW = "ticket:view", "Tickets", "See tickets"
    TICKET_CREATE = "ticket:create", "Tickets", "Open tickets"
    TICKET_REPLY = "ticket:reply", "Tickets", "Send public replies"
    TICKET_NOTE = "ticket:note", "Tickets", "Read and write internal notes"
    TICKET_UPDATE = "ticket:update", "Tickets", "Change status, priority and category"
    TICKET_ASSIGN = "ticket:assign", "Tickets", "Assign and reassign"
    TICKET_EXPORT = "ticket:export", "Tickets", "Export tickets"
    USER_VIEW = "user:view", "People", "See users"
    USER_EDIT = "user:edit", "People", "Edit users"
    USER_VIEW_AS = "user:view_as", "People", "View as another user"
    USER_EXPORT = "user:export", "People", "Export users and their data"
    USER_ERASE = "user:erase", "People", "Erase a person"
    ORGANIZATION_EDIT = "organization:edit", "People", "Edit organizations"
    SESSION_REVOKE = "session:revoke", "People", "See and end sessions"
    TOKEN_CREATE = "token:create", "Programs", "Create API tokens"
    TOKEN_REVOKE = "token:revoke", "Programs", "See and revoke other users' tokens"
    REPORT_VIEW = "report:view", "Reports", "Open dashboards"
    SETTING_EDIT = "setting:edit", "Settings", "Teams, categories, failed emails, and who can register"
    ROLE_VIEW = "role:view", "Settings", "See roles"
    ROLE_EDIT = "role:edit", "Settings", "Edit roles"
    AUDIT_VIEW = "audit:view", "Settings", "See the audit log"

    @property
    def scopes(self) -> "tuple[Scope, ...]":
        """List how far it can reach: tickets have an owner, an organization and a team, dashboards count by team."""
        if self.startswith("ticket:"):
            return (Scope.OWN, Scope.ORGANIZATION, Scope.TEAM, Scope.ALL)
        return (Scope.TEAM, Scope.ALL) if self is Permission.REPORT_VIEW else (Scope.ALL,)


# Permissions that only read: all that somebody has who views as another user. Notes are read and written
# under one permission; writing them is refused where it happens.
READING = frozenset(key for key in Permission if key.endswith(":view")) | {Permission.TICKET_NOTE}


class Scope(IntEnum):
    """How far a permission reaches.

    Organization and team both include the actor's own objects, but neither includes the other.
    """

    NONE = 0
    OWN = 1
    ORGANIZATION = 2
    TEAM = 3
    ALL = 4

    def covers(self, other: "Scope") -> bool:
        """Tell whether this scope includes the other one."""
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
        # Their own; also the organization's while its members share their tickets.
        {P.TICKET_VIEW: Scope.ORGANIZATION, P.TICKET_CREATE: Scope.OWN, P.TICKET_REPLY: Scope.ORGANIZATION},
    ),
    "agent": ("Agent", _DESK),
    "manager": (
        "Manager",
        _DESK | {P.TICKET_EXPORT: Scope.ALL, P.USER_VIEW: Scope.ALL, P.REPORT_VIEW: Scope.ALL},
    ),
    "administrator": ("Administrator", dict.fromkeys(Permission, Scope.ALL)),
}
