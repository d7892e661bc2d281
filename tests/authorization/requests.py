"""Plausible requests, one for each row of the routes: what is sent must not be why it is refused.

A route that is not named here gets the value of ARGUMENTS for each of its arguments, and no fields.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyotp
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from models import api_token as token_table
from services.users.credentials.sessions import hash_token
from tests.authorization.access_case import ARGUMENTS, PEOPLE, TICKETS, AccessCase
from tests.authorization.matrix_site import FOREIGN_TEAM, NOBODY, TEAM, Person
from tests.portal.conftest import PASSWORD

ANOTHER = "violet tractor under snowfall"
OUTRANKED = ("more than your own", "teams of your own")
# Role and teams of a new account by the object's name.
NEW_ACCOUNTS: dict[str, tuple[str, list[str]]] = {
    "-": ("customer", []),
    "above": ("administrator", []),
    "elsewhere": ("clerk", [FOREIGN_TEAM]),
}
JSON = {"Accept": "application/json"}
Values = Mapping[str, Any]


def word(_: AccessCase, answer: TestResponse) -> str:
    """Say in the matrix's words how a request was answered; a number where it was something else."""
    to_login = urlsplit(answer.location or "").path == "/login"
    if answer.status_code == 401 or (answer.status_code in (302, 303) and to_login):
        return "sign in"
    known = {403: "no", 404: "hidden"}.get(answer.status_code)
    return known or ("yes" if answer.status_code < 400 else str(answer.status_code))


def _each(case: AccessCase, answer: TestResponse) -> str:
    """Read an answer about several things, which says of each what became of it."""
    if answer.status_code not in (200, 409) or not answer.is_json:
        return word(case, answer)
    said = answer.text
    if "This ticket does not exist" in said:
        return "hidden"
    is_done = '"status":"done"' in said or '"undone":1' in said
    is_refused = any(words in said for words in ("does not allow", *OUTRANKED))
    return "yes" if is_done else "no" if is_refused else said


def _signed_in(case: AccessCase, answer: TestResponse) -> str:
    return "yes" if "ledgerdesk_session=" in str(answer.headers.get_all("Set-Cookie")) else word(case, answer)


def _signed_out(case: AccessCase, answer: TestResponse) -> str:
    here = case.who.cookies.get("ledgerdesk_session", "")
    ended = (
        here
        and case.matrix_site.services.users.sessions.resolve(token=here, now=case.matrix_site.now()) is None
    )
    return "yes" if ended else word(case, answer)


def _device_ended(case: AccessCase, answer: TestResponse) -> str:
    """Tell by the device itself: who names somebody else's is told what who names none is told."""
    left = case.matrix_site.services.users.sessions.of_user(
        user_id=case.other.user_id, now=case.matrix_site.now()
    )
    is_there = any(session.id == case.notes["session"] for session in left)
    return "hidden" if is_there and word(case, answer) == "yes" else _signed_out(case, answer)


def _password_set(case: AccessCase, answer: TestResponse) -> str:
    return "yes" if "email=" in (answer.location or "") else word(case, answer)


def _nothing(_: AccessCase) -> Values:
    return {}


@dataclass(frozen=True)
class Plan:
    """How a route is called: values of its arguments, query, form or JSON, and how the answer is read.

    With `spends`, who may do it does it as a person of their own, whose session or password it ends.
    """

    objects: tuple[str, ...] = ("-",)
    path: Callable[[AccessCase], Values] = _nothing
    query: Callable[[AccessCase], Values] = _nothing
    form: Callable[[AccessCase], Values] = _nothing
    json: Callable[[AccessCase], Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[AccessCase, TestResponse], str] = word
    spends: bool = False


def unplanned(rule: Rule) -> Plan:
    """Plan the call of a route that is not named here, by the names of its arguments."""
    known = {name: ARGUMENTS.get(name, (("-",), lambda _: "1")) for name in rule.arguments}
    objects = max((offered for offered, _ in known.values()), key=len, default=("-",))
    values = {name: value for name, (_, value) in known.items()}
    # It may end the session, for all that is known.
    return Plan(objects, path=lambda s: {name: value(s) for name, value in values.items()}, spends=True)


