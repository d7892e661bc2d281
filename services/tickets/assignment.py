"""Who holds a ticket: which assignments are possible, and the stints they leave behind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import assignment as assignment_table
from models.assignment import Assignment
from services.catalog import CatalogService
from services.errors import Invalid, NotFound
from services.users.accounts import UserService
from services.users.identity import Permission


class AssignmentService:
    """Checks assignees and teams, and writes down who held a ticket from when to when."""

    def __init__(self, users: UserService, catalog: CatalogService) -> None:
        self._users, self._catalog = users, catalog

    def check(self, wanted: Mapping[str, Any]) -> None:
        """Raise Invalid when a wanted assignee or team cannot take tickets."""
        assignee, team = wanted.get("assignee_id"), wanted.get("team_id")
        if assignee is not None:
            self._check_assignee(assignee)
        if team is not None and not self._catalog.offers("team", team):
            raise Invalid("There is no such team.", {"team_id": "There is no such team."})

    def _check_assignee(self, user_id: str) -> None:
        message = "This person cannot be assigned tickets."
        try:
            user = self._users.get(user_id)
            role = self._users.get_user_role(user_id=user_id)
        except NotFound as missing:
            raise Invalid(message, {"assignee_id": message}) from missing
        if not user.active or not role.permissions.get(Permission.TICKET_UPDATE):
            raise Invalid(message, {"assignee_id": message})

    def assignment_periods(
        self, ticket_id: int, before: Mapping[str, Any], after: Mapping[str, Any], at: datetime
    ) -> list[Assignment]:
        """Build the stints a change ends and begins: none when the assignee stays."""
        if before.get("stint") == after.get("stint"):
            return []
        items = []
        if before.get("assignee_id"):
            items.append(
                Assignment(
                    ticket_id=ticket_id,
                    assigned_at=before["stint"],
                    agent_id=before["assignee_id"],
                    released_at=at,
                )
            )
        if after.get("assignee_id"):
            items.append(
                Assignment(
                    ticket_id=ticket_id,
                    assigned_at=after["stint"],
                    agent_id=after["assignee_id"],
                )
            )
        return items

    def held(self, ticket_id: int) -> list[tuple[str, datetime | None]]:
        """List who held a ticket, oldest first, with the time each stint ended (None: still running)."""
        return [(item.agent_id, item.released_at) for item in assignment_table.of_ticket(ticket_id)]
