"""A user administrator who is limited to a team, and what they may not do to accounts that reach further."""

import uuid

import pytest

from models import api_token as token_table
from models import role as role_table
from models import session as session_table
from models import user as user_table
from models.api_token import ApiToken
from services.users.authorization import Outranked
from services.users.identity import BUILT_IN, SYSTEM, Permission, Scope

P = Permission
DESK = dict.fromkeys((P.TICKET_VIEW, P.TICKET_CREATE, P.TICKET_REPLY, P.TICKET_UPDATE), Scope.TEAM)
PEOPLE = dict.fromkeys(
    (P.USER_VIEW, P.USER_EDIT, P.USER_EXPORT, P.USER_ERASE, P.USER_VIEW_AS, P.SESSION_REVOKE, P.TOKEN_REVOKE,
     P.ROLE_VIEW, P.ROLE_EDIT, P.ORGANIZATION_EDIT),
    Scope.ALL,
)  # fmt: skip
ROLES = {"clerk": DESK | PEOPLE, "member": DESK, "guest": {P.TICKET_VIEW: Scope.OWN}}


@pytest.fixture(scope="module")
def clerk(harness):
    """Somebody who administers the users of the team Network."""
    for role_id, permissions in ROLES.items():
        harness.services.users.roles.save(
            actor=SYSTEM, now=harness.now(), role_id=role_id, name=role_id.title(), permissions=permissions,
            expected_version=0,
        )  # fmt: skip
    actor = harness.actor("clerk", teams=["network"], permissions=ROLES["clerk"])
    token = harness.services.users.sessions.start(user_id=actor.user_id, now=harness.now())
    return harness.services.users.authentication.actor_for(token=token, now=harness.now())


@pytest.fixture
def create(harness, clerk):
    def run(actor=clerk, role_id="member", team_ids=(), organization_id=None, name="New Person"):
        return harness.services.users.accounts.create(
            actor=actor, now=harness.now(), name=name, email=f"{uuid.uuid4().hex}@example.org",
            role_id=role_id, team_ids=team_ids, organization_id=organization_id,
        )  # fmt: skip

    return run


def update(harness, actor, user, **changes):
    fields = {name: getattr(user, name) for name in ("name", "email", "role_id", "active", "team_ids")}
    return harness.services.users.accounts.update(
        actor=actor, now=harness.now(), user_id=user.user_id, expected_version=user.version,
        **fields | changes,
    )  # fmt: skip


def add_token(user_id):
    token_hash = uuid.uuid4().hex
    ApiToken(
        token_hash=token_hash, user_id=user_id, name="robot", scopes=[],
        created_at=user_table.find(user_id).created_at,
    ).save()  # fmt: skip
    return token_hash


@pytest.fixture
def perform(harness, clerk, create):
    """Do something to an account as the clerk, by its name."""
    users, privacy = harness.services.users, harness.services.privacy

    def session_of(user):
        users.sessions.start(user_id=user.user_id, now=harness.now())
        return session_table.of_user(user.user_id)[0]

    def run(operation, user):
        to, now = {"actor": clerk, "user_id": user.user_id}, harness.now()
        operations = {
            "change": lambda: update(harness, clerk, user, name="Other Name"),
            "suspend": lambda: update(harness, clerk, user, active=False),
            "invite": lambda: users.invitations.send(**to, now=now),
            "import": lambda: rejected(
                users.user_import.run(
                    actor=clerk, now=now, text=f"name,email\nOther Name,{user.email}\n", invite=False,
                    why_not=lambda: None,
                )
            ),
            "end a session": lambda: users.devices.end(**to, session_id=session_of(user), now=now),
            "end all sessions": lambda: users.devices.end_all(**to, now=now),
            "revoke a token": lambda: users.api_tokens.revoke(
                actor=clerk, token_id=add_token(user.user_id), now=now
            ),
            "turn off the second factor": lambda: users.second_factor.turn_off(**to, now=now),
            "export": lambda: privacy.exports.export(**to, now=now),
            "erase": lambda: privacy.erasures.ask(**to, confirmed=user.name, now=now),
            "view as": lambda: users.view_as.start(**to, now=now),
            "give its role": lambda: update(harness, clerk, create(role_id="guest"), role_id=user.role_id),
        }  # fmt: skip
        return operations[operation]()

    return run


def rejected(report):
    if report.lines[0].reason:
        raise Outranked(report.lines[0].reason)


OPERATIONS = ("change", "suspend", "invite", "import", "end a session", "end all sessions", "revoke a token",
              "turn off the second factor", "export", "erase")  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_is_done_to_an_account_that_allows_more(harness, clerk, create, perform, operation):
    above = create(SYSTEM, role_id="agent")
    elsewhere = create(SYSTEM, team_ids=["support"])
    for user in (above, elsewhere):
        before = user_table.find(user.user_id).attribute_values
        with pytest.raises(Outranked, match="more than your own"):
            perform(operation, user)
        assert user_table.find(user.user_id).attribute_values == before
    tokens = [one.user_id for user in (above, elsewhere) for one in token_table.of_user(user.user_id)]
    assert len(tokens) == (2 if operation == "revoke a token" else 0)
    perform(operation, create(SYSTEM, team_ids=["network"]))


