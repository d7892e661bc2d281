"""The pure functions over a ticket's fields.

A history item's `changes` map a field to [old, new]; folding all changes of a ticket in version order gives
its fields, the derived ones included. In the ledger fields are JSON values: times are text, `custom.NAME` are
custom fields, and a field without a value is left out. In the services they are TicketFields.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from models.assignment import assignment_key
from models.ticket_fields import DONE_STATUSES, FIELDS, Kind, TicketFields
from models.times import from_text, to_text

JsonFields = dict[str, Any]
Changes = dict[str, list[Any]]

CUSTOM = "custom."
_NAMES = tuple(each.name for each in FIELDS)
_NAME_OF = {each.stored_as: each.name for each in FIELDS}
_TIMES = frozenset(each.stored_as for each in FIELDS if each.kind is Kind.TIME)
_KEYS = tuple((each.stored_as, each.kind is Kind.TIME) for each in FIELDS)
_STATE_KEYS = tuple((each.stored_as, each.kind is Kind.TIME) for each in FIELDS if each.reportable)
_values = attrgetter(*_NAMES)
_state_values = attrgetter(*(each.name for each in FIELDS if each.reportable))
_NOTHING = (None,) * len(FIELDS)
# What follows from events, and what people change, as the ledger names it.
DERIVED = tuple(each.stored_as for each in FIELDS if each.derived)
CHANGED_BY_PEOPLE = frozenset(each.stored_as for each in FIELDS if not each.derived)


class BrokenLedger(ValueError):
    """The history of a ticket does not fold: an old value is not what came before, or a field is unknown."""


def to_json(fields: TicketFields) -> JsonFields:
    """Write the fields as the ledger does."""
    json: JsonFields = {
        key: to_text(value) if is_time else value
        for (key, is_time), value in zip(_KEYS, _values(fields), strict=True)
        if value is not None
    }
    for name, value in fields.custom.items():
        json[CUSTOM + name] = value
    return json


def from_json(json: Mapping[str, Any]) -> TicketFields:
    """Read what `to_json` wrote; raises BrokenLedger."""
    values: dict[str, Any] = {}
    custom = {}
    try:
        for key, value in json.items():
            if key.startswith(CUSTOM):
                custom[key.removeprefix(CUSTOM)] = value
            else:
                values[_NAME_OF[key]] = from_text(value) if key in _TIMES else value
        return TicketFields(**values, custom=custom)
    except KeyError as unknown:
        raise BrokenLedger(f"there is no field {unknown}") from unknown
    except (TypeError, ValueError) as error:
        raise BrokenLedger(f"this is not a ticket: {error}") from error


def diff(before: TicketFields | None, after: TicketFields) -> Changes:
    """List what differs as {field: [old, new]}; before its first version a ticket has no fields."""
    olds = _NOTHING if before is None else _values(before)
    changes = {
        key: [_text(old), _text(new)] if is_time else [old, new]
        for (key, is_time), old, new in zip(_KEYS, olds, _values(after), strict=True)
        if old != new
    }
    was, now = {} if before is None else before.custom, after.custom
    if was != now:
        for name in (*was, *(name for name in now if name not in was)):
            if was.get(name) != now.get(name):
                changes[CUSTOM + name] = [was.get(name), now.get(name)]
    return changes


def apply(json: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> JsonFields:
    """Apply one history item's changes; raises BrokenLedger when an old value does not fit."""
    after = dict(json)
    for key, (old, new) in changes.items():
        if after.get(key) != old:
            raise BrokenLedger(f"{key} was {after.get(key)!r}, the change says {old!r}")
        if new is None:
            after.pop(key, None)
        else:
            after[key] = new
    return after


def fold(history: Iterable[Mapping[str, list[Any]]]) -> Iterator[TicketFields]:
    """Fold the changes of a ticket, oldest first, giving its fields after each of them."""
    json: JsonFields = {}
    for changes in history:
        json = apply(json, changes)
        yield from_json(json)


def state_of(fields: TicketFields) -> JsonFields:
    """Pick the reportable state that a history item carries."""
    return {
        key: to_text(value) if is_time else value
        for (key, is_time), value in zip(_STATE_KEYS, _state_values(fields), strict=True)
        if value is not None
    }


def is_done(status: str | None) -> bool:
    """Tell whether a status is solved or closed."""
    return status in DONE_STATUSES


def evolve(
    before: TicketFields | None,
    changes: Mapping[str, Any],
    *,
    at: datetime,
    version: int,
    public_reply_by_agent: bool = False,
) -> TicketFields:
    """Compute the fields after a change, the derived ones included.

    `changes` map fields to new values as the ledger writes them; `before` is None for a new ticket.
    """
    at = at.astimezone(UTC)
    if before is None:
        after: dict[str, Any] = {"created_at": at, "reopens": 0, "reassigns": 0, "agent_replies": 0}
        custom: dict[str, Any] = {}
    else:
        after, custom = dict(zip(_NAMES, _values(before), strict=True)), dict(before.custom)
    given = {}
    for key, value in changes.items():
        if key.startswith(CUSTOM):
            custom[key.removeprefix(CUSTOM)] = value
        else:
            given[key] = from_text(value) if key in _TIMES and value is not None else value
    after |= {_NAME_OF[key]: value for key, value in given.items()}
    _follow_status(before, after, at)
    _follow_assignee(before, after, assignment_key(at, version))
    if public_reply_by_agent:
        after["agent_replies"] += 1
        if after.get("first_response_at") is None:
            after["first_response_at"] = at
    # An import brings figures of its own for some derived fields; those stand.
    after |= {_NAME_OF[key]: given[key] for key in DERIVED if key in given}
    return TicketFields(**after, custom={name: value for name, value in custom.items() if value is not None})


def _follow_status(before: TicketFields | None, after: dict[str, Any], at: datetime) -> None:
    was, now = before.status if before else None, after["status"]
    if is_done(now) and not is_done(was):
        after["solved_at"] = at
        if after.get("first_solved_at") is None:
            after["first_solved_at"] = at
    if before is not None and is_done(was) and not is_done(now):
        after["solved_at"] = after["closed_at"] = None
        after["reopens"] = before.reopens + 1
    if now == "closed" and was != "closed":
        after["closed_at"] = at
    elif was == "closed" and now == "solved":
        after["closed_at"] = None


def _follow_assignee(before: TicketFields | None, after: dict[str, Any], key: str) -> None:
    was, now = before.assignee_id if before else None, after.get("assignee_id")
    if was == now:
        return
    after["assignment_key"] = key if now else None
    # From and to nobody is no reassignment.
    if before is not None and was and now:
        after["reassigns"] = before.reassigns + 1


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
