"""Compare what users were told with what the ledger holds; each check returns what is wrong."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models import assignment
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from tests.faults.concurrent_users import Write

History = dict[int, list[TicketHistory]]


def stored_history() -> History:
    """Read the whole ledger, by ticket and version."""
    history: History = {}
    for item in TicketHistory.scan(consistent_read=True):
        history.setdefault(int(item.ticket_id), []).append(item)
    return {ticket_id: sorted(items, key=lambda i: i.version) for ticket_id, items in history.items()}


def broken_promises(writes: Sequence[Write], history: History) -> list[str]:
    """List writes that were acknowledged but lost, refused but stored, stored twice, or never requested."""
    return [
        *_text_faults(writes, history),
        *_version_faults(writes, history),
        *_unrequested_changes(writes, history),
    ]


def _text_faults(writes: Sequence[Write], history: History) -> Iterator[str]:
    places: dict[str, list[TicketHistory]] = {}
    for items in history.values():
        for item in items:
            if item.body is not None:
                places.setdefault(item.body, []).append(item)
    for write in writes:
        if not write.text:
            continue
        matching = places.pop(write.text, [])
        where = [(int(item.ticket_id), int(item.version)) for item in matching]
        yield from (f"{fault}: {write} stands at {where}" for fault in _faults_of(write, matching))
    yield from (f"text nobody wrote: {text}" for text in places)


def _faults_of(write: Write, items: Sequence[TicketHistory]) -> Iterator[str]:
    if len(items) > 1:
        yield "doubled"
    if write.outcome == "done" and not items:
        yield "lost"
    if write.outcome == "refused" and items:
        yield "refused, yet written"
    for item in items:
        if item.kind != write.kind or item.actor_id != write.who:
            yield "not as requested"
        if write.subject and _new(item, "subject") != write.subject:
            yield "half written"


def _version_faults(writes: Sequence[Write], history: History) -> Iterator[str]:
    """Compare each version that an answer named with what it should be."""
    claimed: Counter[tuple[int, int]] = Counter()
    for write in writes:
        for ticket_id, version in write.at:
            claimed[ticket_id, version] += 1
            items = history.get(ticket_id, [])
            item = next((item for item in items if int(item.version) == version), None)
            matches = item is not None and item.actor_id == write.who and item.undoes == write.undoes
            if not matches or (write.value and _new(item, write.value[0]) != write.value[1]):
                yield f"lost: {write} is not at {ticket_id}:{version}"
    yield from (f"one version for {count} writes: {place}" for place, count in claimed.items() if count > 1)


def _unrequested_changes(writes: Sequence[Write], history: History) -> Iterator[str]:
    """Find changes without a message that nobody requested, or more of them than were sent."""
    sent: Counter[tuple[Any, ...]] = Counter()
    for write in writes:
        if write.value:
            sent[write.ticket_id, write.who, *write.value] += write.sent
        if write.undoes:
            sent[write.ticket_id, "undo", write.undoes] = 1
    stored: Counter[tuple[Any, ...]] = Counter()
    for ticket_id, items in history.items():
        for item in items:
            if item.undoes is not None:
                stored[ticket_id, "undo", int(item.undoes)] += 1
            elif item.body is None:
                ((name, pair),) = [
                    (name, pair) for name, pair in item.changes.items() if name in _SETTABLE
                ] or [("nothing", (None, None))]
                stored[ticket_id, item.actor_id, name, pair[1]] += 1
    yield from (
        f"doubled or never requested: {key}, {stored[key]} times" for key in stored if stored[key] > sent[key]
    )


_SETTABLE = ("status", "priority", "assignee_id")


def _new(item: TicketHistory, name: str) -> Any:
    return item.changes.get(name, (None, None))[1]


def not_whole(history: History) -> list[str]:
    """List tickets that are not at their last version, or whose assignments do not match their history."""
    stored = {int(item.ticket_id): int(item.version) for item in Ticket.scan(consistent_read=True)}
    faults = [
        f"ticket {number} is at {stored.get(number)}, its history has {len(items)} items"
        for number, items in history.items()
        if stored.get(number) != len(items) or len(items) != items[-1].version
    ]
    for ticket_id, items in history.items():
        moves = [item.changes["assignee_id"] for item in items if "assignee_id" in item.changes]
        began = [new for _, new in moves if new]
        still = bool(moves) and moves[-1][1] is not None
        expected = list(zip(began, [False] * (len(began) - still) + [True] * still, strict=True))
        held = [(period.agent_id, period.released_at is None) for period in assignment.of_ticket(ticket_id)]
        if held != expected:
            faults.append(f"ticket {ticket_id}: periods {held}, the history says {expected}")
    return faults


def miscounted(summary: Mapping[str, Any], history: History) -> list[str]:
    """Count everything again from the tables and list the figures of a summary that differ."""
    tickets = list(Ticket.scan(consistent_read=True))
    reassigns = [int(ticket.reassigns or 0) for ticket in tickets]
    expected: dict[str, Any] = {
        "tickets": len(tickets),
        "history_items": sum(map(len, history.values())),
        "reassignments": {"sum": sum(reassigns), "tickets": sum(map(bool, reassigns))},
    }
    for name, attribute in (
        ("by_status", "status"), ("by_priority", "priority"), ("by_channel", "channel"),
        ("by_category", "category"), ("by_team", "team_id"),
    ):  # fmt: skip
        expected[name] = dict(Counter(getattr(ticket, attribute) or "none" for ticket in tickets))
    reported = {
        name: {key: count for key, count in value.items() if count} if name.startswith("by_") else value
        for name, value in summary.items()
    }
    return [
        f"{name}: {reported[name]}, counted {value}"
        for name, value in expected.items()
        if reported[name] != value
    ]
