"""Turn history items, one ticket at a time, into rows of the columnar copy and the facts they add.

Everything is additive: a change never edits an earlier fact, it adds rows that take back what no
longer holds. So any sum over facts up to a moment is true for that moment. Times are microseconds
since 1970 UTC, durations whole seconds.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from services.reporting.definitions import REOPEN_DAYS
from services.reporting.ports import LedgerEvent
from services.reporting.schema import COUNTERS, DIMENSIONS, TEXTS, TIMES
from services.tickets import is_done

Row = dict[str, Any]

SECOND = 1_000_000
REOPEN_WITHIN = REOPEN_DAYS * 86_400 * SECOND
_DELTAS = frozenset({"backlog", "waiting"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Convert an aware datetime exactly."""
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * SECOND + passed.microseconds


def moment_of(value: int) -> datetime:
    """Convert microseconds back to an aware UTC datetime."""
    return datetime.fromtimestamp(value // SECOND, UTC).replace(microsecond=value % SECOND)


def fold(before: Mapping[str, Any] | None, event: LedgerEvent) -> Row:
    """Compute the row of an event from the ticket's row before it (None for a ticket's first).

    A ticket's own time never runs backwards: an event stamped before its predecessor counts at the
    predecessor's time, one stamped before the creation at the creation's.
    """
    row = _plain(event)
    facts: list[Row] = []
    if before is None:
        row["created_at"] = row["created_at"] if row["created_at"] is not None else row["at"]
        row["at"] = max(row["at"], row["created_at"])
        _add(facts, row, row["created_at"], created=1, backlog=1, waiting=1)
        before = {**row, "status": "new", "first_response_at": None, "carry": None}
    else:
        row["created_at"] = before["created_at"]
        row["at"] = max(row["at"], before["at"])
    carry = orjson.loads(before["carry"]) if before["carry"] else {"first": None, "last": None}
    _backlog(before, row, facts)
    _response(before, row, facts)
    _status(before, row, facts, carry)
    row["carry"] = orjson.dumps(carry).decode() if carry["first"] is not None else None
    row["facts"] = facts
    return row


def _plain(event: LedgerEvent) -> Row:
    state = event.state
    row: Row = {
        "ticket_id": int(event.ticket_id),
        "version": int(event.version),
        "at": micros(event.at),
        "happened_at": micros(event.at),
        "recorded_at": micros(datetime.fromisoformat(event.feed_at.partition("#")[0])),
        "actor_id": event.actor_id,
        "actor_kind": event.actor_kind,
        "kind": event.kind,
        "public": bool(event.public),
    }
    for name in TEXTS:
        row[name] = state.get(name)
    for name in TIMES:
        text = state.get(name)
        row[name] = micros(datetime.fromisoformat(text)) if text else None
    for name in COUNTERS:
        row[name] = int(state.get(name) or 0)
    return row


def _add(facts: list[Row], row: Mapping[str, Any], at: int, **values: Any) -> None:
    """Add a fact under the row's team, priority ...; facts of the same moment and place share one row."""
    fact = {"at": at, "ticket_id": row["ticket_id"], "version": row["version"]}
    fact |= {name: row[source] for name, source in DIMENSIONS.items()}
    if facts and fact.items() <= facts[-1].items():
        for name in _DELTAS & values.keys():
            values[name] += facts[-1].get(name, 0)
        facts[-1].update(values)
    else:
        facts.append({**fact, **values})


def is_open(row: Mapping[str, Any]) -> bool:
    """Tell whether a row's ticket is on the unsolved side."""
    return not is_done(row["status"])


def _waiting(row: Mapping[str, Any]) -> bool:
    return is_open(row) and row["first_response_at"] is None


def _backlog(before: Mapping[str, Any], row: Row, facts: list[Row]) -> None:
    was, now, waited, waits = is_open(before), is_open(row), _waiting(before), _waiting(row)
    moved = any(before[source] != row[source] for source in DIMENSIONS.values())
    if moved and was:
        _add(facts, {**before, "version": row["version"]}, row["at"], backlog=-1, waiting=-int(waited))
        was = waited = False
    if was != now or waited != waits:
        _add(facts, row, row["at"], backlog=now - was, waiting=waits - waited)


def _response(before: Mapping[str, Any], row: Row, facts: list[Row]) -> None:
    at = row["first_response_at"]
    if at is not None and before["first_response_at"] is None:
        _add(facts, row, at, response=(at - row["created_at"]) // SECOND)


def _status(before: Mapping[str, Any], row: Row, facts: list[Row], carry: dict[str, Any]) -> None:
    """Note solves and reopenings; `carry` remembers the first solve until it came back, and the last one."""
    was, now, at = is_open(before), is_open(row), row["at"]
    if was and not now:
        first = carry["first"] is None
        unanswered = int(row["first_response_at"] is None)
        resolution = (at - row["created_at"]) // SECOND
        _add(facts, row, at, solved=1, first_solved=int(first), unanswered=unanswered, resolution=resolution)
        carry["last"] = [at, row["version"]]
        if first:
            carry["first"] = [at, *(row[source] for source in DIMENSIONS.values())]
    elif now and not was:
        _add(facts, row, at, reopened=1, voids=carry["last"][1])
        if carry["first"] and at - carry["first"][0] <= REOPEN_WITHIN:
            first_at, *dims = carry["first"]
            held = {**row, **dict(zip(DIMENSIONS.values(), dims, strict=True))}
            _add(facts, held, at, cohort_at=first_at)
        carry["first"] = []
