"""Whatever somebody with a random role does, nobody ends up with rights that this actor does not have."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models import session as session_table
from models import user as user_table
from models.role import Role as RoleItem
from models.user import User as UserItem
from services.errors import ServiceError
from services.users.identity import SYSTEM, Actor, Permission, Scope
from tests.services.harness import START, Harness

P = Permission
TEAMS = ("billing", "devices")
SHARED, APART = "acme", "bolt"  # organizations: members share tickets, or do not
TICKET = [permission for permission in P if permission.startswith("ticket:")]
# All things that rights can be about: whose they are to the account, their team, their organization.
THINGS = list(product(("own", "other"), (None, *TEAMS), (None, SHARED, APART)))
# What actors mostly have, so that most operations are not refused for want of the permission.
TOOLS = (P.USER_VIEW, P.USER_EDIT, P.ROLE_EDIT, P.ORGANIZATION_EDIT, P.SESSION_REVOKE, P.USER_VIEW_AS,
         P.USER_EXPORT)  # fmt: skip

OPERATIONS = 20  # of one example; most are refused
ROLES = ("actor", "role-1", "role-2")
AccountInput = tuple[str, list[str], str | None]  # role, teams, organization


class Choices:
    """Chooses what an example consists of; an actor has much, other roles allow little, so that much is tried."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def one(self, *of: Any) -> Any:
        """Choose one of several."""
        return self._random.choice(of)

    def some(self, of: Sequence[Any]) -> list[Any]:
        """Choose any number of several."""
        return [each for each in of if self._random.random() < 0.5]

    def scope(self) -> Scope:
        """Choose a scope."""
        return Scope(self.one(Scope.OWN, Scope.ORGANIZATION, Scope.TEAM, Scope.TEAM, Scope.ALL))

    def actor_permissions(self) -> dict[Permission, Scope]:
        """Choose what the actor may do."""
        tools = TOOLS if self._random.random() < 0.7 else self.some(TOOLS)
        return {**dict.fromkeys(TICKET, self.scope()), **dict.fromkeys(tools, Scope.ALL)}

    def permissions(self) -> dict[Permission, Scope]:
        """Choose what another role permits."""
        more = {P.AUDIT_VIEW: Scope.ALL} if self._random.random() < 0.2 else {}
        return {**{key: self.scope() for key in self.some([P.TICKET_VIEW, P.TICKET_REPLY])}, **more}

    def account(self) -> AccountInput:
        """Choose role, teams and organization of an account."""
        return self.one(*ROLES, "customer", "agent"), self.some(TEAMS), self.one(None, SHARED, APART)

    def operation(self) -> tuple[Any, ...]:
        """Choose something to do, mostly to one of the first accounts."""
        name, index = self.one(*ALL_OPERATIONS), self._random.randrange(5)
        values: Mapping[str, tuple[Any, ...]] = {
            "create": (self.account(),),
            "update": (index, self.account()),
            "import": (index, self.account()),
            "role": (self.one(*ROLES, "new"), self.permissions()),
            "share": (self.one(SHARED, APART), self.one(True, False)),
        }
        return name, *values.get(name, (index,))


ALL_OPERATIONS = (
    "create",
    "update",
    "import",
    "role",
    "share",
    "suspend",
    "end sessions",
    "export",
    "view as",
)


