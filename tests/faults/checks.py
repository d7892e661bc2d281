"""Whether what people were told agrees with what the ledger holds; each check returns what is wrong."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models import assignment
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from tests.faults.concurrent_users import Wish

History = dict[int, list[TicketHistory]]


def stored_history() -> History:
    """Read the whole ledger, by ticket and version."""
    found: History = {}
    for item in TicketHistory.scan(consistent_read=True):
        found.setdefault(int(item.ticket_id), []).append(item)
    return {ticket_id: sorted(items, key=lambda i: i.version) for ticket_id, items in found.items()}


def broken_promises(wishes: Sequence[Wish], history: History) -> list[str]:
    """Name what was acknowledged and is lost, refused and is there, written twice, or written by nobody."""
    return [*_words(wishes, history), *_named(wishes, history), *_unasked(wishes, history)]


def _words(wishes: Sequence[Wish], history: History) -> Iterator[str]:
    places: dict[str, list[TicketHistory]] = {}
    for items in history.values():
        for item in items:
            if item.body is not None:
                places.setdefault(item.body, []).append(item)
    for wish in wishes:
        if not wish.mark:
            continue
        found = places.pop(wish.mark, [])
        where = [(int(item.ticket_id), int(item.version)) for item in found]
        yield from (f"{fault}: {wish} stands at {where}" for fault in _faults_of(wish, found))
    yield from (f"words nobody wrote: {mark}" for mark in places)


def _faults_of(wish: Wish, found: Sequence[TicketHistory]) -> Iterator[str]:
    if len(found) > 1:
        yield "doubled"
    if wish.outcome == "done" and not found:
        yield "lost"
    if wish.outcome == "refused" and found:
        yield "refused, yet written"
    for item in found:
        if item.kind != wish.kind or item.actor_id != wish.who:
            yield "not as wished"
        if wish.subject and _new(item, "subject") != wish.subject:
            yield "half written"


def _named(wishes: Sequence[Wish], history: History) -> Iterator[str]:
    """Hold each version that an answer named against what it should be."""
    claimed: Counter[tuple[int, int]] = Counter()
    for wish in wishes:
        for ticket_id, version in wish.at:
            claimed[ticket_id, version] += 1
            items = history.get(ticket_id, [])
            item = next((item for item in items if int(item.version) == version), None)
            kept = item is not None and item.actor_id == wish.who and item.undoes == wish.undoes
            if not kept or (wish.value and _new(item, wish.value[0]) != wish.value[1]):
                yield f"lost: {wish} is not at {ticket_id}:{version}"
    yield from (f"one version for {count} wishes: {place}" for place, count in claimed.items() if count > 1)


def _unasked(wishes: Sequence[Wish], history: History) -> Iterator[str]:
    """Find changes without words that nobody wished for, or more of them than were sent."""
    sent: Counter[tuple[Any, ...]] = Counter()
    for wish in wishes:
        if wish.value:
            sent[wish.ticket_id, wish.who, *wish.value] += wish.sent
        if wish.undoes:
            sent[wish.ticket_id, "undo", wish.undoes] = 1
    made: Counter[tuple[Any, ...]] = Counter()
    for ticket_id, items in history.items():
        for item in items:
            if item.undoes is not None:
                made[ticket_id, "undo", int(item.undoes)] += 1
            elif item.body is None:
                ((name, pair),) = [
                    (name, pair) for name, pair in item.changes.items() if name in _SETTABLE
                ] or [("nothing", (None, None))]
                made[ticket_id, item.actor_id, name, pair[1]] += 1
    yield from (f"doubled or unasked: {key}, {made[key]} times" for key in made if made[key] > sent[key])


_SETTABLE = ("status", "priority", "assignee_id")


def _new(item: TicketHistory, name: str) -> Any:
    return item.changes.get(name, (None, None))[1]


def not_whole(history: History) -> list[str]:
    """Name tickets that are not at their last version, or whose periods do not follow from their history."""
    stored = {int(item.ticket_id): int(item.version) for item in Ticket.scan(consistent_read=True)}
    found = [
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
            found.append(f"ticket {ticket_id}: periods {held}, the history says {expected}")
    return found


def miscounted(summary: Mapping[str, Any], history: History) -> list[str]:
    """Count everything again from the tables and name the figures of a summary that differ."""
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
    told = {
        name: {key: count for key, count in value.items() if count} if name.startswith("by_") else value
        for name, value in summary.items()
    }
    return [
        f"{name}: {told[name]}, counted {value}" for name, value in expected.items() if told[name] != value
    ]