def _ticket_path(case: AccessCase) -> Values:
    return {"ticket_id": case.ticket.ticket_id}


def _version(case: AccessCase) -> str:
    return str(case.ticket.version)


def _cell(case: AccessCase) -> Values:
    """Change one cell of a ticket's row in the grid."""
    agent = case.matrix_site.people["agent"].user_id
    values = {
        "status": "pending",
        "priority": "urgent",
        "assignee_id": agent,
        "team_id": TEAM,
        "category": "",
    }
    return {
        "pk": str(case.ticket.ticket_id),
        "field": case.part,
        "value": values[case.part],
        "version": case.ticket.version,
    }


def _rows(case: AccessCase) -> Values:
    """Apply a bulk action to one ticket."""
    value = {"status": "pending", "priority": "urgent", "team": TEAM}.get(case.part, "")
    return {"action": case.part, "value": value, "rowid": f"{case.ticket.ticket_id}:{_version(case)}"}


def _new_on_desk(case: AccessCase) -> Values:
    asks = {"own": case.who, "shared": case.matrix_site.colleague}.get(case.kind, case.matrix_site.stranger)
    return {
        "requester_text": asks.email,
        "subject": "A new one",
        "body": "Written down on the telephone.",
        "priority": "normal",
        "team_id": {"team": TEAM, "foreign": FOREIGN_TEAM}.get(case.kind, ""),
    }


def _new_user(case: AccessCase) -> Values:
    role_id, teams = NEW_ACCOUNTS[case.kind]
    given = {"name": "New Person", "email": case.matrix_site.new_address(), "role_id": role_id}
    return case.matrix_site.form("/admin/users/new/") | given | {"team_ids": teams, "organization_id": ""}


def _saved(case: AccessCase, answer: TestResponse) -> str:
    """Read the answer to a form, which comes back with the reason if it was refused."""
    is_refused = answer.status_code == 400 and any(words in answer.text for words in OUTRANKED)
    return "no" if is_refused else word(case, answer)


def _user_form(case: AccessCase) -> Values:
    sent = case.matrix_site.form(f"/admin/users/edit/?id={case.other.user_id}")
    return sent | {"name": case.matrix_site.new_name()}


def _user_cell(case: AccessCase) -> Values:
    version = case.matrix_site.somebody(case.other).version
    value = {"active": False, "role_id": "agent"}[case.part]
    return {"pk": case.other.user_id, "field": case.part, "value": value, "version": version}


def _people(case: AccessCase) -> Values:
    """Apply a bulk action to one person."""
    value = {"role": "agent", "team": TEAM, "join": FOREIGN_TEAM}.get(case.part, "")
    return {"action": case.part, "value": value, "rowid": case.other.user_id}


def _file(case: AccessCase) -> str:
    return f"name,email\nNew Person,{case.matrix_site.new_address()}\n"


def _role_form(case: AccessCase) -> Values:
    return case.matrix_site.form(f"/admin/roles/edit/?id={case.role_id}") | {
        "name": case.matrix_site.new_name()
    }


def _new_role(case: AccessCase) -> Values:
    return case.matrix_site.form("/admin/roles/new/") | {"name": case.matrix_site.new_name()}


def _device(case: AccessCase) -> Values:
    """Name a session: this one, or one of somebody else."""
    matrix_site = case.matrix_site
    if case.kind == "own":
        case.notes["session"] = hash_token(case.who.cookies.get("ledgerdesk_session", ""))
    else:
        sessions = matrix_site.services.users.sessions.of_user(
            user_id=case.other.user_id, now=matrix_site.now()
        )
        case.notes["session"] = sessions[0].id
    return {"session": case.notes["session"]}


def _new_token(_: AccessCase) -> Values:
    return {"name": "robot", "scope": "ticket:view", "days": "30"}


def _token(case: AccessCase) -> Values:
    return {"token": case.token_id}


