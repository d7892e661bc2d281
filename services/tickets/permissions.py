"""Who may do what with one ticket, and which tickets a list may hold."""

from collections.abc import Collection
from dataclasses import replace

from models.ticket_fields import FIELDS
from models.tickets_listing import COUNTED, Condition, ListRequest, Op
from services.tickets.ticket import Ticket
from services.tickets.ticket_errors import TicketNotFound
from services.users.authorization import RoleService
from services.users.identity import Actor, Permission, PermissionDenied, Scope

_PERMISSIONS = {each.stored_as: Permission(each.permission) for each in FIELDS if each.editable}
# Changing just these is an assignment.
ASSIGNING = {name for name, permission in _PERMISSIONS.items() if permission is Permission.TICKET_ASSIGN}
NO_TICKET = Condition("ticket_id", Op.EQ, 0)


class Access:
    """Asks the roles about tickets: a ticket belongs to its requester, its team and its organization."""

    def __init__(self, roles: RoleService) -> None:
        self._roles = roles

    def allows(self, actor: Actor, permission: Permission, ticket: Ticket) -> bool:
        """Decide whether the actor may do this to the ticket."""
        return self._roles.allows(
            actor=actor,
            permission=permission,
            owner_id=ticket.requester_id,
            team_id=ticket.team_id,
            organization_id=ticket.organization_id,
        )

    def see(self, actor: Actor, ticket: Ticket) -> None:
        """Raise TicketNotFound for one the actor may not see."""
        if not self.allows(actor, Permission.TICKET_VIEW, ticket):
            raise TicketNotFound

    def check(self, actor: Actor, permission: Permission, ticket: Ticket) -> None:
        """Raise TicketNotFound or PermissionDenied unless the actor may do this to the ticket."""
        self.see(actor, ticket)
        if not self.allows(actor, permission, ticket):
            raise PermissionDenied(permission)

    def write(self, actor: Actor, ticket: Ticket, speaking: Permission | None, *, changing: bool) -> None:
        """Ask for what can be told before it is known what really changes."""
        self.see(actor, ticket)
        if speaking is not None:
            self.check(actor, speaking, ticket)
        if changing and not self.allows(actor, Permission.TICKET_ASSIGN, ticket):
            self.check(actor, Permission.TICKET_UPDATE, ticket)

    def change(self, actor: Actor, ticket: Ticket, fields: Collection[str]) -> None:
        """Ask for what really changes: a form may send all fields, with what is no longer offered."""
        for permission in asked_for(fields):
            self.check(actor, permission, ticket)

    def requester(self, actor: Actor, permission: Permission, ticket: Ticket) -> None:
        """Raise unless the actor may do this and is the one who asked."""
        self.check(actor, permission, ticket)
        if ticket.requester_id != actor.user_id:
            raise PermissionDenied(permission)

    def answers_as_customer(self, actor: Actor, ticket: Ticket) -> bool:
        """Tell whether the actor may write on the asking side: who asked, and who shares their tickets."""
        if not self.allows(actor, Permission.TICKET_REPLY, ticket):
            return False
        if ticket.requester_id == actor.user_id:
            return True
        return actor.scope(Permission.TICKET_REPLY) is Scope.ORGANIZATION

    @staticmethod
    def list_scope(actor: Actor) -> Scope:
        """Tell what the actor's lists hold: all tickets, some teams', an organization's, or one's own."""
        scope = actor.scope(Permission.TICKET_VIEW)
        held = {Scope.TEAM: actor.team_ids, Scope.ORGANIZATION: actor.organization_id}
        return scope if held.get(scope, True) else Scope.OWN

    def scoped(self, actor: Actor, request: ListRequest) -> ListRequest:
        """Limit a list to what the actor may see."""
        request = _as_counted(actor, request)
        scope = self.list_scope(actor)
        if scope is Scope.ALL:
            return request
        limit = own = Condition("requester_id", Op.EQ, actor.user_id)
        if scope is Scope.TEAM and own not in request.conditions:
            limit = Condition("team_id", Op.IN, sorted(actor.team_ids))
        elif scope is Scope.ORGANIZATION and own not in request.conditions:
            limit = Condition("organization_id", Op.EQ, actor.organization_id)
        return replace(request, conditions=(*request.conditions, limit))


def _as_counted(actor: Actor, request: ListRequest) -> ListRequest:
    """Limit a list of what a figure counts as the actor's own figures are, so that both have the same number.

    Somebody without dashboards may get a link to such a list, and sees what their role shows of tickets.
    """
    teams = actor.teams_within(Permission.REPORT_VIEW) if actor.may(Permission.REPORT_VIEW) else None
    if teams is None or all(condition.field != COUNTED for condition in request.conditions):
        return request
    limit = Condition("team_id", Op.IN, sorted(teams)) if teams else NO_TICKET
    return replace(request, conditions=(*request.conditions, limit))


def asked_for(fields: Collection[str]) -> list[Permission]:
    """List the permissions that changing these fields takes."""
    return sorted({_PERMISSIONS.get(name, Permission.TICKET_UPDATE) for name in fields})
