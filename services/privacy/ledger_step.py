"""The step through all ticket histories: what a person wrote, and where others name them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from models import redaction, sweep, ticket_history
from models import ticket as ticket_table
from models.store_errors import EngineUnavailable, VersionMoved
from models.ticket import Ticket
from models.ticket_fields import ERASABLE
from models.ticket_history import TicketHistory
from services.privacy.erasure_job import Outcome
from services.privacy.personal_data_matcher import ERASED, PersonalDataMatcher, map_texts

PAGE = 250  # items that the embedded engine reads without making others wait
TRIES = 10
CUSTOM = "custom."


@dataclass(frozen=True)
class RedactedTicket:
    """A redacted ticket: the history items that differ, in the body alone (`bodies`) or in the changes too.

    `messages` counts bodies that were removed, `mentions` items in which names or addresses were.
    """

    ticket: Ticket
    bodies: Sequence[TicketHistory]
    changes: Sequence[TicketHistory]
    changed: bool
    messages: int
    mentions: int


class LedgerStep:
    """Walks the history of all tickets; a ticket that concerns the person is rewritten as a whole."""

    name = "tickets"

    def run(self, matcher: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Handle the next items; a ticket that comes up twice needs no change the second time."""
        del now
        items, after = sweep.page(TicketHistory, cursor, PAGE)
        tickets = messages = mentions = 0
        for ticket_id in dict.fromkeys(_number(item) for item in items if concerns(matcher, item)):
            redacted = redact_ticket(matcher, ticket_id)
            if redacted is not None and redacted.changed:
                tickets += 1
                messages += redacted.messages
                mentions += redacted.mentions
        counts = {"tickets": tickets, "messages": messages, "mentions": mentions}
        return Outcome(len(items), {name: number for name, number in counts.items() if number}, after)


def concerns(matcher: PersonalDataMatcher, item: sweep.Stored) -> bool:
    """Tell whether a history item is by the person, belongs to a ticket of theirs, or names them."""
    state = item.texts.get("state") or {}
    theirs = (item.get("actor_id"), state.get("requester_id"), state.get("assignee_id"))
    words = [item.texts.get("body"), item.texts.get("changes")]
    return matcher.user_id in theirs or matcher.mentions(words)


def redact_ticket(matcher: PersonalDataMatcher, ticket_id: int) -> RedactedTicket | None:
    """Redact the person in one ticket, again if somebody writes to it meanwhile; None if it does not exist."""
    for _ in range(TRIES):
        ticket = ticket_table.find(ticket_id)
        if ticket is None:
            return None
        redacted = redact(matcher, ticket, ticket_history.of_ticket(ticket_id))
        if not redacted.changed:
            return redacted
        try:
            redaction.ledger(redacted.ticket, redacted.bodies, redacted.changes)
        except VersionMoved:
            continue
        return redacted
    raise EngineUnavailable(f"others write to ticket {ticket_id} again and again")


def redact(matcher: PersonalDataMatcher, ticket: Ticket, history: Sequence[TicketHistory]) -> RedactedTicket:
    """Compute a ticket without the person's data.

    What they wrote as requester is removed; everywhere else only their names and addresses are. The subject
    follows from the changes, so that ticket and history agree.
    """
    history = [event for event in history if event.version <= ticket.version]
    certain = matcher.redact_names if _is_involved(matcher, history) else matcher.redact_unique
    gone = _subjects_written(matcher, history)
    fields: dict[str, Any] = {}
    bodies: list[TicketHistory] = []
    changed: list[TicketHistory] = []
    messages = mentions = 0

    def clean(event: TicketHistory, field: str, text: str) -> str:
        if field == "subject" and text in gone:
            return ERASED
        return certain(matcher.redact_chosen(int(event.ticket_id), int(event.version), field, text))

    for event in history:
        body = event.body
        if body is not None:
            body = ERASED if _wrote_as_requester(matcher, event) else clean(event, "body", body)
        changes = _changes(event.changes, fields, partial(clean, event))
        fields |= {name: new for name, (_, new) in changes.items()}
        if (body, changes) != (event.body, event.changes):
            whole = body == ERASED and body != event.body
            messages, mentions = messages + whole, mentions + (not whole)
            (bodies if changes == event.changes else changed).append(event)
            event.body, event.changes = body, changes
    differs = _follow(ticket, fields) or bool(bodies or changed)
    return RedactedTicket(ticket, bodies, changed, differs, messages, mentions)


def _changes(
    changes: dict[str, list[Any]], before: dict[str, Any], clean: Callable[[str, str], str]
) -> dict[str, list[Any]]:
    """Redact the changes that hold free text; their old values are the new ones of the item before.

    `clean` gets the name of a field and a text.
    """
    redacted = dict(changes)
    for name, (_, new) in changes.items():
        if is_free_text(name):
            redacted[name] = [before.get(name), map_texts(new, partial(clean, name))]
    return redacted


def is_free_text(name: str) -> bool:
    """Tell whether people type what a field holds."""
    return name in ERASABLE or name.startswith(CUSTOM)


def _subjects_written(matcher: PersonalDataMatcher, history: Sequence[TicketHistory]) -> set[str]:
    """Collect the subjects that the person wrote as requester, which are removed wherever they stand."""
    return {
        event.changes["subject"][1]
        for event in history
        if "subject" in event.changes and _wrote_as_requester(matcher, event)
    }


def texts_of_others(
    matcher: PersonalDataMatcher, history: Sequence[TicketHistory]
) -> Iterator[tuple[TicketHistory, str, str]]:
    """Yield each text of a ticket that an erasure does not remove as a whole: its event, its field, and itself."""
    gone = _subjects_written(matcher, history)
    for event in history:
        if event.body is not None and event.body != ERASED and not _wrote_as_requester(matcher, event):
            yield event, "body", event.body
        for name, (_, new) in event.changes.items():
            if is_free_text(name) and isinstance(new, str) and new not in gone:
                yield event, name, new


def _follow(ticket: Ticket, fields: dict[str, Any]) -> bool:
    """Set the ticket's texts to those its history ends with; returns whether they differ."""
    custom = {name.removeprefix(CUSTOM): v for name, v in fields.items() if name.startswith(CUSTOM)}
    return ticket_table.reword(
        ticket,
        {name: fields.get(name) for name in ERASABLE},
        {name: value for name, value in custom.items() if value is not None},
    )


def _wrote_as_requester(matcher: PersonalDataMatcher, event: TicketHistory) -> bool:
    """Tell whether the person wrote this as requester, not as somebody who works on the ticket."""
    is_theirs = event.actor_id == matcher.user_id
    return is_theirs and (
        event.actor_kind == "customer" or event.state.get("requester_id") == matcher.user_id
    )


def _is_involved(matcher: PersonalDataMatcher, history: Sequence[TicketHistory]) -> bool:
    return any(
        matcher.user_id in (event.actor_id, event.state.get("requester_id"), event.state.get("assignee_id"))
        for event in history
    )


def _number(item: sweep.Stored) -> int:
    return int(item.key["ticket_id"]["N"])
