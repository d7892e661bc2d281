"""Who holds a ticket: which assignments are possible, and the periods they leave behind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import assignment as assignment_table
from models.assignment import Assignment
from models.ticket_fields import TicketFields
from services.catalog import CatalogService
from services.errors import Invalid, NotFound
from services.users.accounts import UserService
from services.users.identity import Permission


class AssignmentService:
    """Checks assignees and teams, and writes down who held a ticket from when to when."""

    def __init__(self, users: UserService, catalog: CatalogService) -> None:
        self._users, self._catalog = users, catalog

    def check(self, changes: Mapping[str, Any]) -> None:
        """Raise Invalid when a new assignee or team cannot take tickets."""
        assignee, team = changes.get("assignee_id"), changes.get("team_id")
        if assignee is not None:
            self._check_assignee(assignee)
        if team is not None and not self._catalog.offers("team", team):
            raise Invalid("This team does not exist.", {"team_id": "This team does not exist."})

    def can_hold(self, user_id: str) -> bool:
        """Tell whether tickets can be assigned to a user."""
        try:
            self._check_assignee(user_id)
        except Invalid:
            return False
        return True

    def _check_assignee(self, user_id: str) -> None:
        message = "Tickets cannot be assigned to this person."
        try:
            user = self._users.get(user_id)
            role = self._users.get_user_role(user_id=user_id)
        except NotFound as missing:
            raise Invalid(message, {"assignee_id": message}) from missing
        if not user.active or not role.permissions.get(Permission.TICKET_UPDATE):
            raise Invalid(message, {"assignee_id": message})

    def assignment_periods(
        self, ticket_id: int, before: TicketFields | None, after: TicketFields, at: datetime
    ) -> list[Assignment]:
        """Build the periods a change ends and begins: none when the assignee stays."""
        ended = before.assignment_key if before else None
        if ended == after.assignment_key:
            return []
        items = []
        if before and before.assignee_id:
            items.append(
                Assignment(
                    ticket_id=ticket_id,
                    assigned_at=ended,
                    agent_id=before.assignee_id,
                    released_at=at,
                )
            )
        if after.assignee_id:
            items.append(
                Assignment(
                    ticket_id=ticket_id,
                    assigned_at=after.assignment_key,
                    agent_id=after.assignee_id,
                )
            )
        return items

    def held(self, ticket_id: int) -> list[tuple[str, datetime | None]]:
        """List who held a ticket, oldest first, with the time each period ended (None: it still runs)."""
        return [(item.agent_id, item.released_at) for item in assignment_table.of_ticket(ticket_id)]