def test_no_account_is_made_in_another_team_or_with_a_wider_role(create):
    for refused in (
        {"team_ids": ["support"]},
        {"team_ids": ["network", "support"]},
        {"role_id": "guest", "team_ids": ["support"]},
        {"role_id": "agent"},
        {"role_id": "administrator"},
    ):
        with pytest.raises(Outranked):
            create(**refused)
    assert create(team_ids=["network"]).team_ids == ("network",)
    assert create(role_id="guest").role_id == "guest"


def test_nobody_is_moved_to_another_team_or_a_wider_role(harness, clerk, create):
    user = create(team_ids=["network"])
    for changes in ({"team_ids": ["support"]}, {"role_id": "agent"}):
        with pytest.raises(Outranked):
            update(harness, clerk, user, **changes)
    assert update(harness, clerk, user, team_ids=[]).team_ids == ()


def test_a_role_that_reaches_teams_is_changed_only_by_somebody_who_reaches_all(harness, clerk):
    """People of every team may have it."""
    roles = harness.services.users.roles
    for role_id, permissions in (("member", {}), ("guest", {P.TICKET_VIEW: Scope.TEAM})):
        with pytest.raises(Outranked):
            roles.save(
                actor=clerk, now=harness.now(), role_id=role_id, name="Other", permissions=permissions,
                expected_version=1,
            )  # fmt: skip
        assert roles.read(role_id).permissions == ROLES[role_id]


def test_customers_share_tickets_only_by_somebody_who_sees_them(harness, clerk, create):
    organizations = harness.services.users.organizations

    def save(actor, id_, version, **values):
        fields = {"name": "Nordwind", "active": True, "shares_tickets": False, "domains": ()} | values
        return organizations.save(actor=actor, now=harness.now(), id_=id_, expected_version=version, **fields)

    id_ = save(clerk, None, 0).id
    with pytest.raises(Outranked):
        save(clerk, id_, 1, shares_tickets=True)
    save(SYSTEM, id_, 1, shares_tickets=True)
    with pytest.raises(Outranked):
        save(clerk, id_, 2, shares_tickets=True, domains=["nordwind.example"])
    assert save(clerk, id_, 2, shares_tickets=True, name="Nordwind AG").name == "Nordwind AG"
    with pytest.raises(Outranked):
        create(role_id="customer", organization_id=id_)
    assert create(role_id="customer", organization_id="").organization_id is None


def test_the_erasure_page_says_why(harness, clerk, create):
    preview = harness.services.privacy.erasures.preview(
        actor=clerk, user_id=create(SYSTEM, role_id="manager").user_id
    )
    assert "allows more than your own" in preview.refusal


def test_a_team_is_seen_through_nobody(harness, clerk, create):
    """Even people of the same team asked for tickets of their own that the team does not have."""
    with pytest.raises(Outranked):
        harness.services.users.view_as.start(
            actor=clerk, user_id=create(SYSTEM, team_ids=["network"]).user_id, now=harness.now()
        )


def test_administrators_do_everything_to_each_other(harness, create):
    administrator = harness.actor("administrator")
    assert administrator.permissions == BUILT_IN["administrator"][1]
    user = create(administrator, role_id="administrator", team_ids=["support"])
    assert update(harness, administrator, user, active=False).active is False


def as_another_process_stores(role_id, permissions):
    """Give a role other permissions behind the back of this process, which remembers roles for a few seconds."""
    item = role_table.find(role_id)
    item.permissions, item.version = permissions, item.version + 1
    role_table.put(item, expected_version=item.version - 1)


@pytest.mark.parametrize("operation", [*OPERATIONS, "view as", "give its role"])
def test_a_role_that_has_just_become_more_counts_at_once(harness, create, perform, operation):
    role_id = operation.replace(" ", "-")
    harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id=role_id, name=role_id, permissions={}, expected_version=0
    )
    user = create(role_id=role_id)
    assert harness.services.users.roles.get(role_id).permissions == {}
    as_another_process_stores(role_id, {"ticket:view": "all"})
    with pytest.raises(Outranked):
        perform(operation, user)


def test_an_account_that_has_just_become_more_keeps_its_token(harness, clerk, create):
    user = create(role_id="guest")
    token_id = add_token(user.user_id)
    assert harness.services.users.accounts.get(user.user_id).role_id == "guest"
    user_table.update(user.user_id, role_id="agent")  # by another process
    with pytest.raises(Outranked):
        harness.services.users.api_tokens.revoke(actor=clerk, token_id=token_id, now=harness.now())
    with pytest.raises(Outranked):
        harness.services.users.view_as.start(actor=clerk, user_id=user.user_id, now=harness.now())