def _token_ended(case: AccessCase, answer: TestResponse) -> str:
    """Tell by the token itself: who names somebody else's is told that there is none."""
    is_there = token_table.find(case.token_id) is not None
    return "hidden" if is_there and word(case, answer) == "yes" else word(case, answer)


def _by_token(case: AccessCase) -> Values:
    """Come as a program, with a token of the person and without their cookies."""
    if case.who.column != NOBODY:
        _, secret = case.matrix_site.token(case.who)
        case.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return {}


def _ticket_by_token(case: AccessCase) -> Values:
    case.client.environ_base["HTTP_IF_MATCH"] = f'"{_version(case)}"'
    return {**_by_token(case), **_ticket_path(case)}


def _ticket_input(case: AccessCase) -> Values:
    return {"fields": {"priority": "urgent"}}.get(case.part, {case.part: "Put it out."})


def _by_token_of_its_own(case: AccessCase) -> Values:
    """Come as a program whose token may end."""
    if case.who.column != NOBODY:
        _, secret = case.matrix_site.token(case.who, fresh=case.fresh)
        case.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return {}


def _job_by_token(case: AccessCase) -> Values:
    return {**_by_token(case), "job_id": case.job.id}


def _user_by_token(case: AccessCase) -> Values:
    version = case.matrix_site.somebody(case.other).version
    case.client.environ_base["HTTP_IF_MATCH"] = f'"{version}"'
    return {**_by_token(case), "user_id": case.other.user_id}


def _session_by_token(case: AccessCase) -> Values:
    return {**_by_token(case), "user_id": case.other.user_id, "session_id": case.session_id}


def _invited_by_token(case: AccessCase) -> Values:
    can_be_invited = case.fresh and case.kind == "foreign"
    user_id = case.matrix_site.invited() if can_be_invited else case.other.user_id
    return {**_by_token(case), "user_id": user_id}


def _new_user_by_program(case: AccessCase) -> Values:
    return {"name": "New Person", "email": case.matrix_site.new_address(), "role_id": "customer"}


def _entries_by_token(place: str, kind: str) -> dict[str, Plan]:
    """Plan the operations on small entries."""

    def path(case: AccessCase) -> Values:
        case.client.environ_base["HTTP_IF_MATCH"] = '"1"'
        return {**_by_token(case), f"{kind}_id": case.entry(kind)}

    def named(case: AccessCase) -> Values:
        return {"name": case.matrix_site.new_name()}

    return {
        f"POST /api/v1/{place}": Plan(path=_by_token, json=named),
        f"GET /api/v1/{place}/<{kind}_id>": Plan(path=path),
        f"PATCH /api/v1/{place}/<{kind}_id>": Plan(path=path, json=named),
    }


def _message(_: AccessCase) -> Values:
    return {"body": "Put it out."}


def _new_by_program(case: AccessCase) -> Values:
    owner = {"own": case.who, "shared": case.matrix_site.colleague}.get(case.kind, case.matrix_site.stranger)
    team = {"team": TEAM, "foreign": FOREIGN_TEAM}.get(case.kind)
    return {"subject": "A new one", "body": "It burns.", "requester_id": owner.user_id, "team_id": team}


def _team(_: AccessCase) -> Values:
    return {"team_id": FOREIGN_TEAM}


def _joining(case: AccessCase) -> Values:
    return {"person": case.matrix_site.stranger.user_id}


def _provider(_: AccessCase) -> Values:
    return {"provider": "corp"}


def _back_from_provider(case: AccessCase) -> Values:
    note, state = case.matrix_site.departed()
    case.client.set_cookie("ledgerdesk_sign_on", note)
    case.client.delete_cookie("ledgerdesk_session")  # or signing in would end it
    return {"code": "a-code", "state": state}


def _enrolment(case: AccessCase) -> Values:
    actor = case.who.actor
    if actor is None:
        return {"token": "nobody's", "code": "000000"}
    begun = case.matrix_site.services.users.second_factor.begin(actor)
    return {"token": begun.token, "code": pyotp.TOTP(begun.key.replace(" ", "")).now()}


