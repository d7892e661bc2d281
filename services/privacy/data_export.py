"""ExportService: all data about a person, section by section, read while it is sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import api_token, audit, session, ticket_history
from models import assignment as assignment_table
from models import ticket as ticket_table
from models import user as user_table
from models.audit import AuditEntry
from models.ticket import Ticket
from models.ticket_fields import field_names
from models.ticket_history import TicketHistory
from models.times import to_text
from models.user import User
from services.catalog import CatalogService
from services.users.accounts import UserService
from services.users.audit import AuditWriter
from services.users.authorization import RoleService
from services.users.identity import SYSTEM, Actor, Permission, UserNotFound

Record = dict[str, Any]
_PERSONAL = field_names(lambda each: each.personal_data)  # fields of a ticket
# Key, title and note of each section, in order.
SECTIONS = (
    ("account", "Account", ""),
    ("sessions", "Where you are signed in", "The session keys in your browsers are not stored."),
    ("tokens", "API tokens", "The tokens themselves are not stored."),
    ("tickets", "Tickets you requested", "With everything you wrote and every reply to you."),
    ("messages", "What you wrote in other tickets", "Without what others wrote."),
    ("assignments", "Tickets assigned to you", "With the times of each assignment."),
    ("acts", "Your administrative changes", ""),
    ("acts_about", "Administrative changes to your account", ""),
)


@dataclass(frozen=True)
class Section:
    """One kind of record: `key` for programs, `title` and `note` for people."""

    key: str
    title: str
    note: str
    records: Iterator[Record]


@dataclass(frozen=True)
class PersonalData:
    """The data about a person; `sections` reads it again each time it is called."""

    user_id: str
    at: datetime
    sections: Callable[[], Iterator[Section]]


class ExportService:
    """Exports the data about a person: to themselves, and to actors who may export users."""

    def __init__(
        self,
        roles: RoleService,
        users: UserService,
        catalog: CatalogService,
        audit_writer: AuditWriter,
        tickets_by_actor: Callable[[str], Iterator[int]],
    ) -> None:
        self._roles, self._users, self._catalog = roles, users, catalog
        self._audit_writer, self._tickets_by_actor = audit_writer, tickets_by_actor

    def export(self, *, actor: Actor, user_id: str, now: datetime) -> PersonalData:
        """Record the export and return the data, still to be read.

        Raises UserNotFound, PermissionDenied, Outranked.
        """
        if user_id != actor.user_id:
            self._roles.check_permission(actor=actor, permission=Permission.USER_EXPORT)
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        self._roles.check_rank(actor=actor, account=item)
        subject = f"user:{user_id}"
        self._audit_writer.record(
            self._audit_writer.entry(actor=actor, now=now, action="user.exported", subject=subject)
        )
        return PersonalData(user_id, now, lambda: self._sections(user_id))

    def _sections(self, user_id: str) -> Iterator[Section]:
        item = user_table.find(user_id)
        if item is None:
            return
        about = audit.of_subject(f"user:{user_id}")
        for (key, title, note), records in zip(
            SECTIONS,
            (
                iter([self._account(item)]),
                _sessions(user_id),
                _tokens(user_id),
                self._tickets(user_id),
                self._elsewhere(user_id),
                map(_assignment, assignment_table.of_agent(user_id)),
                (_audit_event(one, own=True) for one in audit.of_actor(user_id)),
                (_audit_event(one, own=False) for one in about),
            ),
            strict=True,
        ):
            yield Section(key, title, note, records)

    def _account(self, item: User) -> Record:
        teams = {team.id: team.name for team in self._catalog.teams()}
        return {
            "id": item.user_id,
            "name": item.name,
            "email": item.email,
            "phone": item.phone,
            "role": self._roles.get(item.role_id).name,
            "teams": [teams.get(team, team) for team in item.team_ids or ()],
            "organization": item.organization_id,
            "may_sign_in": item.active,
            "created_at": to_text(item.created_at),
            "address_verified_at": _time(item.verified_at),
            "password": "stored as a hash that cannot be read back" if item.password_hash else "none",
            "second_factor": "on" if item.totp else "off",
            "recovery_codes_left": len(item.recovery or ()),
            "single_sign_on": list(item.identities or ()),
            "links_in_letters": {purpose: rest for purpose, (_, *rest) in (item.links or {}).items()},
            "theme": item.theme or "system",
            "after_sending": item.after_sending or "stay",
            "erased_at": _time(item.erased_at),
        }

    def _tickets(self, user_id: str) -> Iterator[Record]:
        for ticket_id in ticket_table.of_requester(user_id):
            ticket = ticket_table.find(ticket_id)
            if ticket is not None:
                messages = [
                    event for event in ticket_history.of_ticket(ticket_id) if _is_visible(event, user_id)
                ]
                yield _ticket(ticket) | {"messages": self._messages(messages, user_id)}

    def _elsewhere(self, user_id: str) -> Iterator[Record]:
        for ticket_id in self._tickets_by_actor(user_id):
            ticket = ticket_table.find(ticket_id)
            if ticket is not None and ticket.requester_id != user_id:
                own = [
                    one for one in ticket_history.of_ticket(ticket_id) if one.actor_id == user_id and one.body
                ]
                if own:
                    yield {"ticket": ticket_id, "messages": self._messages(own, user_id)}

    def _messages(self, events: list[TicketHistory], user_id: str) -> list[Record]:
        names = self._users.names(event.actor_id for event in events)
        return [
            {
                "at": to_text(event.at),
                "by": "you" if event.actor_id == user_id else names.get(event.actor_id, "Nobody"),
                "kind": "public" if event.public else "internal note",
                "text": event.body,
            }
            for event in events
        ]


def _is_visible(event: TicketHistory, user_id: str) -> bool:
    return bool(event.body) and (event.public or event.actor_id == user_id)


def _ticket(item: Ticket) -> Record:
    values = {name: getattr(item, name) for name in _PERSONAL}
    texts = {name: to_text(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return {"ticket": int(item.ticket_id), **texts, "more": item.custom or {}}


def _sessions(user_id: str) -> Iterator[Record]:
    for item in session.find_many(session.of_user(user_id)):
        yield {
            "signed_in_at": to_text(item.created_at),
            "last_used_at": to_text(item.seen_at),
            "ends_at": to_text(item.ends_at),
            "address": item.address,
            "browser": item.browser,
        }


def _tokens(user_id: str) -> Iterator[Record]:
    for item in api_token.of_user(user_id):
        yield {
            "name": item.name,
            "scopes": list(item.scopes or ()),
            "created_at": to_text(item.created_at),
            "last_used_at": _time(item.last_used_at),
            "expires_at": _time(item.expires_at),
        }


def _assignment(item: assignment_table.Assignment) -> Record:
    begun = item.assigned_at.partition("#")[0]
    return {"ticket": int(item.ticket_id), "from": begun, "until": _time(item.released_at)}


def _audit_event(item: AuditEntry, *, own: bool) -> Record:
    """Describe an audit event without others' data: not what changed for them, nor from where they acted."""
    known = {"at": to_text(item.at), "act": item.action, "what": item.subject}
    # When somebody signs in for the first time, the system acts with their network address.
    is_own_address = own or item.actor_id == SYSTEM.user_id
    address = {"from": item.address} if is_own_address else {}
    return known | address | ({} if own else {"changes": item.changes or {}})


def _time(at: datetime | None) -> str | None:
    return to_text(at) if at else None