@dataclass
class Site:
    """The accounts and roles of one example; `names` are their ids in the tables, by their names here."""

    harness: Harness
    prefix: str
    user_ids: list[str]

    def role_id(self, name: str) -> str:
        """Return the id of a role, of one's own for this example unless it is built in."""
        return name if name in ("customer", "agent") else f"{self.prefix}-{name}"

    def add(self, account: AccountInput) -> None:
        """Write an account past the service."""
        role, team_ids, organization_id = account
        user_id = f"{self.prefix}-{len(self.user_ids)}"
        user_table.put(
            UserItem(
                user_id=user_id, name=user_id, sort_name=user_id, email=f"{user_id}@example.org",
                role_id=self.role_id(role), team_ids=sorted(team_ids), organization_id=organization_id,
                password_hash="argon2", created_at=START,
            ),
            expected_version=0,
        )  # fmt: skip
        self.user_ids.append(user_id)
        self.sign_in(user_id)

    def sign_in(self, user_id: str) -> str:
        """Start a session and return its id."""
        token = self.harness.services.users.sessions.start(user_id=user_id, now=self.harness.now())
        return next(s.id for s in [self.harness.services.users.sessions.resolve(token=token, now=START)] if s)

    def actor(self, user_id: str, session_id: str = "") -> Actor:
        """Return an account as actor, as signing in makes it."""
        users = self.harness.services.users
        item = user_table.find(user_id)
        assert item is not None
        return Actor(
            user_id=user_id, name=item.name, kind="agent", role_id=item.role_id,
            team_ids=frozenset(item.team_ids), session_id=session_id,
            organization_id=users.organizations.shared_by(item.organization_id),
            permissions=users.roles.read(item.role_id).permissions,
        )  # fmt: skip

    def rights(self, user_id: str) -> set[tuple[Any, ...]]:
        """List everything an account may do, thing by thing, as the service that decides answers."""
        actor, allows = self.actor(user_id), self.harness.services.users.roles.allows
        return {
            (permission, *thing)
            for permission, thing in product(P, THINGS)
            if allows(
                actor=actor,
                permission=permission,
                owner_id=user_id if thing[0] == "own" else "somebody else",
                team_id=thing[1],
                organization_id=thing[2],
            )
        }

    def stored(self, user_id: str) -> tuple[Any, ...]:
        """Return all that is stored of an account, with its sessions."""
        item = user_table.find(user_id)
        assert item is not None
        sessions = session_table.find_many(session_table.of_user(user_id))
        return item.attribute_values, sorted((one.token_hash, one.viewing) for one in sessions)


def perform(site: Site, operation: tuple[Any, ...], session_id: str) -> None:
    """Try one operation as the first account, as it is now."""
    name, *values = operation
    actor, users, now = (
        site.actor(site.user_ids[0], session_id),
        site.harness.services.users,
        site.harness.now(),
    )
    do: Mapping[str, Callable[..., Any]] = {
        "create": lambda account: create(site, actor, account),
        "update": lambda index, account: update(site, actor, index, account),
        "import": lambda index, account: import_line(site, actor, index, account),
        "role": lambda role, granted: save_role(site, actor, role, granted),
        "share": lambda id_, shares: share(site, actor, id_, shares_tickets=shares),
        "suspend": lambda index: update(site, actor, index, None),
        "end sessions": lambda index: users.devices.end_all(
            actor=actor, user_id=chosen(site, index), now=now
        ),
        "export": lambda index: users_export(site, actor, chosen(site, index)),
        "view as": lambda index: users.view_as.start(actor=actor, user_id=chosen(site, index), now=now),
    }
    do[name](*values)


def chosen(site: Site, index: int) -> str:
    return site.user_ids[index % len(site.user_ids)]


def create(site: Site, actor: Actor, account: AccountInput) -> None:
    role, team_ids, organization_id = account
    user = site.harness.services.users.accounts.create(
        actor=actor, now=site.harness.now(), name="New", email=f"{uuid.uuid4().hex}@example.org",
        role_id=site.role_id(role), team_ids=team_ids, organization_id=organization_id or "",
    )  # fmt: skip
    site.user_ids.append(user.user_id)


def update(site: Site, actor: Actor, index: int, account: AccountInput | None) -> None:
    user = site.harness.services.users.accounts.read(actor=SYSTEM, user_id=chosen(site, index))
    role, team_ids, organization_id = account or (None, user.team_ids, user.organization_id)
    site.harness.services.users.accounts.update(
        actor=actor, now=site.harness.now(), user_id=user.user_id, expected_version=user.version,
        name=user.name, email=user.email or "", active=account is not None, team_ids=team_ids,
        role_id=site.role_id(role) if role else user.role_id, organization_id=organization_id or "",
    )  # fmt: skip


