"""The fields of a ticket as the ledger knows them, and the pure functions over them.

A ticket's fields are a plain dict of JSON values (times as text). A history item's `changes` map a
field to [old, new]; folding all changes of a ticket in version order gives its fields, all of them,
the derived ones included.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from models.assignment import assignment_key
from models.ticket import DONE_STATUSES, OPEN_STATUSES, Ticket
from models.times import to_text

Fields = dict[str, Any]
Changes = dict[str, list[Any]]

STATUSES = OPEN_STATUSES + DONE_STATUSES
CHANNELS = ("web", "email", "phone", "api", "self_service", "ivr", "direct")

# What people change; `custom.NAME` are custom fields.
BUSINESS = (
    "subject", "status", "priority", "category", "subcategory", "team_id", "assignee_id",
    "requester_id", "organization_id", "channel",
)  # fmt: skip
# What follows from events and is kept in the ledger as they happened.
TIMES = ("created_at", "first_response_at", "first_solved_at", "solved_at", "closed_at")
COUNTERS = ("reopens", "reassigns", "agent_replies")
DERIVED = (*TIMES, *COUNTERS, "stint")
# The part of the state that reports are computed from.
REPORTABLE = (*BUSINESS[1:], *TIMES, *COUNTERS)


class BrokenLedger(ValueError):
    """The history of a ticket does not fold: an old value is not what came before."""


def fields_of(item: Ticket) -> Fields:
    """Read the ledger's fields from a stored ticket; missing ones are left out."""
    fields: Fields = {}
    for name in (*BUSINESS, *TIMES, "stint"):
        value = getattr(item, name)
        if value is not None:
            fields[name] = to_text(value) if isinstance(value, datetime) else value
    for name in COUNTERS:
        fields[name] = int(getattr(item, name) or 0)
    for name, value in (item.custom or {}).items():
        fields[f"custom.{name}"] = value
    return fields


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """List what differs as {field: [old, new]}; None and absent are the same."""
    names = [*before, *(name for name in after if name not in before)]
    return {
        name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)
    }


def apply(fields: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> Fields:
    """Apply one history item's changes; raises BrokenLedger when an old value does not fit."""
    after = dict(fields)
    for name, (old, new) in changes.items():
        if after.get(name) != old:
            raise BrokenLedger(f"{name} was {after.get(name)!r}, the change says {old!r}")
        if new is None:
            after.pop(name, None)
        else:
            after[name] = new
    return after


def fold(history: Iterable[Mapping[str, list[Any]]]) -> Iterator[Fields]:
    """Fold the changes of a ticket, oldest first, giving its fields after each of them."""
    fields: Fields = {}
    for changes in history:
        fields = apply(fields, changes)
        yield fields


def state_of(fields: Mapping[str, Any]) -> Fields:
    """Pick the reportable state that a history item carries."""
    return {name: fields[name] for name in REPORTABLE if fields.get(name) is not None}


def is_done(status: str | None) -> bool:
    """Tell whether a status is solved or closed."""
    return status in DONE_STATUSES


def evolve(
    before: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    at: datetime,
    version: int,
    public_reply_by_agent: bool = False,
) -> Fields:
    """Compute the fields after a change, the derived ones included; `wanted` maps field to new value."""
    after = {**before, **wanted}
    when = to_text(at)
    if not before:
        after = {"created_at": when, "reopens": 0, "reassigns": 0, "agent_replies": 0, **after}
    _follow_status(before, after, when)
    _follow_assignee(before, after, assignment_key(at, version))
    if public_reply_by_agent:
        after["agent_replies"] += 1
        after.setdefault("first_response_at", when)
    # An import brings figures of its own for some derived fields; those stand.
    after.update({name: wanted[name] for name in DERIVED if name in wanted})
    return {name: value for name, value in after.items() if value is not None}


def _follow_status(before: Mapping[str, Any], after: Fields, when: str) -> None:
    was, now = before.get("status"), after["status"]
    if is_done(now) and not is_done(was):
        after["solved_at"] = when
        after.setdefault("first_solved_at", when)
    if is_done(was) and not is_done(now):
        after["solved_at"] = after["closed_at"] = None
        after["reopens"] = before["reopens"] + 1
    if now == "closed" and was != "closed":
        after["closed_at"] = when
    elif was == "closed" and now == "solved":
        after["closed_at"] = None


def _follow_assignee(before: Mapping[str, Any], after: Fields, stint: str) -> None:
    was, now = before.get("assignee_id"), after.get("assignee_id")
    if was == now:
        return
    after["stint"] = stint if now else None
    # From and to nobody is no reassignment.
    if was and now:
        after["reassigns"] = before["reassigns"] + 1