def _code(case: AccessCase) -> Values:
    return _after_password(case, case.account)


def _after_password(case: AccessCase, account: Person) -> Values:
    secret = case.matrix_site.enrolled(account)
    fields = {"email": account.email, "password": PASSWORD, "csrf_token": case.who.token}
    page = case.matrix_site.client(case.who).post("/login", data=fields).text
    match = re.search(r'name="token" value="([^"]+)"', page)
    assert match is not None
    return {"token": match[1], "code": pyotp.TOTP(secret).now(), "email": account.email}


def _code_link(case: AccessCase) -> Values:
    return {"token": _code_by_link(case)["link"]}


def _code_by_link(case: AccessCase) -> Values:
    """Return a code of somebody who has been sent a link to enter it; the same one for path and form."""
    if "code" not in case.notes:
        owner = case.matrix_site.person("customer")
        after_password = _after_password(case, owner)
        link = case.matrix_site.code_link(owner, after_password["token"])
        case.notes["code"] = {"code": after_password["code"], "link": link}
    return dict(case.notes["code"])


def _address_link(case: AccessCase) -> Values:
    return {"token": case.matrix_site.address_link(case.matrix_site.person("customer"))}


def _registration_link(case: AccessCase) -> Values:
    return {"token": case.matrix_site.registration_link()}


def _new_address(case: AccessCase) -> Values:
    return {"email": case.matrix_site.new_address(), "proof": PASSWORD}


def _person(case: AccessCase) -> Values:
    return {"person": case.other.user_id}


def _confirmed(case: AccessCase) -> Values:
    return {"confirmed": case.matrix_site.somebody(case.other).name}


def _message_path(case: AccessCase) -> Values:
    case.matrix_site.link(case.matrix_site.person("customer"))
    return {"message": next(case.matrix_site.settings.mail_dir.glob("*.eml")).stem}


def _chart_file(case: AccessCase) -> Values:
    package, path = case.matrix_site.chart_file
    return {"package_name": package, "fingerprinted_path": path}


def _reset_link(case: AccessCase) -> Values:
    return {"purpose": "reset", "token": case.link}


def _id(value: Callable[[AccessCase], Any]) -> Callable[[AccessCase], Values]:
    return lambda case: {"id": value(case)}


def _grid(address: str, kind: str) -> dict[str, Plan]:
    """Plan the routes of a grid of small entries."""

    def entry(case: AccessCase) -> str:
        return case.entry(kind)

    def edited(case: AccessCase) -> Values:
        return case.matrix_site.form(f"{address}edit/?id={entry(case)}") | {
            "name": case.matrix_site.new_name()
        }

    def cell(case: AccessCase) -> Values:
        return {"pk": entry(case), "field": "active", "value": False, "version": 1}

    return {
        f"GET {address}edit/": Plan(query=_id(entry)),
        f"POST {address}edit/": Plan(form=edited, query=_id(entry)),
        f"POST {address}new/": Plan(
            form=lambda s: s.matrix_site.form(f"{address}new/") | {"name": s.matrix_site.new_name()}
        ),
        f"POST {address}ajax/update/": Plan(json=cell),
        f"POST {address}delete/": Plan(form=_id(entry)),
        f"POST {address}action/": Plan(form=lambda s: {"action": "delete", "rowid": entry(s)}, headers=JSON),
    }


