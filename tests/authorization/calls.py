"""Plausible arguments of service methods: what is handed over must not be why it is refused.

An argument that is not named here goes by its name: see `plausible`.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyotp

from services.reporting import Filters
from services.tickets import ListRequest
from services.users.identity import Permission, Security
from tests.authorization.attempt import ARGUMENTS, PEOPLE, TICKETS, Scene
from tests.authorization.fixture import FOREIGN_TEAM, ORGANIZATION, TEAM
from tests.authorization.requests import ANOTHER
from tests.portal.conftest import PASSWORD

Values = Mapping[str, Any]
TODAY = datetime.now(UTC).date()


@dataclass(frozen=True)
class Call:
    """How a method is called; with `spends`, who may do it does it as a person of their own."""

    objects: tuple[str, ...] = ()
    values: Callable[[Scene], Values] = lambda _: {}
    spends: bool = False


def objects_of(method: Callable[..., Any], call: Call) -> tuple[str, ...]:
    """List the objects a method is tried on."""
    if call.objects:
        return call.objects
    offered = [ARGUMENTS[name][0] for name in inspect.signature(method).parameters if name in ARGUMENTS]
    return max(offered, key=len, default=("-",))


def arguments(method: Callable[..., Any], call: Call, scene: Scene) -> dict[str, Any]:
    """Return all arguments that a method needs."""
    given = dict(call.values(scene))
    for name, parameter in inspect.signature(method).parameters.items():
        if name not in given and parameter.default is inspect.Parameter.empty:
            given[name] = plausible(name, scene)
    return given


def plausible(name: str, scene: Scene) -> Any:
    """Return a value for an argument by its name."""
    if name in ARGUMENTS:
        return ARGUMENTS[name][1](scene)
    always: dict[str, Callable[[], Any]] = {
        "actor": lambda: scene.who.actor,
        "now": scene.world.now,
        "conditions": tuple,
        "sort": lambda: None,
        "request": ListRequest,
        "filters": lambda: Filters(start=TODAY, end=TODAY),
        "as_of": lambda: None,
        "seen": lambda: scene.ticket.version,
        "body": lambda: "Put it out.",
        "name": scene.world.new_name,
        "version": lambda: 2,
    }
    assert name in always, f"calls.py has no value for an argument {name!r}"
    return always[name]()


def _belongings(scene: Scene) -> Values:
    """Ask about a thing that belongs to somebody and to a team."""
    owner = {"own": scene.who, "shared": scene.world.colleague}.get(scene.kind, scene.world.stranger)
    team = {"team": TEAM, "foreign": FOREIGN_TEAM}.get(scene.kind)
    shared = {"organization_id": ORGANIZATION} if scene.kind == "shared" else {}
    return {"permission": Permission.TICKET_VIEW, "owner_id": owner.user_id, "team_id": team, **shared}


def _new_ticket(scene: Scene) -> Values:
    asks = _belongings(scene)
    assigned = {"team_id": asks["team_id"]} if asks["team_id"] else {}
    return {"subject": "A new one", "requester_id": asks["owner_id"], **assigned}


def _change(scene: Scene) -> Values:
    """Change a field, hand the ticket to another team, or say something."""
    given = None if scene.kind == "team" else TEAM
    return {
        "changes": {"fields": {"priority": "urgent"}, "handed over": {"team_id": given}}.get(scene.part, {}),
        "body": "Put it out." if scene.part in ("reply", "note") else None,
        "public": scene.part == "reply",
    }


def _account(scene: Scene) -> Values:
    found = scene.world.somebody(scene.other)
    kept = {"email": found.email, "role_id": found.role_id, "active": True, "team_ids": found.team_ids}
    return {"seen": found.version, **kept}


def _new_account(scene: Scene) -> Values:
    return {"email": scene.world.new_address(), "role_id": "customer"}


def _new_role(scene: Scene) -> Values:
    made = scene.world.new_name()
    return {"role_id": made.lower().replace(" ", "-"), "name": made, "permissions": {}, "seen": 0}


def _registration(scene: Scene) -> Values:
    seen = scene.world.services.access.stored().version
    return {"registration": "on", "domains": "", "seen": seen}


def _unconfirmed(scene: Scene) -> Values:
    scene.world.unconfirm(scene.who)
    return {}


def _new_organization(_: Scene) -> Values:
    return {"id_": None, "active": True, "shares_tickets": True, "domains": (), "seen": 0}


def _file(scene: Scene) -> Values:
    return {"text": f"name,email\nNew Person,{scene.world.new_address()}\n"}


def _enrolment(scene: Scene) -> Values:
    assert scene.who.actor is not None
    begun = scene.world.services.second_factor.begin(scene.who.actor)
    return {"token": begun.token, "code": pyotp.TOTP(begun.key.replace(" ", "")).now()}


def _factor_off(scene: Scene) -> Values:
    if scene.fresh and scene.other.actor is not None:
        scene.world.enrolled(scene.other)
    return {"user_id": scene.other.user_id}


CALLS: dict[str, Call] = {
    "accounts.has_password": Call(("own",)),
    "access.save": Call(("-",), _registration),
    "accounts.change_password": Call(
        ("own",),
        lambda _: {"current": PASSWORD, "password": ANOTHER},
        spends=True,
    ),
    "addresses.ask_for_change": Call(
        ("own",), lambda s: {"email": s.world.new_address(), "proof": PASSWORD}, spends=True
    ),
    "addresses.ask_to_confirm": Call(("own",), _unconfirmed, spends=True),
    "access_preview.of_role": Call(("-",), lambda _: {"permissions": {}}),
    "addresses.own": Call(("own",)),
    "catalog.save": Call(
        ("team", "category"), lambda s: {"kind": s.kind, "id_": None, "active": True, "seen": 0}
    ),
    "erasures.ask": Call(("foreign",), lambda s: {"confirmed": s.world.somebody(s.other).name}),
    "invitations.send": Call(("foreign",), lambda s: {"user_id": s.world.invited()} if s.fresh else {}),
    "organizations.save": Call(("-",), _new_organization),
    "people_import.plan": Call(("-",), _file),
    "people_import.run": Call(("-",), lambda s: {**_file(s), "invite": False, "why_not": lambda: None}),
    "proofs.prove": Call(("own",), lambda _: {"answer": PASSWORD}),
    "proofs.way": Call(("own",)),
    "roles.allows": Call(TICKETS, _belongings),
    "roles.check_permission": Call(TICKETS, _belongings),
    "roles.save": Call(("-",), _new_role),
    "roles.secure": Call(("-",), lambda _: {"security": Security(), "seen": 1}),
    "second_factor.is_required": Call(("own",)),
    "second_factor.begin": Call(("own",)),
    "second_factor.confirm": Call(("own",), _enrolment, spends=True),
    "second_factor.turn_off": Call(PEOPLE, _factor_off, spends=True),
    "tickets.may_answer": Call(TICKETS, lambda s: {"ticket": s.ticket}),
    "tickets.assign_ticket": Call(TICKETS, lambda s: {"assignee_id": s.world.people["agent"].user_id}),
    "tickets.create": Call(TICKETS, _new_ticket),
    "tickets.update": Call(
        tuple(f"{kind} {part}" for kind in TICKETS for part in ("fields", "handed over", "reply", "note")),
        _change,
    ),
    "tokens.create": Call(("-",), lambda _: {"scopes": ["ticket:view"], "days": 30}),
    "tokens.grantable": Call(("own",)),
    "tokens.own": Call(("own",)),
    "users.count": Call(("-",), lambda _: {"role_id": "agent", "most": 10}),
    "users.create": Call(("-",), _new_account),
    "users.set_theme": Call(("own",), lambda _: {"theme": "dark"}),
    "users.update": Call(PEOPLE, _account),
    "viewing.start": Call(("foreign",), spends=True),
    "viewing.stop": Call(("own",), spends=True),
}


def outcome(method: Callable[..., Any], values: Values) -> Any:
    """Call a method; a walk begins, so that what refuses its first step shows."""
    found = method(**values)
    return next(found, None) if isinstance(found, Iterator) else found
