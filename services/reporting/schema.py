"""The columns of the columnar copy, and the SQL that moves them between files and tables."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from services.tickets import DONE_STATUSES, FIELDS, Kind

_TYPES = {Kind.TIME: "BIGINT", Kind.COUNTER: "INTEGER"}


# The fields that the ledger keeps for reports, as the registry of fields has them.
_STATE = tuple(each for each in FIELDS if each.reportable)
STATE: Mapping[str, str] = {each.name: _TYPES.get(each.kind, "VARCHAR") for each in _STATE}
TIMES = tuple(each.name for each in _STATE if each.kind is Kind.TIME)
COUNTERS = tuple(each.name for each in _STATE if each.kind is Kind.COUNTER)
TEXTS = tuple(name for name in STATE if name not in (*TIMES, *COUNTERS))
# What figures are broken down by: its name in reports, and the field.
# In files of release 0.2.0 they come in this order, and first.
_FIRST = ("team", "priority", "category", "assignee")
_BY_DIMENSION = {each.dimension: each.name for each in _STATE if each.dimension}
DIMENSIONS: Mapping[str, str] = {name: _BY_DIMENSION[name] for name in (*_FIRST, *_BY_DIMENSION)}
# The choices that have an order of their own, least first.
RANKED: Mapping[str, tuple[str, ...]] = {each.name: each.values for each in _STATE if each.ranked}

# One row per history event with the ticket's state after it: what a segment file holds. Times are
# microseconds since 1970 UTC; `at` never runs backwards within a ticket, `happened_at` is as recorded.
EVENT: Mapping[str, str] = {
    "ticket_id": "BIGINT",
    "version": "INTEGER",
    "at": "BIGINT",
    "happened_at": "BIGINT",
    "recorded_at": "BIGINT",
    "actor_id": "VARCHAR",
    "actor_kind": "VARCHAR",
    "kind": "VARCHAR",
    "public": "BOOLEAN",
    **STATE,
    "carry": "VARCHAR",
}

# What an event adds to the figures: counts, deltas, durations in seconds (fold.py).
FACT: Mapping[str, str] = {
    "at": "BIGINT",
    "ticket_id": "BIGINT",
    "version": "INTEGER",
    **dict.fromkeys(DIMENSIONS, "VARCHAR"),
    "created": "TINYINT",
    "backlog": "TINYINT",
    "waiting": "TINYINT",
    "solved": "TINYINT",
    "first_solved": "TINYINT",
    "unanswered": "TINYINT",
    "reopened": "TINYINT",
    "response": "BIGINT",
    "resolution": "BIGINT",
    "voids": "INTEGER",
    "cohort_at": "BIGINT",
}

# A fact in the cache or on top of it; `void_at` is when a reopening took a solve back, as far as the cache
# knows: reopenings in the recent part are looked up.
COUNTED: Mapping[str, str] = {**FACT, "void_at": "BIGINT"}
FAR = 2**62

# Each ticket's latest row: what a ticket is now, and what its next event needs to be folded.
TICKET = ("ticket_id", "version", "at", "recorded_at", *STATE, "carry")

# Which tickets are done, and which wait for their first reply, as SQL over those rows.
IS_DONE = f"status IN {DONE_STATUSES}"
WAITS = f"first_response_at IS NULL AND NOT {IS_DONE}"

# The backlog by dimensions at the start of a stretch, so that no query replays from the beginning.
MARK: Mapping[str, str] = {
    "at": "BIGINT",
    **{name: FACT[name] for name in DIMENSIONS},
    "backlog": "BIGINT",
    "waiting": "BIGINT",
}

# Identifies the columns, those of events in any order: a copy with other columns is rebuilt.
FINGERPRINT = sha256(
    repr([sorted(EVENT.items()), *(list(columns.items()) for columns in (FACT, COUNTED, MARK))]).encode()
).hexdigest()[:16]
# Of release 0.2.0, whose manifest does not name one.
FINGERPRINT_0_2_0 = "1f297af0dea585df"


def quoted(names: Iterable[str], prefix: str = "") -> str:
    """List column names for SQL, each after a prefix such as "fact."."""
    return ", ".join(prefix + '"' + name + '"' for name in names)


def typed(columns: Mapping[str, str]) -> str:
    """List column names with their types for SQL."""
    return ", ".join('"' + name + '" ' + kind for name, kind in columns.items())


def table(name: str, columns: Mapping[str, str]) -> str:
    """Write the CREATE TABLE of a relation."""
    return f"CREATE TABLE {name} ({typed(columns)})"


def ticket_columns() -> Mapping[str, str]:
    """Give the columns of the tickets table with their types."""
    return {name: EVENT[name] for name in TICKET}


def waiting_columns() -> Mapping[str, str]:
    """Give the columns of the table of tickets that wait for their first reply."""
    names = ("ticket_id", "created_at", *DIMENSIONS.values())
    return {name: EVENT[name] for name in names}
