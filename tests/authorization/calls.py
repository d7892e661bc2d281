"""Plausible arguments of service methods: what is handed over must not be why it is refused.

An argument that is not named here goes by its name: see `plausible`.
"""

import inspect
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyotp

from models import outbox as outbox_table
from services.reporting import Filters
from services.tickets import Chosen, ListRequest
from services.tickets.bulk import CHANGE
from services.users.identity import Permission, SignInPolicy
from tests.authorization.access_case import ARGUMENTS, PEOPLE, TICKETS, AccessCase
from tests.authorization.matrix_site import FOREIGN_TEAM, ORGANIZATION, TEAM
from tests.authorization.requests import ANOTHER, NEW_ACCOUNTS
from tests.portal.conftest import PASSWORD

Values = Mapping[str, Any]
TODAY = datetime.now(UTC).date()


@dataclass(frozen=True)
class Call:
    """How a method is called; with `spends`, who may do it does it as a person of their own."""

    objects: tuple[str, ...] = ()
    values: Callable[[AccessCase], Values] = lambda _: {}
    spends: bool = False


def objects_of(method: Callable[..., Any], call: Call) -> tuple[str, ...]:
    """List the objects a method is tried on."""
    if call.objects:
        return call.objects
    offered = [ARGUMENTS[name][0] for name in inspect.signature(method).parameters if name in ARGUMENTS]
    return max(offered, key=len, default=("-",))


def arguments(method: Callable[..., Any], call: Call, case: AccessCase) -> dict[str, Any]:
    """Return all arguments that a method needs."""
    given = dict(call.values(case))
    for name, parameter in inspect.signature(method).parameters.items():
        # What a method takes by any name is optional: its call gives what matters.
        is_needed = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        if name not in given and is_needed:
            given[name] = plausible(name, case)
    return given


def plausible(name: str, case: AccessCase) -> Any:
    """Return a value for an argument by its name."""
    if name in ARGUMENTS:
        return ARGUMENTS[name][1](case)
    always: dict[str, Callable[[], Any]] = {
        "actor": lambda: case.who.actor,
        "now": case.matrix_site.now,
        "conditions": tuple,
        "sort": lambda: None,
        "request": ListRequest,
        "filters": lambda: Filters(start=TODAY, end=TODAY),
        "as_of": lambda: None,
        "expected_version": lambda: case.ticket.version,
        "body": lambda: "Put it out.",
        "name": case.matrix_site.new_name,
        "version": lambda: 2,
        "kind": lambda: CHANGE,
    }
    assert name in always, f"calls.py has no value for an argument {name!r}"
    return always[name]()


def _belongings(case: AccessCase) -> Values:
    """Ask about a thing that belongs to somebody and to a team."""
    owner = {"own": case.who, "shared": case.matrix_site.colleague}.get(case.kind, case.matrix_site.stranger)
    team = {"team": TEAM, "foreign": FOREIGN_TEAM}.get(case.kind)
    shared = {"organization_id": ORGANIZATION} if case.kind == "shared" else {}
    return {"permission": Permission.TICKET_VIEW, "owner_id": owner.user_id, "team_id": team, **shared}


def _new_ticket(case: AccessCase) -> Values:
    asks = _belongings(case)
    assigned = {"team_id": asks["team_id"]} if asks["team_id"] else {}
    return {"subject": "A new one", "requester_id": asks["owner_id"], **assigned}


def _new_customer(case: AccessCase) -> Values:
    return {"email": case.matrix_site.new_address()}


def _with_requester(case: AccessCase) -> Values:
    """Open a ticket for a customer whom an agent has just described."""
    new_customers = case.matrix_site.services.users.new_customers
    agent = case.matrix_site.people["agent"].actor
    assert agent is not None
    values = {"name": "New Person", "email": case.matrix_site.new_address()}
    team = {"team": TEAM, "foreign": FOREIGN_TEAM}.get(case.kind)
    requester = new_customers.prepare(actor=agent, now=case.matrix_site.now(), **values)
    return {"subject": "A new one", "requester": requester, **({"team_id": team} if team else {})}


def _change(case: AccessCase) -> Values:
    """Change a field, hand the ticket to another team, or say something."""
    given = None if case.kind == "team" else TEAM
    return {
        "changes": {"fields": {"priority": "urgent"}, "handed over": {"team_id": given}}.get(case.part, {}),
        "body": "Put it out." if case.part in ("reply", "note") else None,
        "public": case.part == "reply",
    }


def _account(case: AccessCase) -> Values:
    user = case.matrix_site.somebody(case.other)
    fields = {"email": user.email, "role_id": user.role_id, "active": True, "team_ids": user.team_ids}
    return {"expected_version": user.version, **fields}


def _new_account(case: AccessCase) -> Values:
    role_id, teams = NEW_ACCOUNTS[case.kind]
    email = case.matrix_site.new_address()
    return {"email": email, "role_id": role_id, "team_ids": teams, "organization_id": ""}


def _new_role(case: AccessCase) -> Values:
    role_id = case.matrix_site.new_name()
    return {
        "role_id": role_id.lower().replace(" ", "-"),
        "name": role_id,
        "permissions": {},
        "expected_version": 0,
    }


def _registration(case: AccessCase) -> Values:
    seen = case.matrix_site.services.users.registration_policy.stored().version
    return {"registration": "on", "domains": "", "expected_version": seen}


def _unconfirmed(case: AccessCase) -> Values:
    case.matrix_site.unconfirm(case.who)
    return {}


def _new_organization(_: AccessCase) -> Values:
    return {"id_": None, "active": True, "shares_tickets": True, "domains": (), "expected_version": 0}


def _file(case: AccessCase) -> Values:
    return {"text": f"name,email\nNew Person,{case.matrix_site.new_address()}\n"}