CELLS = ("status", "priority", "assignee_id", "team_id", "category")
BULK = ("status", "priority", "assign", "team", "category")
_DESK, _HELP, _USERS = "/desk/tickets/", "/help/tickets/<int:ticket_id>", "/admin/users/"
_ONE = f"{_DESK}<int:ticket_id>"
_API_TICKET = "/api/v1/tickets/<int:ticket_id>"
_API_USER = "/api/v1/users/<user_id>"
PLANS: dict[str, Plan] = {
    "POST /login": Plan(
        form=lambda s: {"email": s.account.email, "password": PASSWORD}, read=_signed_in, spends=True
    ),
    "POST /login/code": Plan(form=_code, read=_signed_in, spends=True),
    "POST /login/code/link": Plan(form=_code, spends=True),
    "GET /account/code/<token>": Plan(path=_code_link, spends=True),
    "POST /account/code/<token>": Plan(path=_code_link, form=_code_by_link, read=_signed_in, spends=True),
    "POST /logout": Plan(read=_signed_out, spends=True),
    "POST /forgot": Plan(form=lambda s: {"email": s.account.email}),
    "POST /preferences/after-sending": Plan(form=lambda _: {"after_sending": "next"}),
    "POST /preferences/theme": Plan(form=lambda _: {"theme": "dark"}),
    "GET /login/with/<provider>": Plan(path=_provider),
    "GET /login/from/<provider>": Plan(path=_provider, query=_back_from_provider, read=_signed_in),
    "GET /account/<any(welcome, reset):purpose>/<token>": Plan(path=_reset_link),
    "POST /account/<any(welcome, reset):purpose>/<token>": Plan(
        path=_reset_link, form=lambda _: {"password": ANOTHER}, read=_password_set
    ),
    "POST /account/password": Plan(form=lambda _: {"current": PASSWORD, "password": ANOTHER}, spends=True),
    "POST /account/devices/end": Plan(("own", "foreign"), form=_device, read=_device_ended, spends=True),
    "POST /account/email/confirm": Plan(),
    "POST /account/second-factor": Plan(form=_enrolment, spends=True),
    "POST /account/second-factor/off": Plan(spends=True),
    "POST /account/tokens/": Plan(form=_new_token),
    "POST /account/tokens/revoke": Plan(PEOPLE, form=_token, read=_token_ended),
    "POST /admin/tokens/revoke/": Plan(PEOPLE, form=_token),
    "GET /api/v1/me": Plan(path=_by_token),
    "GET /api/v1/tickets": Plan(path=_by_token),
    "POST /api/v1/tickets": Plan(TICKETS, path=_by_token, json=_new_by_program),
    "GET /api/v1/tickets/<int:ticket_id>": Plan(TICKETS, path=_ticket_by_token),
    "PATCH /api/v1/tickets/<int:ticket_id>": Plan(
        tuple(f"{kind} {part}" for kind in TICKETS for part in ("fields", "reply", "note")),
        path=_ticket_by_token,
        json=_ticket_input,
    ),
    f"GET {_API_TICKET}/conversation": Plan(TICKETS, path=_ticket_by_token),
    f"GET {_API_TICKET}/history": Plan(TICKETS, path=_ticket_by_token),
    f"POST {_API_TICKET}/replies": Plan(TICKETS, path=_ticket_by_token, json=_message),
    f"POST {_API_TICKET}/notes": Plan(TICKETS, path=_ticket_by_token, json=_message),
    f"POST {_API_TICKET}/assignment": Plan(
        TICKETS, path=_ticket_by_token, json=lambda s: {"assignee_id": s.matrix_site.people["agent"].user_id}
    ),
    f"POST {_API_TICKET}/undo": Plan(TICKETS, path=_ticket_by_token, json=lambda _: {"version": 2}),
    **{
        f"GET /api/v1/{name}": Plan(path=_by_token)
        for name in (
            "statuses",
            "priorities",
            "channels",
            "teams",
            "categories",
            "users",
            "organizations",
            "permissions",
            "roles",
            "me/tokens",
            "tokens",
            "audit-events",
            "reports/definitions",
            "reports/tickets",
            "reports/overview",
            "reports/freshness",
            "status",
        )
    },
    "GET /api/v1/user-by-email": Plan(
        path=_by_token, query=lambda s: {"email": s.matrix_site.stranger.email}
    ),
    f"GET {_API_USER}": Plan(PEOPLE, path=_user_by_token),
    f"PATCH {_API_USER}": Plan(
        PEOPLE, path=_user_by_token, json=lambda s: {"name": s.matrix_site.new_name()}
    ),
    "POST /api/v1/users": Plan(path=_by_token, json=_new_user_by_program),
    f"POST {_API_USER}/invitation": Plan(("foreign",), path=_invited_by_token),
    f"GET {_API_USER}/sessions": Plan(PEOPLE, path=_user_by_token),
    f"DELETE {_API_USER}/sessions": Plan(PEOPLE, path=_user_by_token, spends=True),
    f"DELETE {_API_USER}/sessions/<session_id>": Plan(PEOPLE, path=_session_by_token, spends=True),
    "GET /api/v1/reports/users/<user_id>": Plan(
        PEOPLE, path=lambda s: {**_by_token(s), "user_id": s.other.user_id}
    ),
    "GET /api/v1/events": Plan(path=_by_token),
    "POST /api/v1/tickets/changes": Plan(
        path=_by_token, json=lambda _: {"tickets": [{"id": 1}], "changes": {"priority": "low"}}
    ),
    "GET /api/v1/jobs/<job_id>": Plan(PEOPLE, path=_job_by_token),
    "GET /api/v1/jobs/<job_id>/results": Plan(PEOPLE, path=_job_by_token),
    **{
        f"POST /api/v1/jobs/<job_id>/{action}": Plan(PEOPLE, path=_job_by_token)
        for action in ("pause", "resume", "stop")
    },
    "POST /api/v1/jobs/<job_id>/undo": Plan(("own ended",), path=_job_by_token),
    "DELETE /api/v1/me/token": Plan(path=_by_token_of_its_own),
    "DELETE /api/v1/tokens/<token_id>": Plan(PEOPLE, path=lambda s: {**_by_token(s), "token_id": s.token_id}),
    "GET /api/v1/roles/<role_id>": Plan(path=lambda s: {**_by_token(s), "role_id": "agent"}),
    **_entries_by_token("teams", "team"),
    **_entries_by_token("categories", "category"),
    **_entries_by_token("organizations", "organization"),
    "GET /api/v1/docs": Plan(),
    "GET /api/v1/docs/<operation_id>": Plan(path=lambda _: {"operation_id": "me"}),
    "POST /account/email": Plan(form=_new_address),
    "POST /account/prove": Plan(form=lambda _: {"proof": PASSWORD}),
    "POST /account/prove/sign-in": Plan(read=_signed_out, spends=True),
    "POST /account/viewing/stop": Plan(spends=True),
    "GET /account/verify/<token>": Plan(path=_address_link),
    "POST /account/verify/<token>": Plan(path=_address_link),
    "POST /register": Plan(form=lambda s: {"name": "New Person", "email": s.matrix_site.new_address()}),
    "GET /register/<token>": Plan(path=_registration_link),
    "POST /register/<token>": Plan(
        path=_registration_link, form=lambda _: {"password": ANOTHER}, read=_password_set
    ),
    "GET /mailbox/<message>": Plan(path=_message_path),
    "POST /help/new": Plan(form=lambda _: {"subject": "A new one", "body": "It burns."}),
    f"POST {_HELP}/reply": Plan(TICKETS, path=_ticket_path, form=lambda _: {"body": "Still burning."}),
    "POST /desk/new": Plan(TICKETS, form=_new_on_desk),
    f"POST {_ONE}/reply": Plan(
        tuple(f"{kind} {part}" for kind in TICKETS for part in ("reply", "note")),
        path=_ticket_path,
        form=lambda s: {"kind": s.part, "body": "Put it out.", "version": _version(s)},
    ),
    f"POST {_ONE}/update": Plan(
        TICKETS,
        path=_ticket_path,
        form=lambda s: {"priority": "urgent", "seen_priority": "low", "version": _version(s)},
    ),
    f"POST {_ONE}/resolve": Plan(
        TICKETS,
        path=_ticket_path,
        form=lambda s: {"yours_priority": "urgent", "all": "yours", "version": _version(s)},
    ),
    "POST /desk/undo": Plan(
        TICKETS, form=lambda s: {"change": f"{s.ticket.ticket_id}:2"}, headers=JSON, read=_each
    ),
    f"GET {_DESK}edit/": Plan(TICKETS, query=_id(lambda s: s.ticket.ticket_id)),
    f"GET {_DESK}details/": Plan(TICKETS, query=_id(lambda s: s.ticket.ticket_id)),
    f"GET {_DESK}ajax/lookup/": Plan(query=lambda _: {"name": "assignee"}),
    "GET /lookup/<kind>": Plan(path=lambda _: {"kind": "assignee"}),
    "GET /desk/teams/<team_id>": Plan(path=_team),
    "POST /desk/teams/<team_id>/add": Plan(path=_team, form=_joining),
    "POST /desk/teams/<team_id>/remove": Plan(path=_team, form=_joining),
    "POST /desk/teams/<team_id>/lead": Plan(path=_team, form=lambda _: {"lead": ""}),
    f"POST {_DESK}ajax/update/": Plan(
        tuple(f"{kind} {name}" for kind in TICKETS for name in CELLS),
        json=_cell,
    ),
    f"POST {_DESK}action/": Plan(
        tuple(f"{kind} {name}" for kind in TICKETS for name in BULK),
        form=_rows,
        headers=JSON,
        read=_each,
    ),
    f"POST {_DESK}delete/": Plan(TICKETS, form=_id(lambda s: s.ticket.ticket_id)),
    f"GET {_USERS}edit/": Plan(PEOPLE, query=_id(lambda s: s.other.user_id)),
    f"POST {_USERS}edit/": Plan(PEOPLE, query=_id(lambda s: s.other.user_id), form=_user_form),
    f"GET {_USERS}details/": Plan(PEOPLE, query=_id(lambda s: s.other.user_id)),
    f"POST {_USERS}new/": Plan(form=_new_user, read=_saved),
    f"POST {_USERS}ajax/update/": Plan(("foreign role_id", "foreign active"), json=_user_cell),
    f"POST {_USERS}delete/": Plan(PEOPLE, form=_id(lambda s: s.other.user_id)),
    f"POST {_USERS}action/": Plan(
        tuple(f"foreign {action}" for action in ("delete", "suspend", "admit", "role", "team", "join")),
        form=_people,
        headers=JSON,
        read=_each,
    ),
    f"POST {_USERS}import/": Plan(form=lambda s: {"step": "import", "text": _file(s)}),
    f"POST {_USERS}import/rejected/": Plan(form=lambda s: {"text": _file(s)}),
    "GET /admin/roles/edit/": Plan(query=_id(lambda s: s.role_id)),
    "POST /admin/roles/edit/": Plan(query=_id(lambda s: s.role_id), form=_role_form),
    "POST /admin/roles/new/": Plan(form=_new_role),
    "POST /admin/access/": Plan(form=lambda s: s.matrix_site.form("/admin/access/")),
    "GET /admin/sessions/": Plan(PEOPLE, query=_person),
    "POST /admin/sessions/end/": Plan(PEOPLE, form=lambda s: {**_person(s), "session": s.session_id}),
    "POST /admin/sessions/second-factor-off/": Plan(PEOPLE, form=_person),
    "GET /admin/sessions/view-as/": Plan(("foreign",), query=_person),
    "POST /admin/sessions/view-as/": Plan(("foreign",), form=_person, spends=True),
    f"POST {_USERS}<user_id>/privacy/erase": Plan(
        ("foreign",), path=lambda s: {"user_id": s.other.user_id}, form=_confirmed
    ),
    f"POST {_USERS}invite/": Plan(("foreign",), form=_id(lambda s: s.other.user_id)),
    **_grid("/admin/teams/", "team"),
    **_grid("/admin/categories/", "category"),
    **_grid("/admin/organizations/", "organization"),
    "GET /reports/<path:path>": Plan(path=lambda _: {"path": "_dash-update-component"}),
    "GET /reports/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Plan(
        path=_chart_file
    ),
    "GET /reports/assets/<path:filename>": Plan(path=lambda _: {"filename": "overview.js"}),
    "POST /reports/_dash-update-component": Plan(json=lambda s: s.matrix_site.chart_call),
}
