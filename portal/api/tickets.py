"""Tickets for programs, through the same TicketService as the pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from portal.api import ticket_list
from portal.api.authentication import caller
from portal.api.operations import Answer, Controller, Example
from portal.api.pages import number_of
from portal.api.schemas import Named, PageQuery
from portal.api.ticket_events import event_of, names_of, names_of_actors, person_of
from portal.api.ticket_schemas import (
    EXPANSIONS,
    Assignment,
    Conversation,
    ConversationMessage,
    History,
    Message,
    NewTicket,
    Ticket,
    TicketChange,
    TicketList,
    TicketQuery,
    Tickets,
    Undoing,
)
from portal.web.guards import now, services
from services.errors import Invalid, Unavailable
from services.tickets import (
    AlreadyUndone,
    ChangedSince,
    NotAllowedNow,
    TicketRow,
    TooBusy,
    TooManyTickets,
)
from services.tickets import Event as TicketEvent
from services.tickets import Ticket as ServiceTicket
from services.users.directory import opens_for_others
from services.users.identity import AddressTaken, Permission, PermissionDenied, UserNotFound, normalize_email

controller = Controller("Tickets", "Tickets, their conversation and their history.")
DEPENDS = "ticket:update, ticket:assign, ticket:reply or ticket:note, depending on what is sent"


@controller.get(
    "/tickets",
    needs=(Permission.TICKET_VIEW,),
    query=TicketList,
    returns=Tickets,
    sparse=Ticket,
    raises=(Unavailable,),
    example=Example(
        query="state=open&priority=high&priority=urgent&sort=created_at&desc=1&size=10&include=requester"
    ),
)
def tickets(query: Any) -> Answer:
    """List tickets.

    Those that the caller may see, the latest change first unless `sort` says otherwise. A page may hold fewer tickets
    than `size`, or none, before the end: `next` tells. To follow changes, ask for `updated_since` with the time of the
    last answer.
    """
    page = services().tickets.service.page(actor=caller(), request=ticket_list.request_of(query))
    shown = _expanded(page.rows, query.include)
    following = page.next_cursor or page.resume
    return Answer(
        Tickets(tickets=shown, next=following, selected_at=page.as_of), without=_left_out(query.include)
    )


@controller.get(
    "/tickets/<int:ticket_id>",
    needs=(Permission.TICKET_VIEW,),
    query=TicketQuery,
    returns=Ticket,
    sparse=Ticket,
    raises=(Unavailable,),
    example=Example({"ticket_id": "$ticket"}, "include=requester,team"),
)
def ticket(ticket_id: int, query: TicketQuery) -> Answer:
    """Read a ticket.

    As it is now, or with `version` or `at` as it was; looking back takes `ticket:note` too.
    """
    service = services().tickets.service
    if query.version is not None and query.at is not None:
        raise Invalid("Send version or at, not both at once.", {"at": "Not with version."})
    if query.version is None and query.at is None:
        ticket_then = service.get(actor=caller(), ticket_id=ticket_id)
    else:
        ticket_then = service.as_of(
            actor=caller(), ticket_id=ticket_id, version=query.version, moment=query.at
        )
    (shown,) = _expanded([ticket_then], query.include)
    # The names of what is included change without the ticket.
    beside = bool(query.include)
    return Answer(shown, version=ticket_then.version, beside=beside, without=_left_out(query.include))


@controller.post(
    "/tickets",
    needs=(Permission.TICKET_CREATE,),
    body=NewTicket,
    returns=Ticket,
    status=201,
    reader="ticket",
    keyed=True,
    raises=(AddressTaken, TooManyTickets, Unavailable),
    example=Example(
        body={
            "subject": "The printer burns",
            "body": "It is on fire, and I need a label.",
            "priority": "high",
            "requester": {"email": "grace@example.org", "name": "Grace Hopper"},
        }
    ),
)
def create(body: Any, idempotency_key: str | None) -> Answer:
    """Create a ticket.

    The requester is given by `requester_id`, or by `requester` with an address: somebody who is not known becomes a
    customer with the given name, written with the ticket or not at all. The same Idempotency-Key creates one ticket
    only, however often it arrives.
    """
    sent = body.sent()
    requester, requester_id = sent.pop("requester", None), sent.pop("requester_id", None)
    if requester is not None and requester_id is not None:
        raise Invalid(
            "Send requester or requester_id, not both at once.", {"requester": "Not with requester_id."}
        )
    values: dict[str, Any] = {
        "actor": caller(), "now": now(), "subject": sent.pop("subject"), "body": sent.pop("body"),
        "channel": "api", "idempotency_key": idempotency_key,
        **{name: value for name, value in sent.items() if value is not None},
    }  # fmt: skip
    if requester is not None:
        opened = _create_for(requester["email"], requester.get("name"), values)
    else:
        try:
            opened = services().tickets.service.create(**values, requester_id=requester_id)
        except UserNotFound as nobody:
            raise Invalid(nobody.message, {"requester_id": nobody.message}) from nobody
    return _shown(opened, place={"ticket_id": opened.ticket_id})


@controller.patch(
    "/tickets/<int:ticket_id>",
    note=DEPENDS,
    body=TicketChange,
    returns=Ticket,
    keyed=True,
    raises=(NotAllowedNow, TooBusy, Unavailable),
    example=Example(
        {"ticket_id": "$ticket"}, body={"status": "pending", "note": "Waiting for a photograph."}
    ),
)
def change(ticket_id: int, body: Any, version: int, idempotency_key: str | None) -> Answer:
    """Change a ticket.

    Changes the fields that are sent, with a reply or an internal note where one is sent, as one version, all or
    nothing. What others have changed since in other fields is kept.
    """
    changes = body.sent()
    messages = {name: changes.pop(name) for name in ("reply", "note") if name in changes}
    if len(messages) > 1:
        raise Invalid("Send a reply or a note, not both at once.", {"note": "Not with reply."})
    kind, text = next(iter(messages.items()), ("reply", None))
    changed = services().tickets.service.update(
        actor=caller(), now=now(), ticket_id=ticket_id, expected_version=version, changes=changes,
        body=text, public=kind == "reply", idempotency_key=idempotency_key,
    )  # fmt: skip
    return _shown(changed)


@controller.post(
    "/tickets/<int:ticket_id>/replies",
    needs=(Permission.TICKET_REPLY,),
    body=Message,
    returns=Ticket,
    status=201,
    reader="ticket",
    keyed=True,
    raises=(NotAllowedNow, TooBusy, Unavailable),
    example=Example({"ticket_id": "$ticket"}, body={"body": "Use the extinguisher."}),
)
def reply(ticket_id: int, body: Message, idempotency_key: str | None) -> Answer:
    """Reply in public.

    Emails the requester, and assigns you a ticket that nobody has, as on the desk. Returns the ticket.
    """
    return _said(ticket_id, body.body, idempotency_key, public=True)


@controller.post(
    "/tickets/<int:ticket_id>/notes",
    needs=(Permission.TICKET_NOTE,),
    body=Message,
    returns=Ticket,
    status=201,
    reader="ticket",
    keyed=True,
    raises=(TooBusy, Unavailable),
    example=Example({"ticket_id": "$ticket"}, body={"body": "The customer called twice."}),
)
def note(ticket_id: int, body: Message, idempotency_key: str | None) -> Answer:
    """Add an internal note.

    Only people who work on tickets see it. Answers with the ticket.
    """
    return _said(ticket_id, body.body, idempotency_key, public=False)


@controller.post(
    "/tickets/<int:ticket_id>/assignment",
    needs=(Permission.TICKET_ASSIGN,),
    body=Assignment,
    returns=Ticket,
    versioned=True,
    keyed=True,
    raises=(TooBusy, Unavailable),
    example=Example({"ticket_id": "$ticket"}, body={"assignee_id": "$agent"}),
)
def assign(ticket_id: int, body: Assignment, version: int, idempotency_key: str | None) -> Answer:
    """Assign a ticket.

    To a person, a team, or nobody (null).
    """
    changed = services().tickets.service.update(
        actor=caller(), now=now(), ticket_id=ticket_id, expected_version=version, changes=body.sent(),
        idempotency_key=idempotency_key,
    )  # fmt: skip
    return _shown(changed)


@controller.post(
    "/tickets/<int:ticket_id>/undo",
    note=DEPENDS,
    body=Undoing,
    returns=Ticket,
    keyed=True,
    raises=(AlreadyUndone, ChangedSince, NotAllowedNow, TooBusy, Unavailable),
    example=Example({"ticket_id": "$ticket"}, body={"version": 2}),
)
def undo(ticket_id: int, body: Undoing, idempotency_key: str | None) -> Answer:
    """Undo a change.

    Takes back the field changes of one version, as a new version. Messages and the opening of a ticket stay.
    """
    undone = services().tickets.service.undo(
        actor=caller(), now=now(), ticket_id=ticket_id, version=body.version, idempotency_key=idempotency_key
    )
    return _shown(undone)


@controller.get(
    "/tickets/<int:ticket_id>/conversation",
    needs=(Permission.TICKET_VIEW,),
    query=PageQuery,
    returns=Conversation,
    raises=(Unavailable,),
    example=Example({"ticket_id": "$ticket"}, "size=50"),
)
def conversation(ticket_id: int, query: PageQuery) -> Answer:
    """List the messages of a ticket.

    Oldest first; internal notes for those who may read them.
    """
    events, following = _events(ticket_id, query, messages=True)
    names = names_of_actors(events)
    messages = [
        ConversationMessage(
            version=event.version, at=event.at, author=person_of(event.actor_id, names),
            author_kind=event.actor_kind, public=event.public, body=event.body or "",
        )
        for event in events
    ]  # fmt: skip
    return Answer(Conversation(messages=messages, next=following))


@controller.get(
    "/tickets/<int:ticket_id>/history",
    needs=(Permission.TICKET_VIEW,),
    query=PageQuery,
    returns=History,
    raises=(Unavailable,),
    example=Example({"ticket_id": "$ticket"}, "size=50"),
)
def history(ticket_id: int, query: PageQuery) -> Answer:
    """List the events of a ticket.

    Every version, oldest first, with its message and the fields that it changed. Without permission to
    read internal notes, there are only public messages.
    """
    events, following = _events(ticket_id, query, messages=False)
    names = names_of_actors(events)
    return Answer(History(events=[event_of(event, names) for event in events], next=following))


def _create_for(email: str, name: str | None, values: dict[str, Any]) -> ServiceTicket:
    """Open a ticket for whoever has an address, or for somebody new.

    Somebody new comes first: a repeated request finds the customer whom it added itself. Only those who open tickets
    for others learn whether an address has an account.
    """
    users, service, who = services().users, services().tickets.service, caller()
    if not opens_for_others(who) and normalize_email(email) != who.email:
        raise PermissionDenied(Permission.TICKET_CREATE)
    if name is not None:
        try:
            added = users.new_customers.prepare(
                actor=values["actor"], now=values["now"], name=name, email=email,
                idempotency_key=values["idempotency_key"],
            )  # fmt: skip
        except AddressTaken:
            pass
        else:
            opened = service.create_with_requester(**values, requester=added)
            users.new_customers.written(added)
            return opened
    known = users.accounts.find_by_email(email)
    if known is None:
        raise Invalid(
            "Nobody has this address. Send a name too.", {"requester.name": "Required for somebody new."}
        )
    return service.create(**values, requester_id=known.user_id)


def _said(ticket_id: int, text: str, idempotency_key: str | None, *, public: bool) -> Answer:
    service, who = services().tickets.service, caller()
    seen = service.get(actor=who, ticket_id=ticket_id)
    changed = service.update(
        actor=who, now=now(), ticket_id=ticket_id, expected_version=seen.version, changes={}, body=text,
        public=public, idempotency_key=idempotency_key,
    )  # fmt: skip
    return _shown(changed, place={"ticket_id": ticket_id})


def _shown(ticket: ServiceTicket, *, place: Mapping[str, Any] | None = None) -> Answer:
    return Answer(Ticket.of(ticket), version=ticket.version, place=place, without=_left_out(()))


def _left_out(included: Iterable[str]) -> frozenset[str]:
    return frozenset(EXPANSIONS) - frozenset(included)


def _expanded(rows: Sequence[TicketRow | ServiceTicket], included: Sequence[str]) -> list[Any]:
    """Write out what is included beside its id, with one look-up for all rows."""
    shown = [Ticket.of(row) for row in rows]
    if not included:
        return shown
    people = [name for name in ("requester", "assignee") if name in included]
    names = names_of(getattr(one, f"{name}_id") for one in shown for name in people)
    teams = services().catalog.names("team") if "team" in included else {}
    expanded = []
    for one in shown:
        parts: dict[str, Any] = {
            name: person_of(id_, names) for name in people if (id_ := getattr(one, f"{name}_id")) is not None
        }
        if one.team_id is not None and teams:
            parts["team"] = Named(id=one.team_id, name=teams.get(one.team_id, one.team_id))
        expanded.append(one.model_copy(update=parts))
    return expanded


def _events(ticket_id: int, query: PageQuery, *, messages: bool) -> tuple[list[TicketEvent], str | None]:
    """Return a page of a ticket's events; the cursor is the version of the last one."""
    _, events = services().tickets.service.timeline(actor=caller(), ticket_id=ticket_id)
    after = number_of(query.cursor)
    left = [event for event in events if event.version > after and (event.body is not None or not messages)]
    page = left[: query.size]
    return page, str(page[-1].version) if len(left) > len(page) else None
