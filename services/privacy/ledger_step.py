"""The step through the ledger: what a person wrote, and what names them in the words of others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import redaction, sweep, ticket_history
from models import ticket as ticket_table
from models.errors import EngineUnavailable, VersionMoved
from models.ticket import Ticket
from models.ticket_fields import ERASABLE
from models.ticket_history import TicketHistory
from services.privacy.erasure_job import Outcome
from services.privacy.personal_data_matcher import ERASED, PersonalDataMatcher, deep

PAGE = 250  # items that the embedded engine reads without keeping others waiting
TRIES = 10
CUSTOM = "custom."


@dataclass(frozen=True)
class Rewritten:
    """A ticket with other words: what of its history differs, in the body alone or in the changes too.

    `messages` is how many bodies went whole, `mentions` how many items lost names or addresses.
    """

    ticket: Ticket
    bodies: Sequence[TicketHistory]
    changes: Sequence[TicketHistory]
    changed: bool
    messages: int
    mentions: int


class LedgerStep:
    """Walks the whole history of all tickets; a ticket that concerns the person is rewritten as a whole."""

    name = "tickets"

    def run(self, traces: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Look at the next items; a ticket met twice is found done the second time."""
        del now
        found, after = sweep.page(TicketHistory, cursor, PAGE)
        tickets = messages = mentions = 0
        for ticket_id in dict.fromkeys(_number(item) for item in found if concerns(traces, item)):
            rewritten = rewrite(traces, ticket_id)
            if rewritten is not None and rewritten.changed:
                tickets += 1
                messages += rewritten.messages
                mentions += rewritten.mentions
        counts = {"tickets": tickets, "messages": messages, "mentions": mentions}
        return Outcome(len(found), {name: number for name, number in counts.items() if number}, after)


def concerns(traces: PersonalDataMatcher, item: sweep.Stored) -> bool:
    """Tell whether a history item is by the person, of a ticket of theirs, or names them."""
    state = item.texts.get("state") or {}
    theirs = (item.get("actor_id"), state.get("requester_id"), state.get("assignee_id"))
    words = [item.texts.get("body"), item.texts.get("changes")]
    return traces.user_id in theirs or traces.mentioned(words)


def rewrite(traces: PersonalDataMatcher, ticket_id: int) -> Rewritten | None:
    """Take the person out of one ticket, again when somebody writes to it meanwhile; None for no ticket."""
    for _ in range(TRIES):
        ticket = ticket_table.find(ticket_id)
        if ticket is None:
            return None
        rewritten = reworded(traces, ticket, ticket_history.of_ticket(ticket_id))
        if not rewritten.changed:
            return rewritten
        try:
            redaction.ledger(rewritten.ticket, rewritten.bodies, rewritten.changes)
        except VersionMoved:
            continue
        return rewritten
    raise EngineUnavailable(f"others write to ticket {ticket_id} again and again")


def reworded(traces: PersonalDataMatcher, ticket: Ticket, history: Sequence[TicketHistory]) -> Rewritten:
    """Compute the words of a ticket without the person.

    What they wrote as somebody who asks goes whole; in all else only their names and addresses. The subject
    follows from the changes again, so that ticket and history agree.
    """
    history = [event for event in history if event.version <= ticket.version]
    clean = traces.near if _has_part(traces, history) else traces.far
    gone = {
        event.changes["subject"][1]
        for event in history
        if "subject" in event.changes and _asks(traces, event)
    }
    fields: dict[str, Any] = {}
    bodies: list[TicketHistory] = []
    changed: list[TicketHistory] = []
    messages = mentions = 0
    for event in history:
        body = event.body
        if body is not None:
            body = ERASED if _asks(traces, event) else clean(body)
        changes = _changes(event.changes, fields, lambda v: ERASED if v in gone else clean(v), clean)
        fields |= {name: new for name, (_, new) in changes.items()}
        if (body, changes) != (event.body, event.changes):
            whole = body == ERASED and body != event.body
            messages, mentions = messages + whole, mentions + (not whole)
            (bodies if changes == event.changes else changed).append(event)
            event.body, event.changes = body, changes
    differs = _follow(ticket, fields) or bool(bodies or changed)
    return Rewritten(ticket, bodies, changed, differs, messages, mentions)


def _changes(
    changes: dict[str, list[Any]],
    before: dict[str, Any],
    subject: Callable[[str], str],
    clean: Callable[[str], str],
) -> dict[str, list[Any]]:
    """Reword the changes that hold free text; their old values are what came before."""
    reworded = dict(changes)
    for name, (_, new) in changes.items():
        if name in ERASABLE or name.startswith(CUSTOM):
            reworded[name] = [before.get(name), deep(new, subject if name == "subject" else clean)]
    return reworded


def _follow(ticket: Ticket, fields: dict[str, Any]) -> bool:
    """Give the ticket the words its history ends in; tells whether they differ."""
    custom = {name.removeprefix(CUSTOM): v for name, v in fields.items() if name.startswith(CUSTOM)}
    return ticket_table.reword(
        ticket,
        {name: fields.get(name) for name in ERASABLE},
        {name: value for name, value in custom.items() if value is not None},
    )


def _asks(traces: PersonalDataMatcher, event: TicketHistory) -> bool:
    """Tell whether the person wrote this for themselves, not as somebody who works on it."""
    is_theirs = event.actor_id == traces.user_id
    return is_theirs and (event.actor_kind == "customer" or event.state.get("requester_id") == traces.user_id)


def _has_part(traces: PersonalDataMatcher, history: Sequence[TicketHistory]) -> bool:
    return any(
        traces.user_id in (event.actor_id, event.state.get("requester_id"), event.state.get("assignee_id"))
        for event in history
    )


def _number(item: sweep.Stored) -> int:
    return int(item.key["ticket_id"]["N"])
