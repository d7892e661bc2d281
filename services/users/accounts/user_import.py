"""Imports users from a CSV file: first a plan, then the import itself; running it twice changes nothing."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models import user as user_table
from models.user import User as UserItem
from services.errors import Conflicted, Invalid, NotFound
from services.users.accounts.user_csv import Row, decode, read, read_list, written_list
from services.users.accounts.user_service import UserService
from services.users.authorization.last_administrator import AccountStatus, LastAdministratorLock
from services.users.authorization.rank import Outranked
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.names import clean_name, clean_phone, normalize_email
from services.users.identity.permissions import Permission
from services.users.identity.user import User
from services.users.organizations.organizations import OrganizationService

NEW, CHANGED, UNCHANGED, REJECTED, WAITING = "new", "changed", "unchanged", "rejected", "waiting"
DEFAULT_ROLE = "customer"
MAX_WRITES = 500  # users written by one call


@dataclass(frozen=True)
class Line:
    """The outcome of one line; `changes` lists (field, before, after) for an existing user."""

    row: Row
    outcome: str
    reason: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Report:
    """The outcome of a whole file; `stopped` says why the import ended early, if it did."""

    lines: tuple[Line, ...]
    stopped: str = ""

    def count(self, outcome: str) -> int:
        """Count the lines with this outcome."""
        return Counter(line.outcome for line in self.lines)[outcome]


@dataclass(frozen=True)
class _UserInput:
    name: str
    email: str
    phone: str | None  # None: unchanged
    role_id: str
    team_ids: tuple[str, ...]
    organization_id: str | None  # None: unchanged, or chosen by the address


@dataclass(frozen=True)
class _Names:
    """Ids by what a cell may contain: the id itself or the name, in any case.

    Teams and organizations that are not `offered` stand only for people who are in them already.
    """

    roles: Mapping[str, str]
    teams: Mapping[str, str]
    organizations: Mapping[str, str]
    offered: Collection[str]


class UserImport:
    """Plans and runs imports; every line follows the rules for editing one user."""

    def __init__(
        self,
        users: UserService,
        roles: RoleService,
        organizations: OrganizationService,
        administrators: LastAdministratorLock,
        *,
        team_names: Callable[[], Mapping[str, str]],
        offered_teams: Callable[[], Mapping[str, str]],
    ) -> None:
        self._users, self._roles, self._organizations = users, roles, organizations
        self._administrators, self._team_names, self._offered_teams = (
            administrators,
            team_names,
            offered_teams,
        )

    decode = staticmethod(decode)

    def plan(self, *, actor: Actor, text: str) -> Report:
        """Report what importing a file would do, without writing; raises Invalid if the file is unusable."""
        return Report(tuple(line for line, _, _ in self._planned(actor, text)))

    def run(
        self,
        *,
        actor: Actor,
        now: datetime,
        text: str,
        invite: bool,
        why_not: Callable[[], str | None],
        most: int = MAX_WRITES,
    ) -> Report:
        """Import the first `most` users that differ; the rest waits for the next call with the same file.

        `invite` sends invitations to new users. `why_not` is called before each write; a reason stops the import.
        """
        done: list[Line] = []
        written, stopped = 0, ""
        for line, user_input, user in self._planned(actor, text):
            if user_input is None or line.outcome == UNCHANGED:
                done.append(line)
                continue
            stopped = stopped or (why_not() or "" if written < most else "")
            if stopped or written == most:
                done.append(replace(line, outcome=WAITING))
                continue
            done.append(self._write(actor, now, line, user_input, user, invite=invite))
            written += 1
        return Report(tuple(done), stopped)

    def _write(
        self,
        actor: Actor,
        now: datetime,
        line: Line,
        user_input: _UserInput,
        user: User | None,
        *,
        invite: bool,
    ) -> Line:
        try:
            if user is None:
                self._users.create(
                    actor=actor,
                    now=now,
                    name=user_input.name,
                    email=user_input.email,
                    phone=user_input.phone or "",
                    role_id=user_input.role_id,
                    team_ids=user_input.team_ids,
                    organization_id=user_input.organization_id,
                    invite=invite,
                )
            else:
                self._users.update(
                    actor=actor,
                    now=now,
                    user_id=user.user_id,
                    expected_version=user.version,
                    name=user_input.name,
                    email=user_input.email,
                    phone=user_input.phone,
                    role_id=user_input.role_id,
                    active=user.active,
                    team_ids=user_input.team_ids,
                    organization_id=user_input.organization_id,
                )
        except (Invalid, Conflicted, NotFound, Outranked) as refused:
            return replace(line, outcome=REJECTED, reason=refused.message, changes=())
        return line

    def _planned(self, actor: Actor, text: str) -> list[tuple[Line, _UserInput | None, User | None]]:
        self._roles.check_permission(actor=actor, permission=Permission.USER_EDIT)
        rows, names = read(text), self._names()
        emails = {row.number: _email(row) for row in rows}
        items = user_table.find_by_emails({email for email in emails.values() if email})
        known_items = {item.email: item for item in items}
        first: dict[str, int] = {}
        without_address = self._without_address(rows)
        planned: list[tuple[Line, _UserInput | None, User | None]] = []
        for row in rows:
            email, item = emails[row.number], known_items.get(emails[row.number])
            user = User.from_model(item) if item else None
            try:
                if row.problem:
                    raise Invalid(row.problem)
                if row.user_id in without_address and not row.cells["email"]:
                    planned.append((Line(row, UNCHANGED), None, None))
                    continue
                normalize_email(row.cells["email"])
                if first.setdefault(email, row.number) != row.number:
                    raise Invalid(f"Line {first[email]} has the same address.")
                user_input = _parse(row, email, user, names)
                self._check(actor, user_input, item)
            except (Invalid, NotFound, Outranked) as refused:
                planned.append((Line(row, REJECTED, refused.message), None, user))
                continue
            planned.append((_compared(row, user_input, user), user_input, user))
        return planned

    @staticmethod
    def _without_address(rows: Sequence[Row]) -> set[str]:
        """List the ids in lines without an address that are of people who have none, and so cannot sign in."""
        ids = {row.user_id for row in rows if row.user_id and not row.cells["email"]}
        return {item.user_id for item in user_table.find_many(ids) if item.email is None} if ids else set()

    def _check(self, actor: Actor, user_input: _UserInput, item: UserItem | None) -> None:
        """Raise what writing would raise, as far as it is known in advance."""
        if item is None:
            self._roles.check_grant(actor=actor, account=user_input)
            return
        self._roles.check_rank(actor=actor, account=item)
        if item.user_id != actor.user_id:
            organization_id = user_input.organization_id or item.organization_id
            as_stored = replace(user_input, organization_id=organization_id)
            self._roles.check_grant(actor=actor, account=as_stored, team_ids=item.team_ids or ())
        if item.role_id == user_input.role_id:
            return
        if item.user_id == actor.user_id:
            raise Invalid("You cannot suspend yourself or change your own role.")
        before = AccountStatus.of(item)
        after = replace(before, role_id=user_input.role_id)
        self._administrators.locks_for_user_change(user_id=item.user_id, before=before, after=after)

    def _names(self) -> _Names:
        organizations = self._organizations.stored()
        return _Names(
            roles=_by_name_or_id({role.role_id: role.name for role in self._roles.all()}),
            teams=_by_name_or_id(self._team_names()),
            organizations=_by_name_or_id({each.id: each.name for each in organizations}),
            offered={*self._offered_teams(), *(each.id for each in organizations if each.active)},
        )

    def cells(self) -> Callable[[User], dict[str, str]]:
        """Return what writes a user as the import reads them, by the names of the columns.

        Names stand for ids, unless a name would be read as something else.
        """
        names = self._names()
        roles = {role.role_id: role.name for role in self._roles.all()}
        teams, organizations = self._team_names(), self._organizations.names()

        def name_of(id_: str, known: Mapping[str, str], ids: Mapping[str, str]) -> str:
            name = known.get(id_, id_)
            return name if ids.get(name.casefold()) == id_ else id_

        def write(user: User) -> dict[str, str]:
            team_names = [name_of(team, teams, names.teams) for team in user.team_ids]
            organization_id = user.organization_id or ""
            return {
                "name": user.name,
                "email": user.email or "",
                "phone": user.phone or "",
                "role": name_of(user.role_id, roles, names.roles),
                "teams": written_list(team_names),
                "organization": name_of(organization_id, organizations, names.organizations),
            }

        return write


def _email(row: Row) -> str:
    try:
        return normalize_email(row.cells["email"])
    except Invalid:
        return ""


def _by_name_or_id(names: Mapping[str, str]) -> dict[str, str]:
    return {name.casefold(): id_ for id_, name in names.items()} | {id_.casefold(): id_ for id_ in names}


def _parse(row: Row, email: str, user: User | None, names: _Names) -> _UserInput:
    """Read the values of a line; an empty cell leaves the value as it is. Raises Invalid."""
    cells = row.cells
    name = clean_name(cells["name"]) if cells["name"] or user is None else user.name
    role = _lookup(cells["role"], names.roles, "role", names.roles.values()) if cells["role"] else None
    words = read_list(cells["teams"], lambda word: word.casefold() in names.teams)
    present = {*user.team_ids, user.organization_id} if user else set()
    teams = [_lookup(word, names.teams, "team", {*present, *names.offered}) for word in words]
    return _UserInput(
        name=name,
        email=email,
        phone=clean_phone(cells["phone"]),
        role_id=role or (user.role_id if user else DEFAULT_ROLE),
        team_ids=tuple(sorted(set(teams))) if teams else user.team_ids if user else (),
        organization_id=_lookup(
            cells["organization"], names.organizations, "organization", {*present, *names.offered}
        )
        if cells["organization"]
        else None,
    )


def _lookup(text: str, ids: Mapping[str, str], kind: str, allowed: Collection[str | None]) -> str:
    id_ = ids.get(text.casefold())
    if id_ is None or id_ not in allowed:
        raise Invalid(f"There is no {kind} {text[:60]!r}.")
    return id_


def _compared(row: Row, user_input: _UserInput, user: User | None) -> Line:
    if user is None:
        return Line(row, NEW)
    pairs: Sequence[tuple[str, str, str]] = (
        ("name", user.name, user_input.name),
        ("phone", user.phone or "", user_input.phone or user.phone or ""),
        ("role", user.role_id, user_input.role_id),
        ("teams", ", ".join(sorted(user.team_ids)), ", ".join(user_input.team_ids)),
        (
            "organization",
            user.organization_id or "",
            user_input.organization_id or user.organization_id or "",
        ),
    )
    changes = tuple(pair for pair in pairs if pair[1] != pair[2])
    return Line(row, CHANGED if changes else UNCHANGED, changes=changes)
