"""Importing people from a file: first what would happen, then doing it; doing it twice changes nothing."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models import user as user_table
from models.user import User as UserItem
from services.errors import Conflicted, Invalid, NotFound
from services.users.accounts.user_csv import Row, decode, read
from services.users.accounts.user_service import UserService
from services.users.authorization.last_administrator import LastAdministratorLock, Standing
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.names import clean_name, normalize_email
from services.users.identity.permissions import Permission
from services.users.identity.user import User
from services.users.organizations.organizations import OrganizationService

NEW, CHANGED, UNCHANGED, REJECTED, WAITING = "new", "changed", "unchanged", "rejected", "waiting"
FIRST_ROLE = "customer"
AT_ONCE = 500  # people written by one call


@dataclass(frozen=True)
class Line:
    """What becomes of one line; `changes` maps a field to (before, after) in words, for a known person."""

    row: Row
    outcome: str
    reason: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Report:
    """What becomes of a whole file; `stopped` says why the work ended early, where it did."""

    lines: tuple[Line, ...]
    stopped: str = ""

    def count(self, outcome: str) -> int:
        """Count the lines that end so."""
        return Counter(line.outcome for line in self.lines)[outcome]


@dataclass(frozen=True)
class _Wish:
    name: str
    email: str
    role_id: str
    team_ids: tuple[str, ...]
    organization_id: str | None  # None: as it is, or by the address


@dataclass(frozen=True)
class _Names:
    """Ids by what a cell may say: the id itself or the name, upper and lower case alike."""

    roles: Mapping[str, str]
    teams: Mapping[str, str]
    organizations: Mapping[str, str]


class UserImport:
    """Plans and does imports; every line goes by the rules for one person."""

    def __init__(
        self,
        users: UserService,
        roles: RoleService,
        organizations: OrganizationService,
        administrators: LastAdministratorLock,
        teams: Callable[[], Mapping[str, str]],
    ) -> None:
        self._users, self._roles, self._organizations = users, roles, organizations
        self._administrators, self._teams = administrators, teams

    decode = staticmethod(decode)

    def plan(self, *, actor: Actor, text: str) -> Report:
        """Tell what importing a file would do, writing nothing; raises Invalid for what is no such file."""
        return Report(tuple(line for line, _, _ in self._planned(actor, text)))

    def run(
        self,
        *,
        actor: Actor,
        now: datetime,
        text: str,
        invite: bool,
        why_not: Callable[[], str | None],
        most: int = AT_ONCE,
    ) -> Report:
        """Import the first `most` people that differ; the others wait for the next call with the same file.

        `invite` sends new people a letter. `why_not` is asked before each and stops the work by a reason.
        """
        done: list[Line] = []
        written, stopped = 0, ""
        for line, wish, user in self._planned(actor, text):
            if wish is None or line.outcome == UNCHANGED:
                done.append(line)
                continue
            stopped = stopped or (why_not() or "" if written < most else "")
            if stopped or written == most:
                done.append(replace(line, outcome=WAITING))
                continue
            done.append(self._write(actor, now, line, wish, user, invite=invite))
            written += 1
        return Report(tuple(done), stopped)

    def _write(
        self, actor: Actor, now: datetime, line: Line, wish: _Wish, user: User | None, *, invite: bool
    ) -> Line:
        try:
            if user is None:
                self._users.create(
                    actor=actor,
                    now=now,
                    name=wish.name,
                    email=wish.email,
                    role_id=wish.role_id,
                    team_ids=wish.team_ids,
                    organization_id=wish.organization_id,
                    invite=invite,
                )
            else:
                self._users.update(
                    actor=actor,
                    now=now,
                    user_id=user.user_id,
                    expected_version=user.version,
                    name=wish.name,
                    email=wish.email,
                    role_id=wish.role_id,
                    active=user.active,
                    team_ids=wish.team_ids,
                    organization_id=wish.organization_id,
                )
        except (Invalid, Conflicted, NotFound) as refused:
            return replace(line, outcome=REJECTED, reason=refused.message, changes=())
        return line

    def _planned(self, actor: Actor, text: str) -> list[tuple[Line, _Wish | None, User | None]]:
        self._roles.check_permission(actor=actor, permission=Permission.USER_EDIT)
        rows, names = read(text), self._names()
        emails = {row.number: _email(row) for row in rows}
        items = user_table.find_by_emails({email for email in emails.values() if email})
        known = {item.email: item for item in items}
        first: dict[str, int] = {}
        planned: list[tuple[Line, _Wish | None, User | None]] = []
        for row in rows:
            email, item = emails[row.number], known.get(emails[row.number])
            user = User.from_model(item) if item else None
            try:
                if row.problem:
                    raise Invalid(row.problem)
                normalize_email(row.cells["email"])
                if first.setdefault(email, row.number) != row.number:
                    raise Invalid(f"The same address stands in line {first[email]}.")
                wish = _wish(row, email, user, names)
                self._check(actor, wish, item)
            except (Invalid, NotFound) as refused:
                planned.append((Line(row, REJECTED, refused.message), None, user))
                continue
            planned.append((_told(row, wish, user), wish, user))
        return planned

    def _check(self, actor: Actor, wish: _Wish, item: UserItem | None) -> None:
        """Raise what writing would raise, as far as it can be known before."""
        if self._roles.exceeds(actor, wish.role_id):
            raise Invalid("You cannot give a role that allows more than your own.")
        if item is None:
            return
        if self._roles.exceeds(actor, item.role_id):
            raise Invalid("You cannot change somebody whose role allows more than your own.")
        if item.role_id == wish.role_id:
            return
        if item.user_id == actor.user_id:
            raise Invalid("You cannot suspend yourself or change your own role.")
        before = Standing.of(item)
        after = replace(before, role_id=wish.role_id)
        self._administrators.when_person_changes(user_id=item.user_id, before=before, after=after)

    def _names(self) -> _Names:
        organizations = {each.id: each.name for each in self._organizations.stored() if each.active}
        return _Names(
            roles=_by_words({role.role_id: role.name for role in self._roles.all()}),
            teams=_by_words(self._teams()),
            organizations=_by_words(organizations),
        )


def _email(row: Row) -> str:
    try:
        return normalize_email(row.cells["email"])
    except Invalid:
        return ""


def _by_words(names: Mapping[str, str]) -> dict[str, str]:
    return {name.casefold(): id_ for id_, name in names.items()} | {id_.casefold(): id_ for id_ in names}


def _wish(row: Row, email: str, user: User | None, names: _Names) -> _Wish:
    """Read what a line wants; an empty cell leaves what is. Raises Invalid."""
    cells = row.cells
    name = clean_name(cells["name"]) if cells["name"] or user is None else user.name
    role = _one(cells["role"], names.roles, "role") if cells["role"] else None
    words = [word.strip() for word in re.split(r"[;,|\n]", cells["teams"]) if word.strip()]
    teams = [_one(word, names.teams, "team") for word in words]
    return _Wish(
        name=name,
        email=email,
        role_id=role or (user.role_id if user else FIRST_ROLE),
        team_ids=tuple(sorted(set(teams))) if teams else user.team_ids if user else (),
        organization_id=_one(cells["organization"], names.organizations, "organization")
        if cells["organization"]
        else None,
    )


def _one(word: str, known: Mapping[str, str], kind: str) -> str:
    found = known.get(word.casefold())
    if found is None:
        raise Invalid(f"There is no {kind} {word[:60]!r}.")
    return found


def _told(row: Row, wish: _Wish, user: User | None) -> Line:
    if user is None:
        return Line(row, NEW)
    pairs: Sequence[tuple[str, str, str]] = (
        ("name", user.name, wish.name),
        ("role", user.role_id, wish.role_id),
        ("teams", ", ".join(sorted(user.team_ids)), ", ".join(wish.team_ids)),
        ("organization", user.organization_id or "", wish.organization_id or user.organization_id or ""),
    )
    changes = tuple(pair for pair in pairs if pair[1] != pair[2])
    return Line(row, CHANGED if changes else UNCHANGED, changes=changes)
