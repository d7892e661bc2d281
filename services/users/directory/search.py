"""Finding people in the directory, for those who may know them."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from models import user as user_table
from services.errors import Invalid
from services.text import MAX_SEARCH
from services.users.authorization.roles import RoleService
from services.users.directory.copy import Directory
from services.users.directory.person import Person, person_words
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_email, sort_name
from services.users.identity.permissions import Permission, Scope
from services.users.identity.user import User
from services.users.identity.user_errors import PermissionDenied, UserNotFound

# Any of these permissions lets an actor find colleagues: they appear on pages that need it.
FINDING = (
    Permission.USER_VIEW,
    Permission.TICKET_NOTE,
    Permission.AUDIT_VIEW,
    Permission.TOKEN_REVOKE,
    Permission.SESSION_REVOKE,
)


class Kind(Enum):
    """Whom a search is for."""

    ANYBODY = auto()
    ASSIGNABLE = auto()  # who can be given tickets
    REQUESTER = auto()  # whom tickets are opened for


@dataclass(frozen=True)
class Found:
    """People by relevance, how many match in all, and whether everybody was looked at."""

    people: tuple[Person, ...]
    count: int
    complete: bool


class DirectoryService:
    """Answers who is meant by a part of a name or address.

    Who may see users finds everybody. Who opens tickets for others finds requesters and colleagues, others
    find the colleagues that can be assigned tickets.
    """

    def __init__(self, roles: RoleService, directory: Directory) -> None:
        self._roles, self._directory = roles, directory
        self._assignable: tuple[object, frozenset[str], tuple[Person, ...]] = (None, frozenset(), ())

    def assignable(self) -> tuple[Person, ...]:
        """List the active users who can be assigned tickets, by name."""
        people, roles = self._directory.people(), self._assignable_roles()
        if self._assignable[0] is not people or self._assignable[1] != roles:
            agents = tuple(one for one in people if _can_be_assigned(one, roles))
            self._assignable = (people, roles, agents)
        return self._assignable[2]

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those users that are in it, by id, for lists that are sorted by them."""
        return {one.user_id: one.name for one in self._directory.people() if one.user_id in user_ids}

    def in_team(self, team_id: str) -> list[Person]:
        """List the active people of a team, by name."""
        return [one for one in self._directory.people() if one.active and team_id in one.team_ids]

    def search(
        self,
        *,
        actor: Actor,
        text: str,
        most: int,
        kind: Kind = Kind.ANYBODY,
        only: Callable[[Person], bool] | None = None,
    ) -> Found:
        """Find people whose name and address contain every word of a text, or by a phone number, the likeliest first.

        Case, accents and the order of words do not matter. `only` narrows the search further. Raises
        PermissionDenied.
        """
        may_see = self._reach(actor, kind)
        words = person_words(text)
        ranked: list[list[Person]] = [[], [], [], []]
        count, (first, *rest) = 0, words or [""]
        for one in self._directory.people():
            # Most people fall at the first word; this runs for everybody.
            if first not in one.folded or not all(word in one.folded for word in rest):
                continue
            if may_see(one) and (only is None or only(one)):
                count += 1
                if len(ranked[0]) < most:
                    bucket = ranked[_rank(one, words)]
                    if len(bucket) < most:
                        bucket.append(one)
        people = [one for bucket in ranked for one in bucket][:most]
        complete = self._directory.complete
        if not complete:
            more = [one for one in self._beyond(text, most) if may_see(one) and (only is None or only(one))]
            known = {one.user_id for one in people}
            people = [*people, *(one for one in more if one.user_id not in known)][:most]
        return Found(tuple(people), max(count, len(people)), complete)

    def check(self, *, actor: Actor, user: User) -> None:
        """Raise UserNotFound unless a search by the actor could find this user."""
        try:
            may_find = self._reach(actor, Kind.ANYBODY)
        except PermissionDenied as denied:
            raise UserNotFound from denied
        if not may_find(user):
            raise UserNotFound

    def _reach(self, actor: Actor, kind: Kind) -> Callable[[Person | User], bool]:
        """Return whom an actor may find."""
        assignable = self._assignable_roles()
        sees_users = self._roles.allows(actor=actor, permission=Permission.USER_VIEW)
        if not any(map(actor.may, FINDING)):
            raise PermissionDenied(Permission.USER_VIEW)
        on_desk = self._desk_roles()
        serves = sees_users or opens_for_others(actor)
        if kind is Kind.ASSIGNABLE or not serves:
            return lambda one: _can_be_assigned(one, assignable)
        if kind is Kind.REQUESTER:
            return lambda one: (
                one.active and (sees_users or one.role_id not in on_desk or _can_be_assigned(one, assignable))
            )
        if sees_users:
            return lambda _: True
        return lambda one: one.role_id not in on_desk or _can_be_assigned(one, assignable)

    def _assignable_roles(self) -> frozenset[str]:
        return frozenset(
            role.role_id
            for role in self._roles.all()
            if role.permissions.get(Permission.TICKET_UPDATE) and role.role_id != "administrator"
        )

    def _desk_roles(self) -> frozenset[str]:
        return frozenset(
            role.role_id
            for role in self._roles.all()
            if role.permissions.get(Permission.TICKET_VIEW, Scope.NONE) >= Scope.TEAM
        )

    def _beyond(self, text: str, most: int) -> Iterable[Person]:
        """Find people that the directory does not hold (yet): by the start of a name, or the whole address."""
        try:
            owner = user_table.find_by_email(normalize_email(text))
        except Invalid:
            owner = None
        items = [owner] if owner else []
        if prefix := sort_name(" ".join(text.split()))[:MAX_SEARCH]:
            for role in self._roles.all():
                items += user_table.named(role.role_id, prefix, most)
        return [Person.from_model(item) for item in items if item.erased_at is None]


def opens_for_others(actor: Actor) -> bool:
    """Tell whether an actor opens tickets on behalf of other people, and therefore has to find them."""
    return actor.may(Permission.TICKET_NOTE) and actor.scope(Permission.TICKET_CREATE) >= Scope.TEAM


def _can_be_assigned(one: Person | User, roles: frozenset[str]) -> bool:
    return one.active and one.email is not None and one.role_id in roles


def _rank(one: Person, words: list[str]) -> int:
    """Sort matches: the name begins so, a word of the name does, every word begins somewhere, the rest."""
    if not words:
        return 0
    name, *contacts = one.folded.split("\n")
    if name.startswith(" ".join(words)) or words[0] in contacts:
        return 0
    starts = re.split(r"[^\w]+", name)
    if all(any(start.startswith(word) for start in starts) for word in words):
        return 1
    starts += re.split(r"[\W_]+", "\n".join(contacts))
    return 2 if all(any(start.startswith(word) for start in starts) for word in words) else 3
