"""What is done to many people at once: each through the rules for one, one's own account left alone."""

from collections.abc import Sequence
from typing import Any

from portal.admin.grid import LedgerView
from portal.admin.service_source import in_grid_words
from portal.ui.lookup import LOOKUPS
from portal.ui.undo_messages import Message
from portal.web.guards import actor, services
from pynamodb_grid.admin import BulkResult, Missing, Refused, bulk_action
from services.users.identity import User

OWN = "This is your own account. It was not changed."
BULK = ("bulk:suspend", "bulk:admit", "bulk:role", "bulk:team", "bulk:join")
NO_TEAM = ("", "No team")


Choices = Sequence[tuple[str, str]]


class UserBulkActions(LedgerView):
    """The bulk actions of the grid of people."""

    step_up = LedgerView.step_up | {"bulk:suspend", "bulk:admit", "bulk:role"}

    @bulk_action("suspend", "Suspend")
    def bulk_suspend(self, pk: str, version: int | None, value: str | None) -> None:
        """Let one of the chosen people sign in no more; their sessions end."""
        del value
        self._change(pk, version, active=False)

    @bulk_action("admit", "Reactivate")
    def bulk_admit(self, pk: str, version: int | None, value: str | None) -> None:
        """Let one of the chosen people sign in again."""
        del value
        self._change(pk, version, active=True)

    @bulk_action("role", "Set role", choices=lambda _: role_choices())
    def bulk_role(self, pk: str, version: int | None, value: str | None) -> None:
        """Give one of the chosen people another role; their sessions end."""
        self._change(pk, version, role_id=value)

    @bulk_action("team", "Set team", choices=lambda _: [NO_TEAM], lookup=lambda _: LOOKUPS["team"])
    def bulk_team(self, pk: str, version: int | None, value: str | None) -> None:
        """Put one of the chosen people into one team alone, or into none."""
        self._change(pk, version, team_ids=[value] if value else [])

    @bulk_action("join", "Add to team", lookup=lambda _: LOOKUPS["team"])
    def bulk_join(self, pk: str, version: int | None, value: str | None) -> None:
        """Put one of the chosen people into one more team."""
        held = self._person(pk).team_ids
        self._change(pk, version, team_ids=sorted({*held, value or ""}))

    def bulk_message(self, action: str, value: str | None, result: BulkResult) -> Message:
        """Say with how many people what was done."""
        done, all_ = result.count("done"), len(result.results)
        which = f"{done} of {all_}" if done < all_ else str(all_)
        team = services().catalog.names("team").get(value or "")
        said = {
            "suspend": "suspended",
            "admit": "reactivated",
            "role": f"given the role {dict(role_choices()).get(value or '')}",
            "team": f"moved to {team}" if team else "removed from all teams",
            "join": f"added to {team}",
        }[action]
        return f"{which} {'user' if all_ == 1 else 'users'} {said}."

    def row_name(self, pk: str) -> str:
        """Name a person in messages."""
        return services().users.accounts.names([pk]).get(pk, "Somebody")

    def _person(self, pk: str) -> User:
        user: User | None = self.source.get(pk)
        if user is None:
            raise Missing
        return user

    def _change(self, pk: str, version: int | None, **values: Any) -> None:
        """Change one person; what is so already is done without being written."""
        if pk == actor().user_id:
            raise Refused(OWN)
        person = self._person(pk)
        with in_grid_words():
            services().users.roles.check_rank(actor=actor(), account=person)
        same = all(_plain(getattr(person, name)) == _plain(value) for name, value in values.items())
        if not same:
            self.source.update(pk, values, version)


def role_choices() -> Choices:
    """List all roles."""
    return [(role.role_id, role.name) for role in services().users.roles.all()]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