def _failed_delivery(case: AccessCase) -> Values:
    """Let an e-mail fail for good, so that it can be sent again or dropped."""
    if not case.fresh:
        return {"key": "none"}
    now, id_ = case.matrix_site.now(), uuid.uuid4().hex
    item = outbox_table.entry("notice", {"user_id": "nobody"}, due=now, id_=id_)
    outbox_table.put(item)
    outbox_table.give_up(item, at=now, error="550")
    return {"key": next(one.due_key for one in outbox_table.failed(100) if one.entry_id == id_)}


def _enrolment(case: AccessCase) -> Values:
    assert case.who.actor is not None
    begun = case.matrix_site.services.users.second_factor.begin(case.who.actor)
    return {"token": begun.token, "code": pyotp.TOTP(begun.key.replace(" ", "")).now()}


def _factor_off(case: AccessCase) -> Values:
    if case.fresh and case.other.actor is not None:
        case.matrix_site.enrolled(case.other)
    return {"user_id": case.other.user_id}


CALLS: dict[str, Call] = {
    "users.own_account.has_password": Call(("own",)),
    "users.registration_policy.save": Call(("-",), _registration),
    "users.own_account.change_password": Call(
        ("own",),
        lambda _: {"current": PASSWORD, "password": ANOTHER, "revoke_tokens": True},
        spends=True,
    ),
    "users.email_addresses.ask_for_change": Call(
        ("own",), lambda s: {"email": s.matrix_site.new_address(), "password": PASSWORD}, spends=True
    ),
    "users.email_addresses.ask_to_confirm": Call(("own",), _unconfirmed, spends=True),
    "reporting.access_preview.of_role": Call(("-",), lambda _: {"permissions": {}}),
    "users.email_addresses.own": Call(("own",)),
    "catalog.save": Call(
        ("team", "category"), lambda s: {"kind": s.kind, "id_": None, "active": True, "expected_version": 0}
    ),
    "notifications.deliveries.drop": Call(("-",), _failed_delivery),
    "notifications.deliveries.send_again": Call(("-",), _failed_delivery),
    "privacy.erasures.ask": Call(("foreign",), lambda s: {"confirmed": s.matrix_site.somebody(s.other).name}),
    "users.invitations.send": Call(
        ("foreign",),
        lambda s: {"user_id": s.matrix_site.invited(*NEW_ACCOUNTS.get(s.kind, ()))} if s.fresh else {},
    ),
    "users.organizations.save": Call(("-",), _new_organization),
    "users.user_import.plan": Call(("-",), _file),
    "users.user_import.run": Call(("-",), lambda s: {**_file(s), "invite": False, "why_not": lambda: None}),
    "users.step_up.verify": Call(("own",), lambda _: {"answer": PASSWORD}),
    "users.step_up.method": Call(("own",)),
    "users.roles.allows": Call(TICKETS, _belongings),
    "users.roles.check_permission": Call(TICKETS, _belongings),
    "users.roles.save": Call(("-",), _new_role),
    "users.roles.secure": Call(("-",), lambda _: {"security": SignInPolicy(), "expected_version": 1}),
    "users.second_factor.is_required": Call(("own",)),
    "users.second_factor.begin": Call(("own",)),
    "users.second_factor.confirm": Call(("own",), _enrolment, spends=True),
    "users.second_factor.turn_off": Call(PEOPLE, _factor_off, spends=True),
    "jobs.start": Call(("-",), lambda _: {"title": "A job", "subjects": [[1, None]]}),
    "tickets.bulk.change": Call(("-",), lambda _: {"tickets": [Chosen(1)], "changes": {"priority": "low"}}),
    "tickets.bulk.undo": Call(("own ended",), lambda s: {"job": s.job}),
    "tickets.service.may_answer": Call(TICKETS, lambda s: {"ticket": s.ticket}),
    "tickets.service.assign_ticket": Call(
        TICKETS, lambda s: {"assignee_id": s.matrix_site.people["agent"].user_id}
    ),
    "tickets.service.create": Call(TICKETS, _new_ticket),
    "tickets.service.create_with_requester": Call(("team", "foreign"), _with_requester),
    "users.new_customers.prepare": Call(("-",), _new_customer),
    "users.directory.search": Call(("-",), lambda _: {"text": "agent", "most": 5}),
    "users.directory.check": Call(PEOPLE, lambda s: {"user": s.matrix_site.somebody(s.other)}),
    "tickets.service.update": Call(
        tuple(f"{kind} {part}" for kind in TICKETS for part in ("fields", "handed over", "reply", "note")),
        _change,
    ),
    "users.api_tokens.create": Call(("-",), lambda _: {"scopes": ["ticket:view"], "days": 30}),
    "users.api_tokens.grantable": Call(("own",)),
    "users.api_tokens.own": Call(("own",)),
    "users.accounts.count": Call(("-",), lambda _: {"role_id": "agent", "most": 10}),
    "users.accounts.create": Call(("-",), _new_account),
    "users.accounts.set_after_sending": Call(("own",), lambda _: {"choice": "next"}),
    "users.accounts.set_theme": Call(("own",), lambda _: {"theme": "dark"}),
    "users.accounts.update": Call(PEOPLE, _account),
    "replay.once": Call(
        ("own",),
        lambda s: {"idempotency_key": s.matrix_site.new_name(), "request": ("own",), "carry_out": dict},
    ),
    "users.view_as.start": Call(("foreign",), spends=True),
    "users.view_as.stop": Call(("own",), spends=True),
}


def outcome(method: Callable[..., Any], values: Values) -> Any:
    """Call a method; a walk begins, so that what refuses its first step shows."""
    result = method(**values)
    return next(result, None) if isinstance(result, Iterator) else result
