"""The columns of the columnar copy, and the SQL that moves them between files and tables."""

from collections.abc import Iterable, Mapping

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
    "status": "VARCHAR",
    "priority": "VARCHAR",
    "category": "VARCHAR",
    "subcategory": "VARCHAR",
    "team_id": "VARCHAR",
    "assignee_id": "VARCHAR",
    "requester_id": "VARCHAR",
    "organization_id": "VARCHAR",
    "channel": "VARCHAR",
    "created_at": "BIGINT",
    "first_response_at": "BIGINT",
    "first_solved_at": "BIGINT",
    "solved_at": "BIGINT",
    "closed_at": "BIGINT",
    "reopens": "INTEGER",
    "reassigns": "INTEGER",
    "agent_replies": "INTEGER",
    "carry": "VARCHAR",
}

# What an event adds to the figures: counts, deltas, durations in seconds (fold.py).
FACT: Mapping[str, str] = {
    "at": "BIGINT",
    "ticket_id": "BIGINT",
    "version": "INTEGER",
    "team": "VARCHAR",
    "priority": "VARCHAR",
    "category": "VARCHAR",
    "assignee": "VARCHAR",
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
TICKET = ("ticket_id", "version", "at", "recorded_at", *list(EVENT)[9:])

# Which tickets wait for their first reply, as SQL over those rows.
WAITS = "first_response_at IS NULL AND status NOT IN ('solved', 'closed')"

# The backlog by dimensions at the start of a stretch, so that no query replays from the beginning.
MARK: Mapping[str, str] = {
    "at": "BIGINT",
    **{name: FACT[name] for name in ("team", "priority", "category", "assignee")},
    "backlog": "BIGINT",
    "waiting": "BIGINT",
}


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
    names = ("ticket_id", "created_at", "team_id", "priority", "category", "assignee_id")
    return {name: EVENT[name] for name in names}