def import_line(site: Site, actor: Actor, index: int, account: AccountInput) -> None:
    role, team_ids, organization_id = account
    email = f"{uuid.uuid4().hex}@example.org"
    if index % 2:
        email = user_table.find(chosen(site, index)).email or email  # type: ignore[union-attr]  # it exists
    cells = ("New", email, site.role_id(role), ";".join(team_ids), organization_id or "")
    text = f"name,email,role,teams,organization\n{','.join(cells)}\n"
    report = site.harness.services.users.user_import.run(
        actor=actor, now=site.harness.now(), text=text, invite=False, why_not=lambda: None
    )
    added = user_table.find_by_email(email)
    if report.count("new") and added is not None:
        site.user_ids.append(added.user_id)


def save_role(site: Site, actor: Actor, name: str, granted: Mapping[Permission, Scope]) -> None:
    roles, role_id = site.harness.services.users.roles, site.role_id(name)
    version = 0 if name == "new" else roles.read(role_id).version
    roles.save(
        actor=actor, now=site.harness.now(), role_id=role_id, name=name, permissions=dict(granted),
        expected_version=version,
    )  # fmt: skip


def share(site: Site, actor: Actor, id_: str, *, shares_tickets: bool) -> None:
    organization = site.harness.services.users.organizations.get(id_)
    site.harness.services.users.organizations.save(
        actor=actor, now=site.harness.now(), id_=id_, name=organization.name, active=True,
        shares_tickets=shares_tickets, domains=(), expected_version=organization.version,
    )  # fmt: skip


def users_export(site: Site, actor: Actor, user_id: str) -> None:
    site.harness.services.privacy.exports.export(actor=actor, user_id=user_id, now=site.harness.now())


@pytest.fixture(scope="module", autouse=True)
def things(harness):
    """Bring the teams and organizations."""
    harness.services.catalog.upsert("team", [(team, team.title()) for team in TEAMS])


def begin(harness: Harness, roles: Sequence[Mapping[Permission, Scope]], people: Sequence[Any]) -> Site:
    """Write the roles and accounts of an example; the first account is the actor's."""
    site = Site(harness, uuid.uuid4().hex[:12], [])
    for name, granted in zip(ROLES, roles, strict=True):
        stored = {str(key): scope.name.lower() for key, scope in granted.items() if scope}
        RoleItem(role_id=site.role_id(name), version=1, name=name, permissions=stored).save()
    organizations = harness.services.users.organizations
    known = organizations.names()
    for id_ in (SHARED, APART):
        if id_ not in known:
            organizations.save(
                actor=SYSTEM, now=harness.now(), id_=None, name=id_.title(), active=True,
                shares_tickets=False, domains=(), expected_version=0,
            )  # fmt: skip
        share(site, SYSTEM, id_, shares_tickets=id_ == SHARED)
    for account in people:
        site.add(account)
    return site


@settings(phases=[Phase.generate])  # a seed is not shrunk
@given(st.integers(0, 2**32))
def test_no_sequence_of_operations_gives_more_than_the_actor_has(harness, seed):
    choose = Choices(seed)
    roles = [choose.actor_permissions(), choose.permissions(), choose.permissions()]
    people = [("actor", *choose.account()[1:]), *(choose.account() for _ in range(4))]
    site, own_teams = begin(harness, roles, people), set(people[0][1])
    actor_id = site.user_ids[0]
    held = site.rights(actor_id)
    before = {user_id: site.rights(user_id) for user_id in site.user_ids}
    above = {user_id: site.stored(user_id) for user_id in site.user_ids if not before[user_id] <= held}
    limited = (Permission.TICKET_VIEW, "other", None, None) not in held
    team_ids = {user_id: set(user_table.find(user_id).team_ids) for user_id in site.user_ids}
    session_id = site.sign_in(actor_id)
    for operation in [choose.operation() for _ in range(OPERATIONS)]:
        with suppress(ServiceError):
            perform(site, operation, session_id)
    for user_id in site.user_ids:
        gained = site.rights(user_id) - before.get(user_id, set())
        assert gained <= held, f"{user_id} may now {sorted(map(str, gained - held))[:3]}"
        joined = set(user_table.find(user_id).team_ids) - team_ids.get(user_id, set())
        assert not limited or joined <= own_teams, "somebody was added to a team beyond the actor's own"
    for user_id, stored in above.items():
        assert site.stored(user_id) == stored, "an account that may more was changed"
    viewed = session_table.find_many([session_id])[0].viewing
    assert viewed is None or site.rights(viewed) <= held
