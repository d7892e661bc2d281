"""People for programs, through the same services as the pages."""

from typing import Any

from portal.api.authentication import caller, token_owner
from portal.api.operations import Answer, Controller, Example
from portal.api.user_schemas import (
    ByEmail,
    FoundUser,
    Me,
    NewUser,
    Session,
    Sessions,
    User,
    UserChange,
    UserList,
    Users,
)
from portal.web.guards import now, services
from services.errors import Conflicted, Throttled
from services.tickets import Condition, ListRequest, Op, Sort
from services.users.authorization import Outranked
from services.users.identity import AddressTaken, Permission, StaleRecord, UserNotFound

controller = Controller("Users", "People, their accounts and their sessions.")
SESSIONS = (Permission.SESSION_REVOKE,)


@controller.get("/me", returns=Me)
def me() -> Answer:
    """Read who is calling.

    And what the token allows.
    """
    return Answer(Me.from_owner(token_owner()))


@controller.get(
    "/users", needs=(Permission.USER_VIEW,), query=UserList, returns=Users, sparse=User,
    example=Example(query="role=agent&active=true&size=50"),
)  # fmt: skip
def users(query: UserList) -> Answer:
    """List users."""
    conditions = []
    for field, values in (("role_id", query.role), ("organization_id", query.organization)):
        if values:
            one = len(values) == 1
            conditions.append(Condition(field, Op.EQ if one else Op.IN, values[0] if one else values))
    if query.active is not None:
        conditions.append(Condition("active", Op.EQ, query.active))
    if query.search is not None:
        conditions.append(Condition("sort_name", Op.CONTAINS, query.search))
    sort = Sort("sort_name", descending=query.sort.startswith("-"))
    request = ListRequest(tuple(conditions), sort, query.size, query.cursor)
    page = services().users.accounts.page(actor=caller(), request=request)
    return Answer(Users(users=[User.of(row) for row in page.rows], next=page.next_cursor or page.resume))


@controller.get(
    "/user-by-email", needs=(Permission.USER_VIEW, Permission.TICKET_NOTE), query=ByEmail, returns=FoundUser,
    raises=(UserNotFound,), example=Example(query="email=customer@demo.example"),
)  # fmt: skip
def user_by_email(query: ByEmail) -> Answer:
    """Find a user by email address.

    For whoever opens tickets on behalf of others.
    """
    stored = services().users.accounts.find_by_email(query.email)
    if stored is None:
        raise UserNotFound
    services().users.directory.check(actor=caller(), user=stored)
    return Answer(FoundUser.of(stored))


@controller.get(
    "/users/<user_id>",
    needs=(Permission.USER_VIEW,),
    returns=User,
    sparse=User,
    example=Example({"user_id": "$user"}),
)
def user(user_id: str) -> Answer:
    """Read a user."""
    stored = services().users.accounts.read(actor=caller(), user_id=user_id)
    return Answer(User.of(stored), version=stored.version)


@controller.post(
    "/users", needs=(Permission.USER_EDIT,), body=NewUser, returns=User, status=201, replayed=user,
    raises=(AddressTaken, Outranked),
    example=Example(
        body={"name": "Alan Turing", "email": "alan@example.org", "role_id": "customer"}
    ),
)  # fmt: skip
def create_user(body: NewUser) -> Answer:
    """Create a user.

    An email invites them to choose a password, unless `invite` is false.
    """
    sent = body.sent()
    if "organization_id" in sent:
        sent["organization_id"] = sent["organization_id"] or ""
    created = services().users.accounts.create(actor=caller(), now=now(), **sent)
    return Answer(User.of(created), version=created.version, place={"user_id": created.user_id})


@controller.patch(
    "/users/<user_id>", needs=(Permission.USER_EDIT,), body=UserChange, returns=User, current=user,
    raises=(AddressTaken, Outranked, StaleRecord),
    example=Example({"user_id": "$user"}, body={"name": "Grace Brewster Hopper"}),
)  # fmt: skip
def change_user(user_id: str, body: UserChange, version: int) -> Answer:
    """Change a user.

    A new role or state ends the sessions of the user.
    """
    accounts, sent = services().users.accounts, body.sent()
    present = accounts.read(actor=caller(), user_id=user_id)
    values: dict[str, Any] = {
        "name": present.name, "email": present.email or "", "role_id": present.role_id, "active": present.active,
        "team_ids": present.team_ids, **sent,
    }  # fmt: skip
    if "organization_id" in sent:
        values["organization_id"] = sent["organization_id"] or ""
    changed = accounts.update(actor=caller(), now=now(), user_id=user_id, expected_version=version, **values)
    return Answer(User.of(changed), version=changed.version)


@controller.post(
    "/users/<user_id>/invitation", needs=(Permission.USER_EDIT,), returns=User, replayed=user,
    raises=(Outranked, Conflicted, Throttled), example=Example({"user_id": "$invited"}),
)  # fmt: skip
def invite_user(user_id: str) -> Answer:
    """Invite a user again.

    Whoever cannot sign in yet gets an email with a new link, which replaces the previous one.
    """
    invited = services().users.invitations.send(actor=caller(), user_id=user_id, now=now())
    return Answer(User.of(invited), version=invited.version, place={"user_id": user_id})


@controller.get(
    "/users/<user_id>/sessions", needs=SESSIONS, returns=Sessions, example=Example({"user_id": "$user"})
)
def sessions(user_id: str) -> Answer:
    """List the sessions of a user."""
    stored = services().users.devices.list_for_user(actor=caller(), user_id=user_id, now=now())
    return Answer(Sessions(sessions=[Session.of(each) for each in stored]))


@controller.delete(
    "/users/<user_id>/sessions/<session_id>", needs=SESSIONS, raises=(Outranked,),
    example=Example({"user_id": "$user", "session_id": "$session"}),
)  # fmt: skip
def end_session(user_id: str, session_id: str) -> Answer:
    """End a session of a user."""
    services().users.devices.end(actor=caller(), user_id=user_id, session_id=session_id, now=now())
    return Answer()


@controller.delete(
    "/users/<user_id>/sessions",
    needs=SESSIONS,
    raises=(Outranked, Conflicted),
    example=Example({"user_id": "$user"}),
)
def end_sessions(user_id: str) -> Answer:
    """End all sessions of a user.

    Tokens keep working.
    """
    services().users.devices.end_all(actor=caller(), user_id=user_id, now=now())
    return Answer()
